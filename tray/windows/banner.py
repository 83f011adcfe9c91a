"""A line at the top of the window that says what just happened, and can be sent away."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from core.words.speech import Speech
from tray.parts.buttons import ActionButton
from tray.parts.labels import paragraph, set_tone
from tray.present.entries import Action
from tray.present.notices import Notice
from tray.present.tone import Tone
from tray.theme import GAP_MEDIUM, GAP_SMALL, PAGE_MARGIN


class Banner(QFrame):
    """Shows one `Notice` at a time.

    Signals:
        chosen: an `Action` of the notice.
    """

    chosen = Signal(object)

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._text = paragraph()
        self._actions = QHBoxLayout()
        self._actions.setSpacing(GAP_SMALL)
        self._away = QPushButton(speech.say("&Dismiss"))
        self._away.setAutoDefault(False)
        self._away.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, GAP_SMALL, PAGE_MARGIN, GAP_SMALL)
        layout.setSpacing(GAP_MEDIUM)
        layout.addWidget(self._text, stretch=1)
        layout.addLayout(self._actions)
        layout.addWidget(self._away)
        self.setProperty("role", "banner")
        self.hide()

    def tell(self, notice: Notice) -> None:
        """Show this one from now on."""
        self._text.setText(notice.text)
        self.setAccessibleName(notice.text)
        set_tone(self._text, Tone.BAD if notice.trouble else Tone.PLAIN)
        while (item := self._actions.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                _drop(widget)
        for choice in notice.actions:
            self._actions.addWidget(ActionButton(choice, self._choose))
        self.show()

    def _choose(self, action: Action) -> None:
        self.hide()
        self.chosen.emit(action)


def _drop(widget: QWidget) -> None:
    widget.hide()
    widget.deleteLater()
