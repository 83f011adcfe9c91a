"""The Usage page: what was left, what went through, and what is to be expected."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from core.words.trouble import retold
from tray.parts.chart_library import ChartLibrary
from tray.parts.order import reading_order
from tray.parts.saving import as_json, ask_where, write
from tray.present import limits_history, pool_ahead, tokens_per_day
from tray.present.answer import Answer, Ask
from tray.present.empty import no_accounts
from tray.present.entries import Perform
from tray.present.notices import Notice, failure
from tray.present.usage_page import (
    AHEAD_QUESTION,
    Period,
    groupings,
    history_question,
    periods,
    tokens_question,
)
from tray.theme import GAP_LARGE
from tray.windows.empty import EmptyView
from tray.windows.page import Page
from tray.windows.usage_card import UsageCard

_ASK_AGAIN = timedelta(minutes=1)
"""Numbers in sight are at most this old while requests go through."""
_CSV, _JSON = "csv", "json"


class _Question(Protocol):
    """What is asked, for a spreadsheet or as it is."""

    def __call__(self, *, csv: bool = False) -> Perform: ...


class UsagePage(Page):
    """Three charts, a table under each."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Usage"))
        self._speech = speech
        self._ask = ask
        self._now: datetime | None = None
        self._asked_at: datetime | None = None
        self._history: Answer | None = None
        self._window: int | None = None
        self._saving: QFileDialog | None = None
        self._library = ChartLibrary()
        self._periods = periods(speech)
        self._groupings = groupings(speech)
        say = speech.say
        make = partial(UsageCard, speech=speech, library=self._library)
        self._limits = make(
            say("What was left"),
            limits_history.headers(speech),
            numbers=2,
            save=say("Save l&imits…"),
        )
        by = self._groupings[0][0]
        self._tokens = make(
            say("Tokens per day"),
            tokens_per_day.headers(by, speech),
            numbers=2,
            save=say("Save to&kens…"),
        )
        self._ahead = make(
            say("Forecast"),
            pool_ahead.headers(speech),
            numbers=1,
            save=say("Save &forecast…"),
        )
        self._period = _choice(say("Period"), [period.name for period in self._periods])
        self._by = _choice(say("Grouped by"), [name for _, name in self._groupings])
        self._which = _choice(say("Limit"), [])
        self._empty = EmptyView()
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Ask again when the numbers in sight have grown old."""
        self._now = now
        empty = no_accounts(report, speech=self._speech)
        if empty is not None:
            self._empty.show_empty(empty)
        self._stack.setCurrentIndex(1 if empty else 0)
        self._period.setVisible(empty is None)
        old = self._asked_at is None or now - self._asked_at > _ASK_AGAIN
        if old and empty is None and self.isVisible():
            self.opened()

    def opened(self) -> None:
        """Ask for everything as it is now."""
        if self._stack.currentIndex() != 0 or self._now is None:
            return
        self._asked_at = self._now
        for card in (self._limits, self._tokens, self._ahead):
            card.show_waiting()
        self._ask_history()
        self._ask_tokens()
        self._ask(AHEAD_QUESTION, self._ahead_came)

    def _ask_history(self) -> None:
        self._ask(history_question(self._chosen()), self._history_came)

    def _ask_tokens(self) -> None:
        period, by = self._chosen(), self._grouping()
        self._ask(tokens_question(period, by), partial(self._tokens_came, period.days, by))

    def _history_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._limits.show_trouble(_said(answer))
            return
        self._history = answer
        self._show_history()

    def _show_history(self) -> None:
        if self._history is None or self._now is None:
            return
        shown = limits_history.history(
            self._history,
            window=self._window,
            span=self._chosen().span,
            now=self._now,
            speech=self._speech,
        )
        self._which.setVisible(len(shown.windows) > 1)
        if [self._which.itemData(n) for n in range(self._which.count())] != [
            minutes for minutes, _ in shown.windows
        ]:
            self._which.clear()
            for minutes, name in shown.windows:
                self._which.addItem(name, minutes)
        self._which.setCurrentIndex(self._which.findData(shown.window))
        say = self._speech.say
        text = say("A triangle marks a reset. Where a line breaks, nothing is known.")
        if shown.left_out:
            more = self._speech.counted(
                shown.left_out,
                "1 more account is in the table.",
                "{count} more accounts are in the table.",
            )
            text = f"{text} {more}"
        nothing = say("Nothing was said about a limit in this time.")
        self._limits.show_numbers(text if shown.chart else nothing, shown.chart, shown.rows)

    def _tokens_came(self, days: int, by: str, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._tokens.show_trouble(_said(answer))
            return
        if self._now is None or (days, by) != (self._chosen().days, self._grouping()):
            return  # something else was chosen meanwhile, and is on its way
        shown = tokens_per_day.tokens(answer, days=days, now=self._now, speech=self._speech)
        nothing = self._speech.say("Nothing went through in this time.")
        self._tokens.rename_columns(tokens_per_day.headers(by, self._speech))
        self._tokens.show_numbers(shown.total if shown.chart else nothing, shown.chart, shown.rows)

    def _ahead_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._ahead.show_trouble(_said(answer))
            return
        if self._now is None:
            return
        shown = pool_ahead.ahead(answer, now=self._now, speech=self._speech)
        text = shown.verdict
        if shown.chart is not None:
            told = self._speech.say("All accounts together, from the highest to the lowest pace.")
            text = f"{text} {told}".strip()
        self._ahead.show_numbers(text, shown.chart, shown.rows)

    def _save_history(self) -> None:
        self._save_as(
            "limits", (_CSV, _JSON), partial(history_question, self._chosen()), self._limits
        )

    def _save_tokens(self) -> None:
        question = partial(tokens_question, self._chosen(), self._grouping())
        self._save_as("tokens", (_CSV, _JSON), question, self._tokens)

    def _save_ahead(self) -> None:
        self._save_as("forecast", (_JSON,), _ahead_question, self._ahead)

    def _save_as(
        self, name: str, endings: tuple[str, ...], question: _Question, card: UsageCard
    ) -> None:
        def there(path: Path) -> None:
            csv = path.suffix == f".{_CSV}"
            self._ask(question(csv=csv), partial(self._save, path, csv))

        self._saving = ask_where(self, card.title, f"turntable-{name}", endings, there)

    def _save(self, path: Path, csv: bool, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self.told.emit(failure(answer))
            return
        try:
            write(path, answer.text("csv") if csv else as_json(answer.whole()))
        except CoreError as error:
            self.told.emit(failure(retold(error, self._speech)))
            return
        text = self._speech.say("Saved as {path}.", path=path)
        self.told.emit(Notice(title="Turntable", text=text, trouble=False))

    def _chosen_window(self, place: int) -> None:
        self._window = self._which.itemData(place)
        self._show_history()

    def _chosen(self) -> Period:
        return self._periods[max(0, self._period.currentIndex())]

    def _grouping(self) -> str:
        return self._groupings[max(0, self._by.currentIndex())][0]

    def _connect(self) -> None:
        self._period.activated.connect(self._ask_history)
        self._period.activated.connect(self._ask_tokens)
        self._by.activated.connect(self._ask_tokens)
        self._which.activated.connect(self._chosen_window)
        self._limits.saving.connect(self._save_history)
        self._tokens.saving.connect(self._save_tokens)
        self._ahead.saving.connect(self._save_ahead)
        self._empty.chosen.connect(self.chosen)

    def _lay_out(self) -> None:
        self.beside_the_title(self._period)
        self._which.hide()
        self._limits.add_control(self._which)
        self._tokens.add_control(self._by)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_LARGE)
        for card in (self._limits, self._tokens, self._ahead):
            column.addWidget(card)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        self._stack.addWidget(scroll)
        self._stack.addWidget(self._empty)
        self.body.addWidget(self._stack, stretch=1)
        cards = (self._limits, self._tokens, self._ahead)
        reading_order((self._period, scroll, *(stop for card in cards for stop in card.stops())))


def _ahead_question(*, csv: bool = False) -> Perform:
    """What is to be expected comes in one form."""
    del csv
    return AHEAD_QUESTION


def _choice(name: str, texts: list[str]) -> QComboBox:
    made = QComboBox()
    made.addItems(texts)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made


def _said(error: CoreError) -> str:
    return f"{error.message} {error.hint}".strip()
