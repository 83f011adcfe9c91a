"""Draws a limit as a bar, for widgets and for cells of tables alike."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tray.present.bars import Bar
from tray.style import colors_in_force
from tray.theme import BAR_HEIGHT, GAP, WindowColors

_TICK = 2.0
_REACH = 3.0
"""How far the reserve's tick stands out of the bar, above and below."""


def draw_bar(painter: QPainter, area: QRectF, bar: Bar, colors: WindowColors) -> None:
    """Fill `area`'s middle with the bar; dashes where nothing is known, never an empty bar."""
    middle = area.center().y()
    track = QRectF(area.left(), middle - BAR_HEIGHT / 2, area.width(), BAR_HEIGHT)
    round_ = BAR_HEIGHT / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if bar.left is None:
        pen = QPen(colors.muted, 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawLine(QPointF(track.left(), middle), QPointF(track.right(), middle))
        painter.restore()
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors.track)
    painter.drawRoundedRect(track, round_, round_)
    if bar.left > 0:
        filled = QRectF(track)
        filled.setWidth(max(BAR_HEIGHT, track.width() * bar.left / 100))
        if painter.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            filled.moveRight(track.right())
        painter.setBrush(colors.warn if bar.low else colors.accent)
        painter.drawRoundedRect(filled, round_, round_)
    if bar.reserve is not None:
        part = bar.reserve / 100
        if painter.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            part = 1 - part
        place = track.left() + track.width() * part
        painter.setBrush(colors.text)
        high = BAR_HEIGHT + 2 * _REACH
        painter.drawRect(QRectF(place - _TICK / 2, middle - high / 2, _TICK, high))
    painter.restore()


class BarWidget(QWidget):
    """A bar in a layout; the words beside it say the same, so readers pass it by."""

    def __init__(self, bar: Bar) -> None:
        super().__init__()
        self._bar = bar
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bar(self, bar: Bar) -> None:
        """Show this one from now on."""
        if bar != self._bar:
            self._bar = bar
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough to read ten per cent."""
        return QSize(24 * GAP, BAR_HEIGHT + 2 * GAP)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrower, where there is no room."""
        return QSize(12 * GAP, BAR_HEIGHT + 2 * GAP)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bar."""
        del event
        painter = QPainter(self)
        painter.setLayoutDirection(self.layoutDirection())
        draw_bar(painter, QRectF(self.rect()), self._bar, colors_in_force())
        painter.end()
