"""Other tools that may call, on the Health page: who, and a token that is shown once."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.present import clients as page
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform
from tray.present.notices import Notice, failure
from tray.windows.edit_card import EditCard


class ClientCard(EditCard):
    """Lets a tool call, gives it another token, or lets it call no more."""

    def __init__(self, speech: Speech, ask: Ask, tell: Callable[[Notice], None]) -> None:
        """`tell` is called with what was done, or refused."""
        say = speech.say
        super().__init__(say("Other tools"), page.headers(speech), toned=-1, stretched=0)
        self._speech = speech
        self._ask = ask
        self._tell = tell
        self._now: datetime | None = None
        self._label = self.field(say("Name of the tool"))
        self._token = QLineEdit()
        self._copy = QPushButton(say("Cop&y the token"))
        self.button(say("&Let it call"), self._let_call)
        self.button(say("&New token"), self._rotate, of_row=True, sure=say("Really a &new token"))
        self.button(say("Re&voke"), self._revoke, of_row=True, sure=say("Really re&voke"))
        self._lay_out_token()
        self.wished.connect(self._wished)

    def opened(self, now: datetime) -> None:
        """Ask who may call now."""
        self._now = now
        self._ask(page.CLIENTS, self._came)

    def _came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self.show_trouble(f"{answer.message} {answer.hint}".strip())
        elif self._now is not None:
            rows = page.clients(answer, speech=self._speech, now=self._now)
            self.show_rows(page.words(self._speech), rows)

    def _wished(self, wish: Perform) -> None:
        self._ask(wish, self._done)

    def _done(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._tell(failure(answer))
            return
        token = answer.text("token")
        self._token.setText(token)
        self._token_row.setVisible(bool(token))
        self._tell(Notice(title="Turntable", text=page.told(answer), trouble=False))
        self._ask(page.CLIENTS, self._came)

    def _let_call(self) -> Perform | None:
        label = self._label.text().strip()
        if not label:
            self._label.setFocus()
            return None
        self._label.clear()
        return page.let_call(label)

    def _rotate(self) -> Perform:
        return page.new_token(self.selected())

    def _revoke(self) -> Perform:
        return page.revoke(self.selected())

    def _lay_out_token(self) -> None:
        """The token stands here until the next one, or until the window goes; nowhere else."""
        self._token.setReadOnly(True)
        self._token.setAccessibleName(self._speech.say("Token, shown this once"))
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._token.text()))
        self._token_row = QWidget()
        row = QHBoxLayout(self._token_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._token, stretch=1)
        row.addWidget(self._copy)
        self._token_row.hide()
        self.add_below(self._token_row)
