"""Pools and rules, each as a card."""

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present import rules_page as page
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.windows.edit_card import EditCard, offer


class PoolCard(EditCard):
    """Accounts under a name."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Pool"), say("Accounts"), say("Named by"))
        super().__init__(say("Pools"), columns, toned=-1, stretched=1)
        self._speech = speech
        self._names: dict[str, str] = {}
        self._name = self.field(say("Name of the pool"))
        self._account = self.choice(say("Account of the pool"))
        self.button(say("Ma&ke the pool"), self._make)
        self.button(say("&Remove the pool"), self._remove, of_row=True)
        self.button(say("&Put the account in"), lambda: self._change("add"), of_row=True)
        self.button(say("&Take the account out"), lambda: self._change("take"), of_row=True)

    def show_report(self, report: StatusReport) -> None:
        """The accounts that can be put in."""
        offer(self._account, page.account_names(report))

    def show_pools(self, answer: Answer) -> None:
        """Show the pools as they are now."""
        self._names = {part.text("id"): part.text("name") for part in answer.parts("pools")}
        text = self._speech.say("A pool keeps accounts together, for rules and for other tools.")
        self.show_rows(text, page.pools(answer, speech=self._speech))

    def _make(self) -> Perform | None:
        name = self._name.text().strip()
        if not name:
            self._name.setFocus()
            return None
        self._name.clear()
        account = self._account.currentData()
        return page.make_pool(name, [account] if account else [])

    def _remove(self) -> Perform:
        return page.remove_pool(self._names[self.selected()])

    def _change(self, action: str) -> Perform | None:
        account = self._account.currentData()
        if not account:
            return None
        return page.change_pool(action, self._names[self.selected()], account)


class RuleCard(EditCard):
    """Which accounts and models may serve a folder, a model or a client."""

    def __init__(self, speech: Speech) -> None:
        say = speech.say
        columns = (say("Rule"), say("For"), say("Only"))
        super().__init__(say("Project folders, models, clients"), columns, toned=-1, stretched=1)
        self._speech = speech
        self._elsewhere = self.choice(say("Folders that no rule covers"))
        self._folder = self.field(say("Project folder"), say("any"))
        self._model = self.field(say("Model asked for"), say("any; * stands for what may differ"))
        self._client = self.field(say("Client"), say("any"))
        self._pool = self.choice(say("Pool that may serve"))
        self._account = self.choice(say("Account that may serve"))
        self._allow = self.field(say("Models allowed"), say("all; several with commas"))
        self._elsewhere.activated.connect(self._chosen_elsewhere)
        self.button(say("&Add the rule"), self._add_rule)
        self.button(say("Remo&ve the rule"), self._remove, of_row=True)
        self._was_elsewhere = ""

    def show_report(self, report: StatusReport) -> None:
        """The accounts that a rule can name."""
        any_ = (page.NONE, self._speech.say("any account"))
        offer(self._account, (any_, *page.account_names(report)))

    def show_pools(self, answer: Answer) -> None:
        """The pools that a rule can name."""
        any_ = (page.NONE, self._speech.say("no pool in particular"))
        offer(self._pool, (any_, *page.pool_names(answer)))
        offer(self._elsewhere, page.elsewhere_choices(answer, speech=self._speech))
        self._show_elsewhere()

    def show_rules(self, answer: Answer) -> None:
        """Show the rules as they are now."""
        self.show_rows(page.rule_words(answer, speech=self._speech), page.rules(answer))
        self._was_elsewhere = page.elsewhere_now(answer)
        self._show_elsewhere()

    def _show_elsewhere(self) -> None:
        self._elsewhere.setCurrentIndex(max(0, self._elsewhere.findData(self._was_elsewhere)))

    def _chosen_elsewhere(self) -> None:
        chosen = self._elsewhere.currentData()
        if chosen != self._was_elsewhere:
            self.wished.emit(page.elsewhere(chosen))

    def _add_rule(self) -> Perform | None:
        typed = [field.text().strip() for field in (self._folder, self._model, self._client)]
        allow, pool = self._allow.text().strip(), self._pool.currentData() or ""
        account = self._account.currentData() or ""
        if not any((*typed, allow, pool, account)):
            self._folder.setFocus()
            return None
        folder, model, client = typed
        for field in (self._folder, self._model, self._client, self._allow):
            field.clear()
        return page.add_rule(
            folder=folder, model=model, client=client, pool=pool, account=account, allow=allow
        )

    def _remove(self) -> Perform:
        return page.remove_rule(self.selected())
