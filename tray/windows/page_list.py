"""The list of pages at the left of the window."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from tray.parts.symbols import symbol_size
from tray.style import colors_in_force
from tray.theme import GAP, GAP_MEDIUM, GAP_SMALL, RADIUS
from tray.windows.table import Index

_EDGE = 3


class PageList(QListWidget):
    """Names and symbols; the arrows turn the pages."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "pages")
        self.setAccessibleName(name)
        self.setItemDelegate(_Entry(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(1)

    def add(self, title: str) -> None:
        """One more page."""
        QListWidgetItem(title, self)

    def show_symbol(self, row: int, icon: QIcon) -> None:
        """The symbol of a page, in the colour of the text."""
        self.item(row).setIcon(icon)


class _Entry(QStyledItemDelegate):
    """A page: an edge in the accent says which one is open, a ring where the keyboard is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        metrics = option.fontMetrics
        size = symbol_size(metrics)
        width = metrics.horizontalAdvance(str(index.data())) + size + 3 * GAP_MEDIUM
        return QSize(width, max(metrics.height(), size) + 2 * GAP_SMALL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors = colors_in_force()
        area = QRectF(option.rect).adjusted(1, 1, -1, -1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        under = bool(option.state & QStyle.StateFlag.State_MouseOver)
        keyboard = chosen and bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.accent, 2) if keyboard else Qt.PenStyle.NoPen)
        lit = colors.soft if chosen else colors.track
        painter.setBrush(lit if chosen or under else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        mirrored = option.direction is Qt.LayoutDirection.RightToLeft
        if chosen:
            edge = QRectF(area.left(), area.top() + GAP, _EDGE, area.height() - 2 * GAP)
            if mirrored:
                edge.moveRight(area.right())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(edge, _EDGE / 2, _EDGE / 2)
        inner = option.rect.adjusted(GAP_MEDIUM, 0, -GAP_MEDIUM, 0)
        size = symbol_size(option.fontMetrics)
        sign = QRect(inner.left(), inner.center().y() - size // 2, size, size)
        words = inner.adjusted(size + GAP_SMALL, 0, 0, 0)
        if mirrored:
            sign.moveRight(inner.right())
            words = inner.adjusted(0, 0, -size - GAP_SMALL, 0)
        icon: QIcon = index.data(Qt.ItemDataRole.DecorationRole)
        icon.paint(painter, sign)
        painter.setPen(colors.text)
        direction = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | direction), str(index.data()))
        painter.restore()
