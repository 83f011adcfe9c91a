"""The Rules page: who may serve what, and how an account is chosen among them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer, Ask
from tray.present.budgets import BUDGETS
from tray.present.empty import no_accounts
from tray.present.entries import Perform
from tray.present.notices import failure, granted
from tray.present.rules_page import POOLS, PROFILES, RULES
from tray.present.rules_undo import undo_of
from tray.present.settings_page import EXPLAIN
from tray.theme import GAP_LARGE
from tray.windows.budget_card import BudgetCard
from tray.windows.choice_cards import ProfileCard, StrategyCard, WeightCard
from tray.windows.edit_card import EditCard
from tray.windows.empty import EmptyView
from tray.windows.page import Page
from tray.windows.rule_cards import PoolCard, RuleCard


class RulesPage(Page):
    """Every change is a verb; what it says is told at the top, with what takes it back."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Rules"))
        self._speech = speech
        self._ask = ask
        self._report: StatusReport | None = None
        self._known: dict[str, Answer] = {}
        self._pools = PoolCard(speech)
        self._rules = RuleCard(speech)
        self._strategy = StrategyCard(speech)
        self._weights = WeightCard(speech)
        self._budgets = BudgetCard(speech)
        self._profiles = ProfileCard(speech)
        self._empty = EmptyView()
        self._stack = QStackedWidget()
        self._lay_out()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Accounts, strategy and weights are in the snapshot; an undo may have changed the rest."""
        del now
        before, self._report = self._report, report
        empty = no_accounts(report, speech=self._speech)
        if empty is not None:
            self._empty.show_empty(empty)
        self._stack.setCurrentIndex(1 if empty else 0)
        if before is not None and _chosen(before) == _chosen(report):
            return
        for card in (self._pools, self._rules, self._budgets, self._strategy, self._weights):
            card.show_report(report)
        if before is not None and self.isVisible():
            self.opened()

    def opened(self) -> None:
        """Ask for what is in no snapshot."""
        self._ask(POOLS, partial(self._came, (self._pools, self._rules), self._pools_came))
        self._ask(RULES, partial(self._came, (self._rules,), self._rules_came))
        self._ask(BUDGETS, partial(self._came, (self._budgets,), self._budgets_came))
        self._ask(PROFILES, partial(self._came, (self._profiles,), self._profiles_came))
        self._ask(EXPLAIN, self._settings_came)

    def _came(
        self,
        cards: tuple[EditCard, ...],
        show: Callable[[Answer], None],
        answer: Answer | CoreError,
    ) -> None:
        if isinstance(answer, CoreError):
            for card in cards:
                card.show_trouble(f"{answer.message} {answer.hint}".strip())
            return
        show(answer)

    def _pools_came(self, answer: Answer) -> None:
        self._known["pool"] = answer
        self._pools.show_pools(answer)
        self._rules.show_pools(answer)
        self._budgets.show_pools(answer)

    def _rules_came(self, answer: Answer) -> None:
        self._known["rule"] = answer
        self._rules.show_rules(answer)

    def _budgets_came(self, answer: Answer) -> None:
        self._known["budget"] = answer
        self._budgets.show_budgets(answer)

    def _profiles_came(self, answer: Answer) -> None:
        self._known["profile"] = answer
        self._profiles.show_profiles(answer)

    def _settings_came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, Answer):
            self._profiles.show_settings(answer)

    def _wish(self, wish: Perform) -> None:
        if self._report is None:
            return
        self._ask(wish, partial(self._done, wish, dict(self._known), self._report))

    def _done(
        self,
        wish: Perform,
        before: dict[str, Answer],
        report: StatusReport,
        answer: Answer | CoreError,
    ) -> None:
        if isinstance(answer, CoreError):
            self.told.emit(failure(answer))
        else:
            back = undo_of(wish, before, answer, report)
            notice = granted(answer, back, speech=self._speech)
            if notice is not None:
                self.told.emit(notice)
        self.opened()

    def wish_performed(self) -> None:
        """It may have been an undo of ours."""
        if self.isVisible():
            self.opened()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_LARGE)
        for card in (
            self._strategy, self._pools, self._rules, self._budgets, self._weights, self._profiles
        ):  # fmt: skip
            card.wished.connect(self._wish)
            column.addWidget(card)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        self._empty.chosen.connect(self.chosen)
        self._stack.addWidget(scroll)
        self._stack.addWidget(self._empty)
        self.body.addWidget(self._stack, stretch=1)


def _chosen(report: StatusReport) -> tuple[object, ...]:
    """What a person chose of a snapshot; what merely happens (limits, requests) asks nothing."""
    accounts = tuple((one.id, one.label, one.weight) for one in report.accounts)
    return accounts, report.rotation.strategy
