"""What the tables of all pages have in common."""

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tray.present.tone import Tone
from tray.style import colors_in_force, tabular
from tray.theme import GAP_LARGE

type Index = QModelIndex | QPersistentModelIndex

_LEAST_LETTERS = 18
_MEASURED_ROWS = 30
"""Rows that decide how wide a column is; measuring all would hold up the loop."""

ROW = Qt.ItemDataRole.UserRole
"""The whole row, for delegates and for whoever acts on it."""
SORT = Qt.ItemDataRole.UserRole + 1


class Shown(Protocol):
    """A row of any table."""

    @property
    def id(self) -> str:
        """Knows it again in the next snapshot."""
        ...

    @property
    def texts(self) -> tuple[str, ...]:
        """A text for each column."""
        ...

    @property
    def tone(self) -> Tone:
        """How grave the toned column is."""
        ...

    @property
    def words(self) -> str:
        """What a search looks through, in lower case."""
        ...


class Rows[R: Shown](QAbstractTableModel):
    """A read-only table; rows that are known by their id change in place."""

    def __init__(self, headers: Sequence[str], *, toned: int, numbers: int | None = None) -> None:
        """`toned` is the column that wears the row's tone; from `numbers` on stand numbers."""
        super().__init__()
        self._numbers = len(headers) if numbers is None else numbers
        self._headers = tuple(headers)
        self._toned = toned
        self._rows: tuple[R, ...] = ()

    def show_rows(self, rows: tuple[R, ...]) -> None:
        """Show these from now on."""
        if rows == self._rows:
            return
        if [row.id for row in rows] != [row.id for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        before, self._rows = self._rows, rows
        changed = [n for n, pair in enumerate(zip(before, rows, strict=True)) if pair[0] != pair[1]]
        # One signal: each one has the columns measured.
        last = len(self._headers) - 1
        self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], last))

    def rename(self, headers: Sequence[str]) -> None:
        """What stands above the columns from now on."""
        if self._headers != tuple(headers):
            self._headers = tuple(headers)
            last = len(self._headers) - 1
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, last)

    def row(self, index: Index) -> R:
        """The row behind an index of this model."""
        return self._rows[index.row()]

    def place(self, id_: str) -> int | None:
        """Where the row of this id stands."""
        return next((n for n, row in enumerate(self._rows) if row.id == id_), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own
        """How many columns."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """What stands above a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, colour, sorting and the row itself."""
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.texts[column]
        if role == Qt.ItemDataRole.ForegroundRole and column == self._toned:
            return tone_color(row.tone)
        if role == SORT:
            return self.sorts(row)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(column)
        return row if role == ROW else None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        """Numbers stand below each other by their last digit."""
        sides = Qt.AlignmentFlag
        side = sides.AlignTrailing if column >= self._numbers else sides.AlignLeading
        return side | sides.AlignVCenter

    def sorts(self, row: R) -> Sequence[str | float]:
        """What each column is sorted by."""
        return row.texts


class Search(QSortFilterProxyModel):
    """Rows that hold every typed word."""

    def __init__(self, rows: Rows[Any]) -> None:
        super().__init__()
        self._words: tuple[str, ...] = ()
        self.setSourceModel(rows)
        self.setSortRole(SORT)

    def search(self, typed: str) -> None:
        """Show only rows that hold these words."""
        self.beginFilterChange()
        self._words = tuple(typed.lower().split())
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether a row is shown."""
        source = self.sourceModel()
        words = source.data(source.index(row, 0, parent), ROW).words
        return all(word in words for word in self._words)


def tone_color(tone: Tone) -> QColor:
    """The colour of a word of this tone."""
    colors = colors_in_force()
    return {
        Tone.PLAIN: colors.text,
        Tone.MUTED: colors.muted,
        Tone.GOOD: colors.accent,
        Tone.WARN: colors.warn,
        Tone.BAD: colors.bad,
    }[tone]


class TableView(QTableView):
    """A table that is read like a list: whole rows, no grid, one column takes what is left."""

    def __init__(self, name: str, rows: QAbstractItemModel, *, stretched: int) -> None:
        super().__init__()
        self._stretched = stretched
        self.setAccessibleName(name)
        self.setFont(tabular(self.font()))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().height() + GAP_LARGE)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setModel(rows)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Fixed)
        rows.modelReset.connect(self._share_out)
        rows.dataChanged.connect(self._share_out)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width out again."""
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        """The stretched column takes the room that is left, and never less than a name needs."""
        header = self.horizontalHeader()
        taken = sum(header.sectionSize(n) for n in range(header.count()) if n != self._stretched)
        least = self.fontMetrics().averageCharWidth() * _LEAST_LETTERS
        header.resizeSection(self._stretched, max(least, self.viewport().width() - taken))
