"""How an account is chosen: strategy, weights and profiles, each as a card."""

from core.domain.policies import LARGEST_WEIGHT
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.numbers import number_field
from tray.present import rules_page as page
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.windows.edit_card import EditCard

_MARK = 1


class StrategyCard(EditCard):
    """Every strategy beside its definition, and what steering means."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Strategy"), say("State"), say("A new chat goes to"))
        super().__init__(say("How accounts are chosen"), columns, toned=_MARK, stretched=2)
        self._speech = speech
        self.button(say("&Use this strategy"), self._use, of_row=True)

    def show_report(self, report: StatusReport) -> None:
        """Show which strategy is in force."""
        text = page.steering_words(self._speech)
        self.show_rows(text, page.strategies(report, speech=self._speech))

    def _use(self) -> Perform:
        return page.use_strategy(self.selected())


class WeightCard(EditCard):
    """Who gets how much under the strategy `weighted`."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Account"), say("Weight"), say("Share"))
        super().__init__(say("Weights"), columns, toned=-1, stretched=0)
        self._speech = speech
        self._known: dict[str, int] = {}
        self._weight = number_field(1, LARGEST_WEIGHT)
        self.add_field(say("Weight of the account"), self._weight)
        self.button(say("Set the &weight"), self._set, of_row=True)

    def show_report(self, report: StatusReport) -> None:
        """Show the weights as they are now."""
        self._known = {account.id: account.weight for account in report.accounts}
        text = self._speech.say("They count under the strategy weighted, and nowhere else.")
        self.show_rows(text, page.weights(report, speech=self._speech))

    def row_chosen(self, id_: str) -> None:
        """The field shows what the account has."""
        self._weight.setValue(self._known.get(id_, 1))

    def _set(self) -> Perform:
        return page.set_weight(self.selected(), self._weight.value())


class ProfileCard(EditCard):
    """Named sets of routing settings."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Profile"), say("State"), say("What it does"))
        super().__init__(say("Profiles"), columns, toned=_MARK, stretched=2)
        self._speech = speech
        self._own: frozenset[str] = frozenset()
        self._settings: Answer | None = None
        self._name = self.field(say("Name of the profile"))
        self.button(say("Use this pro&file"), self._use, of_row=True)
        self.button(say("Use &no profile"), lambda: page.use_profile(page.NONE))
        self.button(say("Keep today’s &settings"), self._keep)
        self._remove = self.button(
            say("Remove the profi&le"),
            self._remove_it,
            of_row=True,
            sure=say("Really remove the profi&le"),
        )

    def show_profiles(self, answer: Answer) -> None:
        """Show the profiles as they are now."""
        self._own = frozenset(
            part.text("name") for part in answer.parts("profiles") if not part.flag("built_in")
        )
        text = self._speech.say("A profile lies over the routing settings, and takes none away.")
        self.show_rows(text, page.profiles(answer, speech=self._speech))
        self._remove.setEnabled(self.selected() in self._own)

    def show_settings(self, answer: Answer) -> None:
        """What is kept as a profile."""
        self._settings = answer

    def row_chosen(self, id_: str) -> None:
        """What came with the program stays."""
        self._remove.setEnabled(id_ in self._own)

    def _use(self) -> Perform:
        return page.use_profile(self.selected())

    def _keep(self) -> Perform | None:
        name = self._name.text().strip()
        if not name or self._settings is None:
            self._name.setFocus()
            return None
        self._name.clear()
        return page.keep_profile(name, self._settings)

    def _remove_it(self) -> Perform:
        return page.remove_profile(self.selected())
