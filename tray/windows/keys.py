"""The keys of a list, in a dialog of their own."""

from PySide6.QtWidgets import QDialog, QGridLayout, QPushButton, QWidget

from core.words.speech import Speech
from tray.parts.labels import label
from tray.present.keys import explained
from tray.present.tone import Tone
from tray.theme import GAP_LARGE, GAP_SMALL, PAGE_MARGIN


class KeysDialog(QDialog):
    """Each key and what it does."""

    def __init__(self, parent: QWidget, speech: Speech) -> None:
        super().__init__(parent)
        self.setWindowTitle(speech.say("Keys"))
        layout = QGridLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setHorizontalSpacing(GAP_LARGE)
        layout.setVerticalSpacing(GAP_SMALL)
        known = explained(speech)
        for line, (key, does) in enumerate(known):
            layout.addWidget(label(key, bold=True), line, 0)
            layout.addWidget(label(does, tone=Tone.MUTED), line, 1)
        done = QPushButton(speech.say("&Done"))
        done.clicked.connect(self.accept)
        layout.addWidget(done, len(known), 1)
