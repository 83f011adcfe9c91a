"""Budgets as a card: what is used of each, and what sets and removes one."""

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present import budgets as page
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.windows.edit_card import EditCard, offer

_STATE = 2


class BudgetCard(EditCard):
    """How much an account, a pool, a client or a project may use."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Budget"), say("What it allows, and what is used"), say("State"))
        super().__init__(say("Budgets"), columns, toned=_STATE, stretched=1)
        self._speech = speech
        self._report: StatusReport | None = None
        self._pools = Answer({})
        self._about = self.choice(say("What it limits"))
        self._named = self.field(say("Client or project folder"))
        self._amount = self.field(say("How much"), say("20, 500k, 20M"))
        self._measure = self.choice(say("Of what"))
        self._period = self.choice(say("For how long"))
        offer(self._measure, page.measures(speech))
        offer(self._period, page.periods(speech))
        self.button(say("Set the &budget"), self._set)
        self.button(say("Remove the budg&et"), self._remove, of_row=True)
        self._about.currentIndexChanged.connect(self._enable_name)

    def show_report(self, report: StatusReport) -> None:
        """The accounts that can have a budget."""
        self._report = report
        self._offer()

    def show_pools(self, answer: Answer) -> None:
        """The pools that can have one."""
        self._pools = answer
        self._offer()

    def show_budgets(self, answer: Answer) -> None:
        """Show the budgets as they are now."""
        text = self._speech.say(
            "A budget is your own limit, by your own calendar. At its end an account serves no "
            "more and others do; work of a pool, a client or a project is refused."
        )
        self.show_rows(text, page.budgets(answer, speech=self._speech))

    def _offer(self) -> None:
        if self._report is not None:
            offer(self._about, page.subjects(self._report, self._pools, speech=self._speech))
            self._enable_name()

    def _enable_name(self) -> None:
        about = self._about.currentData() or ""
        self._named.setEnabled(about.endswith(":"))

    def _set(self) -> Perform | None:
        wish = page.set_budget(
            about=self._about.currentData() or "",
            typed=self._named.text().strip() if self._named.isEnabled() else "",
            measure=self._measure.currentData(),
            amount=self._amount.text().strip(),
            period=self._period.currentData(),
        )
        if wish is None:
            lacks_name = self._named.isEnabled() and not self._named.text().strip()
            (self._named if lacks_name else self._amount).setFocus()
            return None
        self._amount.clear()
        return wish

    def _remove(self) -> Perform:
        return page.remove_budget(self.selected())
