"""The Messages page: what was told while the program runs, with what can be done about it."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.buttons import ActionButton
from tray.parts.labels import card, label, paragraph
from tray.present.empty import no_messages
from tray.present.notices import Notice
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL, SMALL
from tray.windows.empty import EmptyView
from tray.windows.page import Page

KEPT = 100


class MessagesPage(Page):
    """The newest first."""

    def __init__(self, speech: Speech) -> None:
        super().__init__(speech.say("Messages"))
        self._speech = speech
        self._told: list[QWidget] = []
        self._column = QVBoxLayout()
        self._stack = QStackedWidget()
        self._lay_out()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Messages stand as they were told."""

    def keep(self, notice: Notice, at: datetime, now: datetime) -> None:
        """Put a message on top of the list."""
        made = self._card(notice, self._speech.stamp(at, now))
        self._column.insertWidget(0, made)
        self._told.insert(0, made)
        for old in self._told[KEPT:]:
            old.hide()
            old.deleteLater()
        del self._told[KEPT:]
        self._stack.setCurrentIndex(1)

    def _card(self, notice: Notice, when: str) -> QWidget:
        made = card()
        made.setAccessibleName(f"{notice.title}: {notice.text}")
        layout = QVBoxLayout(made)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_SMALL)
        top = QHBoxLayout()
        tone = Tone.BAD if notice.trouble else Tone.PLAIN
        top.addWidget(paragraph(notice.title, bold=True, tone=tone), stretch=1)
        top.addWidget(label(when, tone=Tone.MUTED, size=SMALL))
        layout.addLayout(top)
        layout.addWidget(paragraph(notice.text))
        if notice.actions:
            row = QHBoxLayout()
            for choice in notice.actions:
                row.addWidget(ActionButton(choice, self.chosen.emit))
            row.addStretch()
            layout.addLayout(row)
        return made

    def _lay_out(self) -> None:
        empty = EmptyView()
        empty.show_empty(no_messages(speech=self._speech))
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP_MEDIUM)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        self._stack.addWidget(empty)
        self._stack.addWidget(scroll)
        self.body.addWidget(self._stack, stretch=1)
