"""Our own symbols: SVG files of one stroke, tinted when they are drawn."""

from functools import cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SIZES = (16, 20, 24, 32, 40, 48)
_INK = "currentColor"


def symbol_size(metrics: QFontMetrics) -> int:
    """How large a symbol is beside text of these metrics."""
    return round(metrics.height() * 1.25)


def symbol(name: str, color: QColor) -> QIcon:
    """The symbol of this name (`resources/icons/symbols`) in one colour, at the usual sizes."""
    drawing = _source(name).replace(_INK, color.name())
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    icon = QIcon()
    for size in _SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        icon.addPixmap(pixmap)
    return icon


@cache
def _source(name: str) -> str:
    folder = resources.files("resources") / "icons" / "symbols"
    return (folder / f"{name}.svg").read_text("utf-8")
