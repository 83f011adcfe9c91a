"""A sign-in in a dialog: the page to visit, the code to type, the address to paste, the end."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.parts.labels import main_button, paragraph, set_tone
from tray.parts.qr import QrCode
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform, SignIn
from tray.present.signing_in import Stage, beginning, picture
from tray.present.tone import Tone
from tray.theme import GAP_MEDIUM, HUGE, PAGE_MARGIN

_LETTERS = 56


class SignInDialog(QDialog):
    """One sign-in, from its first step to its end; closing it ends it."""

    def __init__(
        self, speech: Speech, ask: Ask, wanted: SignIn, open_page: Callable[[str], None]
    ) -> None:
        """`open_page` shows an address in the person's browser."""
        super().__init__()
        self._open_page = open_page
        self._speech = speech
        self._ask = ask
        self._wanted = wanted
        self._session = ""
        self._shown = beginning(speech)
        self._text = paragraph()
        self._code = paragraph(size=HUGE, bold=True)
        self._qr = QrCode()
        self._address = QLineEdit()
        self._copy = QPushButton(speech.say("&Copy"))
        self._pasted = QLineEdit()
        self._go_on = QPushButton(speech.say("Go &on"))
        self._close = QPushButton(speech.say("&Cancel"))
        self.setWindowTitle(speech.say("Sign in"))
        self._lay_out()
        self._show()

    def begin(self) -> None:
        """Open, and ask for the first step."""
        self.open()
        self._ask(self._wanted.wish(), self._answered)

    def done(self, result: int) -> None:
        """Whoever closes it has ended it."""
        if self._session and not self._shown.over:
            self._ask(self._further(end=True), lambda _: None)
        self._session = ""
        super().done(result)

    def _answered(self, answer: Answer | CoreError) -> None:
        if not self.isVisible():
            return
        before = self._shown
        self._shown = picture(answer, before, way=self._wanted.way, speech=self._speech)
        self._session = answer.text("session") if isinstance(answer, Answer) else ""
        if self._shown != before:
            self._show()
            if self._shown.stage is Stage.VISIT and self._wanted.way == "browser":
                self._open_page(self._shown.address)
        if self._session and not self._waits_for_the_person():
            self._ask(self._further(), self._answered)

    def _waits_for_the_person(self) -> bool:
        pastes = self._wanted.way == "paste" and self._shown.stage is Stage.VISIT
        return pastes or self._shown.stage is Stage.WARNING

    def _further(self, *, pasted: str | None = None, end: bool = False) -> Perform:
        arguments: dict[str, JsonValue] = {"session": self._session}
        if pasted is not None:
            arguments["pasted"] = pasted
        if end:
            arguments["end"] = True
        return Perform(verb="login", arguments=arguments)

    def _person_goes_on(self) -> None:
        pastes = self._shown.stage is Stage.VISIT
        pasted = self._pasted.text().strip() if pastes else None
        if pasted == "":
            return
        self._go_on.setEnabled(False)
        self._ask(self._further(pasted=pasted), self._answered)

    def _show(self) -> None:
        shown = self._shown
        self._text.setText("\n\n".join(part for part in (shown.text, shown.secret) if part))
        set_tone(self._text, Tone.BAD if shown.stage is Stage.FAILED else Tone.PLAIN)
        self._code.setText(shown.code)
        self._code.setVisible(bool(shown.code))
        # The page of a code is short, and may be visited with a phone.
        self._qr.show_text(shown.address if shown.code else "")
        self._qr.setVisible(bool(shown.address and shown.code))
        self._address.setText(shown.address)
        self._address.setCursorPosition(0)
        for part in (self._address, self._copy):
            part.setVisible(bool(shown.address))
        waits = self._waits_for_the_person()
        self._pasted.setVisible(waits and shown.stage is Stage.VISIT)
        self._go_on.setVisible(waits)
        self._go_on.setEnabled(True)
        say = self._speech.say
        self._close.setText(say("&Done") if shown.over else say("&Cancel"))
        width = self._address.minimumWidth()
        self._text.setFixedWidth(width)
        self._text.setMinimumHeight(max(0, self._text.heightForWidth(width)))
        self.adjustSize()

    def _lay_out(self) -> None:
        say = self._speech.say
        self._address.setReadOnly(True)
        self._address.setMinimumWidth(self.fontMetrics().averageCharWidth() * _LETTERS)
        self._address.setAccessibleName(say("Address of the sign-in page"))
        self._pasted.setAccessibleName(say("Address that the browser ended at"))
        self._pasted.setPlaceholderText(say("Address that the browser ended at"))
        self._copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self._address.text())
        )
        self._go_on.clicked.connect(self._person_goes_on)
        self._close.clicked.connect(self.reject)
        main_button(self._go_on)
        for button in (self._copy, self._close):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self._address, stretch=1)
        row.addWidget(self._copy)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self._close)
        foot.addWidget(self._go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        layout.addWidget(self._text)
        layout.addWidget(self._code)
        layout.addLayout(row)
        layout.addWidget(self._qr, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._pasted)
        layout.addLayout(foot)
