"""Several selected accounts: who they are, and what can be done with all of them."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout

from core.domain.report import AccountReport, StatusReport
from core.words.speech import Speech
from tray.parts.buttons import ActionButton
from tray.parts.labels import card, paragraph
from tray.present.many_accounts import many_actions, names, tag_all, title
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL, LARGE


class ManyCard(QScrollArea):
    """Stands in place of the one account's card.

    Signals:
        chosen: a `Several`.
    """

    chosen = Signal(object)

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._speech = speech
        self._accounts: tuple[AccountReport, ...] = ()
        self._buttons: dict[str, ActionButton] = {}
        self._title = paragraph(size=LARGE, bold=True)
        self._names = paragraph(tone=Tone.MUTED)
        self._grid = QGridLayout()
        self._tag = QLineEdit()
        self._give = QPushButton(speech.say("Tag a&ll of them"))
        self.setAccessibleName(speech.say("Selected accounts"))
        self._lay_out()

    def show_many(self, accounts: tuple[AccountReport, ...], report: StatusReport) -> None:
        """Show these from now on."""
        self._accounts = accounts
        self._title.setText(title(accounts, self._speech))
        self._names.setText(names(accounts, self._speech))
        for place, choice in enumerate(many_actions(accounts, report, speech=self._speech)):
            button = self._buttons.get(choice.id)
            if button is None:
                button = ActionButton(choice, self.chosen.emit)
                self._buttons[choice.id] = button
                self._grid.addWidget(button, place // 2, place % 2)
            button.show_choice(choice)

    def press(self, action: str) -> None:
        """As a click on the button of this action."""
        button = self._buttons.get(action)
        if button is not None:
            button.click()

    def _give_tag(self) -> None:
        wishes = tag_all(self._accounts, self._tag.text())
        if wishes is None:
            self._tag.setFocus()
            return
        self._tag.clear()
        self.chosen.emit(wishes)

    def _lay_out(self) -> None:
        self._tag.setAccessibleName(self._speech.say("Tag for all of them"))
        self._tag.setPlaceholderText(self._speech.say("Tag for all of them"))
        self._tag.returnPressed.connect(self._give_tag)
        self._give.setAutoDefault(False)
        self._give.clicked.connect(self._give_tag)
        inside = card()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        self._grid.setSpacing(GAP_SMALL)
        layout.addWidget(self._title)
        layout.addWidget(self._names)
        layout.addLayout(self._grid)
        layout.addWidget(self._tag)
        layout.addWidget(self._give)
        layout.addStretch()
        self.setWidget(inside)
        self.setWidgetResizable(True)
