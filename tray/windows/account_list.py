"""The table of accounts: its rows, and the cells that hold bars."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tray.parts.bars import draw_bar
from tray.present.account_table import AccountRow, Column
from tray.style import colors_in_force, tabular
from tray.theme import BAR_HEIGHT, GAP, GAP_MEDIUM, GAP_SMALL
from tray.windows.table import ROW, Index, Rows

_CUT = Qt.TextElideMode.ElideRight
_WIDEST = "100 % · Wed 00:00"


class AccountRows(Rows[AccountRow]):
    """The accounts; numbers are sorted as numbers."""

    def sorts(self, row: AccountRow) -> Sequence[str | float]:
        """What each column is sorted by."""
        return row.sorts


class NameCell(QStyledItemDelegate):
    """The account's name, with plan and workspace below it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell's ground as the style does, then both lines."""
        text = _ground(self, painter, option, index)
        row: AccountRow = index.data(ROW)
        colors = colors_in_force()
        area = QRectF(option.rect).adjusted(GAP_SMALL, 0, -GAP_SMALL, 0)
        line = option.fontMetrics.height()
        top = area.top() + (area.height() - (2 if row.below else 1) * line) / 2
        painter.save()
        bold = tabular(option.font, bold=True)
        painter.setFont(bold)
        painter.setPen(colors.text)
        shown = QFontMetrics(bold).elidedText(text, _CUT, int(area.width()))
        flags = int(option.displayAlignment)
        painter.drawText(QRectF(area.left(), top, area.width(), line), flags, shown)
        painter.setFont(option.font)
        painter.setPen(colors.muted)
        shown = option.fontMetrics.elidedText(row.below, _CUT, int(area.width()))
        painter.drawText(QRectF(area.left(), top + line, area.width(), line), flags, shown)
        painter.restore()


class BarCell(QStyledItemDelegate):
    """A limit in a cell: the words above, the bar below."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell's ground as the style does, then words and bar."""
        text = _ground(self, painter, option, index)
        row: AccountRow = index.data(ROW)
        shown = row.session if index.column() == Column.SESSION else row.week
        if shown is None:
            return
        colors = colors_in_force()
        area = QRectF(option.rect).adjusted(GAP_SMALL, 0, -GAP_MEDIUM, 0)
        line = option.fontMetrics.height()
        top = area.top() + (area.height() - line - BAR_HEIGHT - GAP) / 2
        painter.save()
        painter.setFont(option.font)
        painter.setPen(colors.warn if shown.low else colors.text)
        painter.drawText(
            QRectF(area.left(), top, area.width(), line),
            # Numbers and times: laid out from the right, `62 %` would be read `% 62`.
            int(QStyle.visualAlignment(option.direction, option.displayAlignment))
            | int(Qt.TextFlag.TextForceLeftToRight),
            text,
        )
        painter.setLayoutDirection(option.direction)
        below = QRectF(area.left(), top + line, area.width(), BAR_HEIGHT + 2 * GAP)
        draw_bar(painter, below, shown, colors)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Wide enough for the longest words."""
        del index
        metrics = option.fontMetrics
        return QSize(bar_width(metrics), metrics.height() + BAR_HEIGHT + 4 * GAP)


def bar_width(metrics: QFontMetrics) -> int:
    """Room for the longest words above a bar."""
    return metrics.horizontalAdvance(_WIDEST) + GAP_SMALL + GAP_MEDIUM


def _ground(
    cell: QStyledItemDelegate, painter: QPainter, option: QStyleOptionViewItem, index: Index
) -> str:
    """Draw a cell without its words, as the style does; the words are the answer."""
    cell.initStyleOption(option, index)
    text: str = option.text
    option.text = ""
    style = option.widget.style() if option.widget else QApplication.style()
    style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
    return text
