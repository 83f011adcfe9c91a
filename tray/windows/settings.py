"""The Settings page: made from the declarations; changes apply at once and can be undone."""

from datetime import datetime

from PySide6.QtWidgets import QLineEdit, QScrollArea, QVBoxLayout, QWidget

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.buttons import ActionButton
from tray.parts.labels import card, label, paragraph, rule, set_tone
from tray.parts.order import with_clear_button
from tray.present.answer import Answer, Ask
from tray.present.entries import Action, Choice, Perform
from tray.present.settings_page import EXPLAIN, Setting, found, sections, settings, undo
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_LARGE, GAP_MEDIUM, LARGE
from tray.windows.page import Page
from tray.windows.setting_row import SettingRow


class SettingsPage(Page):
    """Every setting, by section."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Settings"))
        self._speech = speech
        self._ask = ask
        self._shown: dict[str, Setting] = {}
        self._rows: dict[str, SettingRow] = {}
        self._cards: dict[str, tuple[QWidget, QWidget, QVBoxLayout]] = {}
        self._search = QLineEdit()
        self._told = paragraph()
        self._undo: ActionButton | None = None
        self._undo_place = QVBoxLayout()
        self._column = QVBoxLayout()
        self._lay_out()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Settings are no part of the snapshot: they are asked for."""

    def opened(self) -> None:
        """Ask for the settings as they are now."""
        self._ask(EXPLAIN, self._came)

    def _came(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._tell(f"{answer.message} {answer.hint}".strip(), Tone.BAD, None)
            return
        for setting in settings(answer, speech=self._speech):
            self._shown[setting.key] = setting
            row = self._rows.get(setting.key)
            if row is None:
                self._rows[setting.key] = row = SettingRow(setting, self._speech)
                row.changed.connect(self._change)
                self._card_of(setting.key.partition(".")[0]).addWidget(row)
            row.show_setting(setting)
        self._filter(self._search.text())

    def _change(self, key: str, wish: Perform) -> None:
        before = self._shown[key]
        self._ask(wish, lambda answer: self._changed(before, answer))

    def _changed(self, before: Setting, answer: Answer | CoreError) -> None:
        row = self._rows[before.key]
        if isinstance(answer, CoreError):
            row.refuse(f"{answer.message} {answer.hint}".strip())
            return
        row.refuse("")
        said = " ".join(answer.texts("messages"))
        text = self._speech.say("{setting} was changed.", setting=before.title)
        take_back = Choice(id="undo", text=self._speech.say("Und&o"), action=undo(before))
        self._tell(f"{text} {said}".strip(), Tone.PLAIN, take_back)
        self.opened()

    def _tell(self, text: str, tone: Tone, action: Choice | None) -> None:
        self._told.setText(text)
        set_tone(self._told, tone)
        self._told.show()
        if action is not None and self._undo is None:
            self._undo = ActionButton(action, self._take_back)
            self._undo_place.addWidget(self._undo)
        if self._undo is not None:
            self._undo.setVisible(action is not None)
            if action is not None:
                self._undo.show_choice(action)

    def _take_back(self, action: Action) -> None:
        self._told.hide()
        if self._undo is not None:
            self._undo.hide()
        if isinstance(action, Perform):
            self._ask(action, self._taken_back)

    def _taken_back(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._tell(f"{answer.message} {answer.hint}".strip(), Tone.BAD, None)
            return
        self.opened()

    def _filter(self, typed: str) -> None:
        for key, row in self._rows.items():
            row.setVisible(found(self._shown[key], typed))
        for section, (heading, frame, _) in self._cards.items():
            seen = any(
                not row.isHidden()
                for key, row in self._rows.items()
                if key.partition(".")[0] == section
            )
            heading.setVisible(seen)
            frame.setVisible(seen)

    def _card_of(self, section: str) -> QVBoxLayout:
        known = self._cards.get(section)
        if known is None:
            name = sections(self._speech).get(section, section)
            heading, frame = label(name, size=LARGE, bold=True), card()
            layout = QVBoxLayout(frame)
            layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
            layout.setSpacing(GAP_MEDIUM)
            self._column.insertWidget(self._column.count() - 1, heading)
            self._column.insertWidget(self._column.count() - 1, frame)
            self._cards[section] = (heading, frame, layout)
            return layout
        known[2].addWidget(rule())
        return known[2]

    def _lay_out(self) -> None:
        self._search.setPlaceholderText(self._speech.say("Search"))
        self._search.setAccessibleName(self._speech.say("Search settings"))
        with_clear_button(self._search, self._speech.say("Clear the search"))
        self._search.textChanged.connect(self._filter)
        self.beside_the_title(self._search)
        self._told.hide()
        self.body.addWidget(self._told)
        self.body.addLayout(self._undo_place)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP_LARGE)
        self._column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        self.body.addWidget(scroll, stretch=1)
