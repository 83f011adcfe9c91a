"""The Activity page: the record of requests, and why each went where it went."""

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QSplitter, QStackedWidget

from core.domain.errors import CoreError
from core.domain.report import StatusReport, TrafficReport
from core.words.speech import Speech
from tray.parts.order import with_clear_button
from tray.present.activity import (
    SHOWN,
    Explanation,
    RequestRow,
    explanations,
    headers,
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


class ActivityPage(Page):
    """The newest requests, newest first."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Activity"))
        self._speech = speech
        self._ask = ask
        self._now: datetime | None = None
        self._traffic: tuple[TrafficReport, int] | None = None
        self._log: Answer | None = None
        self._why: Answer | None = None
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
        """Ask again when requests came or went since the last look."""
        self._now = now
        seen = (report.traffic, report.proxy.in_flight)
        changed, self._traffic = seen != self._traffic, seen
        if changed and self.isVisible():
            self.opened()

    def opened(self) -> None:
        """Ask for the newest."""
        self._ask(Perform(verb="log", arguments={"last": SHOWN}), self._log_came)
        self._ask(Perform(verb="why", arguments={"last": SHOWN}), self._why_came)

    def _log_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            told = not_answered(answer.message, answer.hint, speech=self._speech)
            self._empty.show_empty(told)
            self._stack.setCurrentWidget(self._empty)
            return
        self._log = answer
        self._show()

    def _why_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, Answer):
            self._why = answer
            self._show()

    def _show(self) -> None:
        if self._now is None or self._log is None:
            return
        rows = request_rows(self._log, self._why, speech=self._speech, now=self._now)
        self._rows.show_rows(rows)
        if self._why is not None:
            self._reasons = explanations(self._why, speech=self._speech, now=self._now)
        if not rows:
            self._empty.show_empty(no_requests(speech=self._speech))
        self._stack.setCurrentIndex(0 if rows else 1)
        if rows and not self._view.currentIndex().isValid():
            self._view.selectRow(0)
        self._explain(self._view.currentIndex())

    def _explain(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row: RequestRow = self._rows.row(self._found.mapToSource(index))
        known = self._reasons.get(row.id)
        if known is not None:
            self._card.show_explanation(known)

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
