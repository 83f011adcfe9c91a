"""A box to tick that grows with the text and can be seen in every scheme, ticked or not."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox

from tray.style import colors_in_force
from tray.theme import GAP

_OF_A_LINE = 1.1
"""The box is so many lines of text high."""
_TICK = ((0.24, 0.52), (0.43, 0.70), (0.76, 0.32))
"""Where the tick bends, in parts of the box."""


class TickBox(QCheckBox):
    """Has no words of its own: they stand beside it. Qt's own box has no edge on black."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as a line of the text beside it, with room for the ring of the focus."""
        side = round(self.fontMetrics().height() * _OF_A_LINE) + GAP
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Never smaller."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:  # noqa: N802 - Qt's name
        """Everywhere that is drawn."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw box and tick; the focus is a second line around it."""
        del event
        colors = colors_in_force()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        around = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        box = around.adjusted(GAP / 2, GAP / 2, -GAP / 2, -GAP / 2)
        if self.hasFocus():
            painter.setPen(QPen(colors.accent, 2))
            painter.drawRoundedRect(around, GAP + 1, GAP + 1)
        chosen = self.isChecked() and self.isEnabled()
        edge = QPen(colors.accent if chosen else colors.muted, 1)
        if not self.isEnabled():
            edge.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(edge)
        painter.setBrush(colors.accent if chosen else colors.surface)
        painter.drawRoundedRect(box, GAP - 1, GAP - 1)
        if self.isChecked():
            ink = QPen(colors.on_accent if chosen else colors.muted, max(1.6, box.width() / 9))
            ink.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(ink)
            painter.drawPolyline(QPolygonF([_place(box, *part) for part in _TICK]))
        painter.end()


def _place(box: QRectF, across: float, down: float) -> QPointF:
    return QPointF(box.left() + box.width() * across, box.top() + box.height() * down)
