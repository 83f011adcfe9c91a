"""Why one request went where it went: the reason, and every account's verdict."""

from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from core.words.speech import Speech
from tray.parts.labels import card, label, paragraph
from tray.present.activity import Explanation
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL


class ExplanationCard(QScrollArea):
    """Shows an `Explanation`."""

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._shown: Explanation | None = None
        self._speech = speech
        self._title = label(tone=Tone.MUTED)
        self._text = paragraph(bold=True)
        self._verdicts = QGridLayout()
        self._verdicts.setHorizontalSpacing(GAP_MEDIUM)
        self._verdicts.setVerticalSpacing(GAP_SMALL // 2)
        self._verdicts.setColumnStretch(2, 1)
        self.setAccessibleName(speech.say("Why"))
        inside = card()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_SMALL)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addLayout(self._verdicts)
        layout.addStretch()
        self.setWidget(inside)
        self.setWidgetResizable(True)

    def show_explanation(self, shown: Explanation) -> None:
        """Show this one from now on."""
        if shown == self._shown:
            return
        self._shown = shown
        self._title.setText(shown.title)
        self._text.setText(shown.text)
        while (item := self._verdicts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                _drop(widget)
        for line, (account, eligible, text) in enumerate(shown.verdicts):
            may = self._speech.say("could serve") if eligible else self._speech.say("could not")
            self._verdicts.addWidget(label(account), line, 0)
            tone = Tone.GOOD if eligible else Tone.WARN
            self._verdicts.addWidget(label(may, tone=tone), line, 1)
            self._verdicts.addWidget(paragraph(text, tone=Tone.MUTED), line, 2)


def _drop(widget: QWidget) -> None:
    widget.hide()
    widget.deleteLater()
