"""Says why the engine did not start, to somebody who has no terminal to read it in."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout

from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.parts.labels import main_button, paragraph
from tray.present.tone import Tone
from tray.theme import GAP_MEDIUM, LARGE, PAGE_MARGIN

_LETTERS = 56


class StartFailedDialog(QDialog):
    """What happened, what was kept, what to do next; and once more.

    Signals:
        again: it shall be tried once more.
        given_up: the program shall end.
    """

    again = Signal()
    given_up = Signal()

    def __init__(self, error: CoreError, speech: Speech) -> None:
        super().__init__()
        self._again = QPushButton(speech.say("&Try again"))
        self._close = QPushButton(speech.say("&Close"))
        self.setWindowTitle(speech.say("Turntable did not start"))
        words = [
            paragraph(speech.say("Turntable did not start"), size=LARGE, bold=True),
            paragraph(speech.retell(error.message)),
        ]
        if error.hint:
            words.append(paragraph(speech.retell(error.hint)))
        words.append(
            paragraph(
                speech.say("Codex works as before, with its own login; nothing was routed."),
                tone=Tone.MUTED,
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        width = self.fontMetrics().averageCharWidth() * _LETTERS
        for part in words:
            part.setFixedWidth(width)
            part.setMinimumHeight(max(0, part.heightForWidth(width)))
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(part)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._close)
        buttons.addWidget(self._again)
        layout.addLayout(buttons)
        main_button(self._again)
        self._close.setAutoDefault(False)
        self._again.setDefault(True)
        self._again.setFocus()
        self._again.clicked.connect(self.again)
        self._close.clicked.connect(self.reject)
        self.rejected.connect(self.given_up)
