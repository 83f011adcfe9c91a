"""The Accounts page: a table to search and sort, one account beside it, keys as in a list."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
)

from core.domain.account import AccountId
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.order import reading_order, with_clear_button
from tray.parts.saving import ask_where
from tray.present.account_actions import KEYS
from tray.present.account_details import account_details
from tray.present.account_table import AccountRow, AccountTable, Column, account_table, headers
from tray.present.answer import Ask
from tray.present.empty import no_accounts
from tray.present.entries import Perform, Several
from tray.theme import GAP_LARGE
from tray.windows.account_card import AccountCard
from tray.windows.account_list import AccountRows, BarCell, NameCell, bar_width
from tray.windows.batch import Batch
from tray.windows.empty import EmptyView
from tray.windows.keys import KeysDialog
from tray.windows.many_card import ManyCard
from tray.windows.page import Page
from tray.windows.table import ROW, Search, TableView

_SEVERAL = 2
_LETTERS_BESIDE = 95
"""Average letters that the page is wide where table and account stand beside each other."""


class AccountsPage(Page):
    """All accounts."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Accounts"))
        self._speech = speech
        self._ask = ask
        self._report: StatusReport | None = None
        self._now: datetime | None = None
        self._selected = ""
        self._table: AccountTable | None = None
        self._rows = AccountRows(headers(speech), toned=Column.STATE)
        self._found = Search(self._rows)
        self._view = TableView(
            self.title,
            self._found,
            stretched=Column.NAME,
            fixed=dict.fromkeys((Column.SESSION, Column.WEEK), bar_width),
            gives_way=(Column.USED, Column.SESSION, Column.WEEK),
        )
        self._bars = BarCell()
        self._names = NameCell()
        self._search = QLineEdit()
        self._export = QPushButton(speech.say("E&xport…"))
        self._card = AccountCard(speech)
        self._many = ManyCard(speech)
        self._beside = QStackedWidget()
        self._both = QSplitter(Qt.Orientation.Horizontal)
        self._dialog: QFileDialog | KeysDialog | None = None
        self._empty = EmptyView()
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._keys()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Show the accounts of this snapshot; what is selected stays selected."""
        self._report, self._now = report, now
        self._table = account_table(report, speech=self._speech, now=now, before=self._table)
        self._rows.show_rows(self._table.rows)
        empty = no_accounts(report, speech=self._speech)
        self._stack.setCurrentIndex(1 if empty else 0)
        for part in (self._search, self._export):
            part.setVisible(empty is None)
        if empty is not None:
            self._empty.show_empty(empty)
            return
        if self._rows.place(self._selected) is None and report.accounts:
            self._selected = report.accounts[0].id
        if len(self._chosen_ids()) < _SEVERAL:
            self._select(self._selected)
        self._show_card()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Where letters are large or the window is narrow, the account stands below the table."""
        super().resizeEvent(event)
        letters = self.width() // self.fontMetrics().averageCharWidth()
        sides = Qt.Orientation
        side = sides.Horizontal if letters >= _LETTERS_BESIDE else sides.Vertical
        if self._both.orientation() is not side:
            self._both.setOrientation(side)
            self._both.setSizes([680, 300] if side is sides.Horizontal else [300, 400])

    def _chosen_ids(self) -> tuple[str, ...]:
        """The selected accounts, in the order of the table."""
        rows = sorted(self._view.selectionModel().selectedRows(), key=lambda index: index.row())
        return tuple(index.data(ROW).id for index in rows)

    def _show_card(self) -> None:
        if self._report is None or self._now is None:
            return
        chosen = self._chosen_ids()
        if len(chosen) >= _SEVERAL:
            by_id = {account.id: account for account in self._report.accounts}
            several = tuple(by_id[AccountId(id_)] for id_ in chosen if id_ in by_id)
            self._many.show_many(several, self._report)
            self._beside.setCurrentWidget(self._many)
            return
        self._beside.setCurrentWidget(self._card)
        known = next((a for a in self._report.accounts if a.id == self._selected), None)
        if known is not None:
            self._card.show_details(
                account_details(known, self._report, speech=self._speech, now=self._now)
            )

    def _select(self, id_: str) -> None:
        place = self._rows.place(id_)
        if place is None:
            return
        index = self._found.mapFromSource(self._rows.index(place, 0))
        if index.isValid() and index.row() != self._view.currentIndex().row():
            flags = QItemSelectionModel.SelectionFlag
            self._view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _moved(self, current: QModelIndex, before: QModelIndex) -> None:
        del before
        if current.isValid():
            row: AccountRow = self._rows.row(self._found.mapToSource(current))
            self._selected = row.id
            self._show_card()

    def _do_all(self, wishes: Several) -> None:
        """One after the other beside those of the menu; told together, and undone together."""
        if self._report is not None:
            Batch(wishes, self._ask, self._report, self._all_done).begin()

    def _all_done(self, batch: Batch) -> None:
        self.told.emit(batch.notice(self._speech))

    def _ask_where(self) -> None:
        title = self._speech.say("Settings, labels and what you decided; no login")
        self._dialog = ask_where(self, title, "turntable-export", ("json",), self._export_to)

    def _export_to(self, path: Path) -> None:
        self.chosen.emit(Perform(verb="export", arguments={"file": str(path)}))

    def _explain_keys(self) -> None:
        self._dialog = dialog = KeysDialog(self, self._speech)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _lay_out(self) -> None:
        say = self._speech.say
        self._search.setPlaceholderText(say("Search  /"))
        self._search.setAccessibleName(say("Search accounts"))
        with_clear_button(self._search, self._speech.say("Clear the search"))
        self.beside_the_title(self._export)
        self.beside_the_title(self._search)
        self._export.setAutoDefault(False)
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._view.setSortingEnabled(True)
        self._view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._view.setItemDelegateForColumn(Column.NAME, self._names)
        for column in (Column.SESSION, Column.WEEK):
            self._view.setItemDelegateForColumn(column, self._bars)
        both = self._both
        both.setChildrenCollapsible(False)
        both.setHandleWidth(GAP_LARGE)
        both.addWidget(self._view)
        self._beside.addWidget(self._card)
        self._beside.addWidget(self._many)
        both.addWidget(self._beside)
        both.setStretchFactor(0, 1)
        both.setSizes([680, 300])
        self._stack.addWidget(both)
        self._stack.addWidget(self._empty)
        self.body.addWidget(self._stack, stretch=1)
        reading_order((self._export, self._search, self._view, self._card))

    def _connect(self) -> None:
        self._search.textChanged.connect(self._found.search)
        self._view.selectionModel().currentRowChanged.connect(self._moved)
        self._view.activated.connect(lambda _: self._card.first_button().setFocus())
        self._view.selectionModel().selectionChanged.connect(self._show_card)
        self._card.chosen.connect(self.chosen)
        self._many.chosen.connect(self._do_all)
        self._export.clicked.connect(self._ask_where)
        self._empty.chosen.connect(self.chosen)

    def _keys(self) -> None:
        for action, key in KEYS.items():
            self._key(key, partial(self._press, action))
        for digit in range(1, 10):
            self._key(str(digit), partial(self._use, digit))
        self._key("/", self._search.setFocus)
        self._key("?", self._explain_keys)

    def _press(self, action: str) -> None:
        several = self._beside.currentWidget() is self._many
        (self._many if several else self._card).press(action)

    def _key(self, key: str, does: Callable[[], None]) -> None:
        shortcut = QShortcut(QKeySequence(key), self._view)
        # Only in the table: the same letters are typed into names and searches.
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(does)

    def _use(self, place: int) -> None:
        if self._report is not None and place <= len(self._report.accounts):
            self._selected = self._report.accounts[place - 1].id
            self._select(self._selected)
            self._card.press("use")
