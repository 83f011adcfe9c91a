"""Pictures to look at: `python -m tests.tray.pictures FOLDER` paints icons."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication

from tray.icon import SIZES, paint
from tray.present.gauge import Gauge, GaugeState
from tray.theme import Panel

_ROWS = (
    ("62 and 40 %", Gauge(state=GaugeState.ROUTING, rings=(40, 62), stale=False)),
    ("full", Gauge(state=GaugeState.ROUTING, rings=(100, 100), stale=False)),
    ("12 %", Gauge(state=GaugeState.ROUTING, rings=(12, 55), stale=False)),
    ("0 %", Gauge(state=GaugeState.ROUTING, rings=(0, 80), stale=False)),
    ("unknown", Gauge(state=GaugeState.ROUTING, rings=(None,), stale=False)),
    ("one known", Gauge(state=GaugeState.ROUTING, rings=(70, None), stale=False)),
    ("stale", Gauge(state=GaugeState.ROUTING, rings=(40, 62), stale=True)),
    ("not bound", Gauge(state=GaugeState.IDLE, rings=(40, 62), stale=False)),
    ("paused", Gauge(state=GaugeState.PAUSED, rings=(40, 62), stale=False)),
    ("waiting", Gauge(state=GaugeState.WAITING, rings=(0, 30), stale=False)),
    ("attention", Gauge(state=GaugeState.ATTENTION, rings=(40, 62), stale=False)),
    ("down", Gauge(state=GaugeState.DOWN, rings=(40, 62), stale=False)),
)
_FONT = "DejaVu Sans", 10
_MARGIN = 12
GROUNDS = {Panel.LIGHT: "#eff0f1", Panel.DARK: "#232629", Panel.UNKNOWN: "#2b303b"}


def icon_sheet(panel: Panel, ground: str, *, scale: int) -> QImage:
    """Rows are states, columns sizes; each pixel is `scale` pixels wide."""
    sizes = [size for size in SIZES if size <= (48 if scale > 1 else 96)]
    font = QFont(*_FONT)
    words = max(QFontMetrics(font).horizontalAdvance(label) for label, _ in _ROWS) + 2 * _MARGIN
    width = words + sum(size * scale + _MARGIN for size in sizes)
    row = max(sizes) * scale + _MARGIN
    sheet = QImage(width, row * len(_ROWS), QImage.Format.Format_ARGB32)
    sheet.fill(QColor(ground))
    painter = QPainter(sheet)
    painter.setFont(font)
    for line, (label, shown) in enumerate(_ROWS):
        middle = line * row + row // 2
        painter.setPen(QColor("#808080"))
        area = QRect(_MARGIN, middle - row // 2, words, row)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, label)
        left = words
        for size in sizes:
            picture = paint(shown, panel, size)
            enlarged = picture.scaled(size * scale, size * scale)
            painter.drawPixmap(QPoint(left, middle - size * scale // 2), enlarged)
            left += size * scale + _MARGIN
    painter.end()
    return sheet


def main(folder: Path) -> None:
    """Write the sheets into `folder`."""
    application = QApplication(sys.argv[:1])
    folder.mkdir(parents=True, exist_ok=True)
    for panel, ground in GROUNDS.items():
        icon_sheet(panel, ground, scale=1).save(str(folder / f"icons-{panel.value}.png"))
    icon_sheet(Panel.UNKNOWN, "#f5f5f5", scale=1).save(str(folder / "icons-unknown-light.png"))
    icon_sheet(Panel.UNKNOWN, "#f5f5f5", scale=4).save(str(folder / "icons-unknown-x4.png"))
    application.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
