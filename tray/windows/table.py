"""What the tables of all pages have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tray.present.tone import Tone
from tray.style import colors_in_force, tabular
from tray.theme import GAP_LARGE, GAP_SMALL

type Index = QModelIndex | QPersistentModelIndex

_LEAST_LETTERS = 18
_MEASURED_ROWS = 30
"""Rows that decide how wide a column is; measuring all would hold up the loop."""

_UNBOUNDED = 10_000

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
        came = _came(self._rows, rows)
        if came:
            self._put_above(rows[:came])
            self._cut_below(len(rows))
            return
        if [row.id for row in rows] != [row.id for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        before, self._rows = self._rows, rows
        last = len(self._headers) - 1
        for first, end in _changed(before, rows):
            self.dataChanged.emit(self.index(first, 0), self.index(end, last))

    def _put_above(self, rows: tuple[R, ...]) -> None:
        self.beginInsertRows(QModelIndex(), 0, len(rows) - 1)
        self._rows = (*rows, *self._rows)
        self.endInsertRows()

    def _cut_below(self, count: int) -> None:
        if count < len(self._rows):
            self.beginRemoveRows(QModelIndex(), count, len(self._rows) - 1)
            self._rows = self._rows[:count]
            self.endRemoveRows()

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


def _came(before: Sequence[object], after: Sequence[object]) -> int:
    """How many new rows stand above the ones that were there, of which the last may be gone."""
    if not before or before[0] not in after:
        return 0
    came = after.index(before[0])
    return came if after[came:] == before[: len(after) - came] else 0


def _changed(before: Sequence[object], after: Sequence[object]) -> Iterator[tuple[int, int]]:
    """First and last of each run of rows that are not what they were; others are not drawn."""
    first: int | None = None
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        # Most rows are the very same object: `account_table` keeps what has not changed.
        differs = old is not new and old != new
        if differs and first is None:
            first = place
        elif not differs and first is not None:
            yield first, place - 1
            first = None
    if first is not None:
        yield first, len(after) - 1


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
    """A table that is read like a list: whole rows, no grid, one column takes what is left.

    A column is as wide as its words ask for, and grows with them; it is not measured again when a
    number changes, which happens several times a second. Where there is no room for all of them,
    some give way: nothing is to be scrolled sideways.
    """

    def __init__(
        self,
        name: str,
        rows: QAbstractItemModel,
        *,
        stretched: int,
        fixed: Mapping[int, Callable[[QFontMetrics], int]] | None = None,
        gives_way: Sequence[int] = (),
    ) -> None:
        """A view of `rows`.

        Args:
            name: for readers of the screen.
            rows: the model; not exchanged.
            stretched: the column that takes the room that is left.
            fixed: columns that know how wide they are.
            gives_way: columns that go where there is no room, the first one first.
        """
        super().__init__()
        self._stretched = stretched
        self._fixed = fixed or {}
        self._gives_way = gives_way
        self._needed: dict[int, int] = {}
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
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setModel(rows)
        rows.modelReset.connect(self._measure)
        rows.headerDataChanged.connect(self._measure)
        rows.dataChanged.connect(self._widen)
        rows.rowsInserted.connect(self._widen_for)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width out again."""
        super().resizeEvent(event)
        self._share_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Other letters and other margins take other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """The style is known only now."""
        super().showEvent(event)
        self._measure()

    def fit_rows(self) -> None:
        """Make each row as high as its words are, wrapped.

        Qt forgets the room beside the words that a style sheet asks for (`QTableView::item`).
        """
        self.resizeRowsToContents()
        metrics, model = self.fontMetrics(), self.model()
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                area = QRect(0, 0, self.columnWidth(column) - 2 * GAP_SMALL, _UNBOUNDED)
                text = str(model.index(row, column).data() or "")
                high = metrics.boundingRect(area, Qt.TextFlag.TextWordWrap, text).height()
                if high > self.rowHeight(row):
                    self.setRowHeight(row, high)

    def _measure(self) -> None:
        """Ask header and rows how wide they are."""
        header, metrics = self.horizontalHeader(), self.fontMetrics()
        self._needed = {
            column: self._fixed[column](metrics)
            if column in self._fixed
            else max(header.sectionSizeHint(column), self.sizeHintForColumn(column))
            for column in range(header.count())
            if column != self._stretched
        }
        self._share_out()

    def _widen(self, first: QModelIndex, last: QModelIndex) -> None:
        """Some rows have changed: only they are asked."""
        model, grown = self.model(), False
        for row in range(first.row(), min(last.row() + 1, first.row() + _MEASURED_ROWS)):
            for column in self._needed.keys() - self._fixed.keys():
                width = self.sizeHintForIndex(model.index(row, column)).width()
                if width > self._needed[column]:
                    self._needed[column], grown = width, True
        if grown:
            self._share_out()

    def _widen_for(self, parent: QModelIndex, first: int, last: int) -> None:
        del parent
        self._widen(self.model().index(first, 0), self.model().index(last, 0))

    def _share_out(self) -> None:
        """The stretched column takes the room that is left, and never less than a name needs."""
        least = self.fontMetrics().averageCharWidth() * _LEAST_LETTERS
        room, shown = self.viewport().width(), dict(self._needed)
        for column in self._gives_way:
            if least + sum(shown.values()) > room:
                shown.pop(column, None)
        header = self.horizontalHeader()
        for column, width in self._needed.items():
            if header.isSectionHidden(column) == (column in shown):
                header.setSectionHidden(column, column not in shown)
            if column in shown:
                header.resizeSection(column, width)
        header.resizeSection(self._stretched, max(least, room - sum(shown.values())))
