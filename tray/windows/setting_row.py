"""One setting: its name and sentence, where the value comes from, and what changes it."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from core.words.speech import Speech
from tray.parts.labels import label, paragraph
from tray.parts.tick_box import TickBox
from tray.present.settings_page import Editor, Setting, change, reset
from tray.present.tone import Tone
from tray.theme import GAP, GAP_MEDIUM, SMALL

_NARROW, _WIDE = 16, 34
"""Average letters that a field shows."""


class SettingRow(QWidget):
    """Shows a `Setting`.

    Signals:
        changed: its key, and the `Perform` that a person wishes.
    """

    changed = Signal(str, object)

    def __init__(self, setting: Setting, speech: Speech) -> None:
        super().__init__()
        self._setting = setting
        self._editor = _editor(setting)
        self._name = label(setting.title, bold=True)
        self._name.setWordWrap(True)
        self._name.setBuddy(self._editor)
        self._help = paragraph(setting.help, tone=Tone.MUTED)
        self._source = paragraph(tone=Tone.MUTED, size=SMALL)
        self._refused = paragraph(tone=Tone.BAD)
        self._refused.hide()
        self._reset = QPushButton(speech.say("Default"))
        self._reset.setAutoDefault(False)
        self._reset.setAccessibleName(
            speech.say("{setting}: back to the default", setting=setting.title)
        )
        self._reset.clicked.connect(
            lambda: self.changed.emit(self._setting.key, reset(self._setting))
        )
        self._editor.setAccessibleName(setting.title)
        self._editor.setAccessibleDescription(setting.help)
        self._lay_out()
        self._connect()
        self.show_setting(setting)

    def show_setting(self, setting: Setting) -> None:
        """Show this value from now on; what is being typed is left alone."""
        self._setting = setting
        parts = (setting.key, setting.source, setting.limits)
        self._source.setText(setting.held or " · ".join(part for part in parts if part))
        self._reset.setVisible(setting.changed and not setting.held)
        self._editor.setEnabled(not setting.held)
        with QSignalBlocker(self._editor):
            match self._editor:
                case QCheckBox():
                    self._editor.setChecked(setting.value == "true")
                case QComboBox():
                    self._editor.setCurrentText(setting.value)
                case QLineEdit() if not self._editor.hasFocus():
                    self._editor.setText(setting.value)

    def refuse(self, text: str) -> None:
        """Say why what was typed does not count; empty takes the sentence away."""
        self._refused.setText(text)
        self._refused.setVisible(bool(text))

    def _typed(self, value: str) -> None:
        if value != self._setting.value:
            self.changed.emit(self._setting.key, change(self._setting, value))

    def _connect(self) -> None:
        match self._editor:
            case QCheckBox():
                self._editor.toggled.connect(lambda on: self._typed("true" if on else "false"))
            case QComboBox():
                self._editor.textActivated.connect(self._typed)
            case QLineEdit():
                field = self._editor
                field.editingFinished.connect(lambda: self._typed(field.text()))

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(GAP_MEDIUM)
        layout.setVerticalSpacing(GAP)
        layout.addWidget(self._name, 0, 0)
        layout.addWidget(self._help, 1, 0)
        layout.addWidget(self._source, 2, 0)
        layout.addWidget(self._refused, 3, 0)
        top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignTrailing
        layout.addWidget(self._editor, 0, 1, 2, 1, top)
        layout.addWidget(self._reset, 2, 1, top)
        layout.setColumnStretch(0, 1)


def _editor(setting: Setting) -> QWidget:
    match setting.editor:
        case Editor.FLAG:
            return TickBox()
        case Editor.CHOICE:
            box = QComboBox()
            box.addItems(setting.choices)
            return box
        case _:
            field = QLineEdit()
            letters = _NARROW if setting.editor is Editor.NUMBER else _WIDE
            field.setMinimumWidth(field.fontMetrics().averageCharWidth() * letters)
            return field
