"""Asks for the passphrase that opens the logins; it goes to the engine and nowhere else."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.parts.labels import label, main_button, paragraph
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform
from tray.present.tone import Tone
from tray.theme import GAP_MEDIUM, PAGE_MARGIN

_LETTERS = 44


class PassphraseDialog(QDialog):
    """One field; a wrong passphrase is said under it, and can be typed again."""

    def __init__(self, speech: Speech, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setMinimumWidth(self.fontMetrics().averageCharWidth() * _LETTERS)
        self._refused = paragraph(tone=Tone.BAD)
        self._refused.hide()
        self._open = QPushButton(speech.say("&Unlock"))
        self._cancel = QPushButton(speech.say("&Cancel"))
        self.setWindowTitle(speech.say("Unlock your logins"))
        asked = label(speech.say("&Passphrase"))
        asked.setBuddy(self._field)
        self._field.setAccessibleName(speech.say("Passphrase"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        self._why = paragraph(
            speech.say(
                "Your logins are sealed on this machine. The passphrase opens them for as long "
                "as Turntable runs; it is written down nowhere."
            )
        )
        layout.addWidget(self._why)
        layout.addWidget(asked)
        layout.addWidget(self._field)
        layout.addWidget(self._refused)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._open)
        layout.addLayout(buttons)
        main_button(self._open)
        self._open.setDefault(True)
        self._open.clicked.connect(self._try)
        self._cancel.clicked.connect(self.reject)
        self._make_room()

    def _make_room(self) -> None:
        """As tall as its sentences are at its width."""
        width = self._field.minimumWidth()
        for words in (self._why, self._refused):
            words.setFixedWidth(width)
            words.setMinimumHeight(max(0, words.heightForWidth(width)))
        self.adjustSize()

    def try_it(self, given: str) -> None:
        """As if it had been typed."""
        self._field.setText(given)
        self._try()

    def _try(self) -> None:
        """An empty field asks the keyring once more: it may have been unlocked meanwhile."""
        self._open.setEnabled(False)
        given = self._field.text()
        arguments = {"passphrase": given} if given else {}
        self._ask(Perform(verb="unlock", arguments=arguments), self._answered)

    def _answered(self, answer: Answer | CoreError) -> None:
        self._open.setEnabled(True)
        if isinstance(answer, CoreError):
            self._refused.setText(f"{answer.message} {answer.hint}".strip())
            self._refused.show()
            self._make_room()
            self._field.selectAll()
            self._field.setFocus()
            return
        self._field.clear()
        self.accept()
