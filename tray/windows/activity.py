"""The Activity page: the record of requests, and why each went where it went."""

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QPushButton, QSplitter, QStackedWidget

from core.domain.errors import CoreError
from core.domain.report import StatusReport, TrafficReport
from core.words.speech import Speech
from tray.parts.order import with_clear_button
from tray.present.activity import (
    NEWEST,
    SHOWN,
    Explanation,
    RequestRow,
    explanations,
    headers,
    joined,
    request_rows,
)
from tray.present.answer import Answer, Ask
from tray.present.empty import no_requests, not_answered
from tray.present.entries import Perform
from tray.present.notices import failure
from tray.theme import GAP_LARGE
from tray.windows.empty import EmptyView
from tray.windows.explanation import ExplanationCard
from tray.windows.page import Page
from tray.windows.table import Rows, Search, TableView

_OUTCOME, _FIRST_BYTE, _TOKENS, _MODEL, _CHAT, _WHY = range(2, 8)
_SIMULATED = ""
_PAUSE_MS = 1_000
"""Between two looks at the record while requests come and go."""


class ActivityPage(Page):
    """The newest requests, newest first."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Activity"))
        self._speech = speech
        self._ask = ask
        self._now: datetime | None = None
        self._traffic: tuple[TrafficReport, int] | None = None
        self._stale = False
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._follow)
        self._shown: tuple[RequestRow, ...] = ()
        self._asked_why = ""
        self._reasons: Mapping[str, Explanation] = {}
        self._rows = Rows[RequestRow](headers(speech), toned=_OUTCOME)
        self._found = Search(self._rows)
        self._view = TableView(
            self.title, self._found, stretched=_WHY, gives_way=(_TOKENS, _FIRST_BYTE, _CHAT, _MODEL)
        )
        self._search = QLineEdit()
        self._simulate = QPushButton(speech.say("Simu&late the next request"))
        self._card = ExplanationCard(speech)
        self._empty = EmptyView()
        self._stack = QStackedWidget()
        self._lay_out()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Ask for what came since the last look, if requests came or went."""
        self._now = now
        seen = (report.traffic, report.proxy.in_flight)
        changed, self._traffic = seen != self._traffic, seen
        self._stale = self._stale or changed
        self._follow()

    def opened(self) -> None:
        """Ask for the newest."""
        self._stale = False
        self._ask(_log(SHOWN), self._all_came)

    def _follow(self) -> None:
        """What came is asked for at once, and then once a second while more comes."""
        if self._stale and self.isVisible() and not self._pause.isActive():
            self._stale = False
            self._pause.start()
            self._ask(_log(NEWEST), self._newest_came)

    def _all_came(self, answer: Answer | CoreError) -> None:
        self._shown = ()
        self._newest_came(answer)

    def _newest_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            told = not_answered(answer.message, answer.hint, speech=self._speech)
            self._empty.show_empty(told)
            self._stack.setCurrentWidget(self._empty)
            return
        if self._now is None:
            return
        rows = joined(self._shown, request_rows(answer, speech=self._speech, now=self._now))
        if rows is None:
            self.opened()
        else:
            self._show(rows)

    def _show(self, rows: tuple[RequestRow, ...]) -> None:
        self._shown = rows
        self._rows.show_rows(rows)
        if not rows:
            self._empty.show_empty(no_requests(speech=self._speech))
        self._stack.setCurrentIndex(0 if rows else 1)
        if rows and not self._view.currentIndex().isValid():
            self._view.selectRow(0)
        self._explain(self._view.currentIndex())

    def _explain(self, index: QModelIndex) -> None:
        """Show the verdicts on a request; they are asked for when somebody looks at them."""
        if not index.isValid():
            return
        row: RequestRow = self._rows.row(self._found.mapToSource(index))
        known = self._reasons.get(row.id)
        if known is not None:
            self._card.show_explanation(known)
        elif row.id != self._asked_why:
            self._asked_why = row.id
            self._ask(Perform(verb="why", arguments={"request": row.id}), self._why_came)

    def _why_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, Answer) and self._now is not None:
            self._reasons = explanations(answer, speech=self._speech, now=self._now)
            index = self._view.currentIndex()
            if (
                index.isValid()
                and self._rows.row(self._found.mapToSource(index)).id in self._reasons
            ):
                self._explain(index)
        self._asked_why = ""

    def _foresee(self) -> None:
        self._ask(Perform(verb="simulate"), self._foreseen)

    def _foreseen(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self.told.emit(failure(answer))
        elif self._now is not None:
            told = explanations(answer, speech=self._speech, now=self._now)
            if _SIMULATED in told:
                self._stack.setCurrentIndex(0)
                self._view.clearSelection()
                self._card.show_explanation(told[_SIMULATED])

    def _lay_out(self) -> None:
        say = self._speech.say
        self._search.setPlaceholderText(say("Search"))
        self._search.setAccessibleName(say("Search requests"))
        with_clear_button(self._search, self._speech.say("Clear the search"))
        self._search.textChanged.connect(self._found.search)
        self._simulate.setAutoDefault(False)
        self._simulate.clicked.connect(self._foresee)
        self.beside_the_title(self._simulate)
        self.beside_the_title(self._search)
        self._view.selectionModel().currentRowChanged.connect(lambda now, _: self._explain(now))
        both = QSplitter(Qt.Orientation.Vertical)
        both.setChildrenCollapsible(False)
        both.setHandleWidth(GAP_LARGE)
        both.addWidget(self._view)
        both.addWidget(self._card)
        both.setStretchFactor(0, 1)
        both.setSizes([420, 190])
        self._stack.addWidget(both)
        self._stack.addWidget(self._empty)
        self.body.addWidget(self._stack, stretch=1)


def _log(last: int) -> Perform:
    return Perform(verb="log", arguments={"last": last})
