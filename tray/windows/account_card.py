"""Everything about one account, beside the table: read, act, and change what is ours to change."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.domain.policies import LARGEST_RESERVE, LARGEST_WEIGHT
from core.words.speech import Speech
from tray.parts.bars import BarWidget
from tray.parts.choices import ChoiceGrid
from tray.parts.labels import card, label, paragraph, set_tone
from tray.parts.numbers import number_field
from tray.parts.order import reading_order
from tray.present.account_actions import changed, reserved, tagged
from tray.present.account_details import AccountDetails
from tray.present.bars import Bar
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL, LARGE, SMALL

_COLUMNS = 2


class AccountCard(QScrollArea):
    """Shows `AccountDetails`.

    Signals:
        chosen: an `Action`.
    """

    chosen = Signal(object)

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._speech = speech
        self._shown: AccountDetails | None = None
        self._title = paragraph(size=LARGE, bold=True)
        self._state = paragraph()
        self._bars = QGridLayout()
        self._lines: list[_Line] = []
        self._details = paragraph(tone=Tone.MUTED)
        self._refresher = paragraph(tone=Tone.MUTED, size=SMALL)
        self._name = QLineEdit()
        self._note = QLineEdit()
        self._tags = QLineEdit()
        self._weight = number_field(1, LARGEST_WEIGHT)
        self._session = _percent(speech)
        self._week = _percent(speech)
        self._inside = card()
        self._actions = ChoiceGrid(_COLUMNS, self.chosen.emit)
        self._policies = ChoiceGrid(_COLUMNS, self.chosen.emit)
        self.setAccessibleName(speech.say("Details of the account"))
        self._lay_out()
        self._name.editingFinished.connect(lambda: self._typed("rename", self._name))
        self._note.editingFinished.connect(lambda: self._typed("note", self._note))
        self._tags.editingFinished.connect(self._tag)
        self._weight.editingFinished.connect(self._weigh)
        self._session.editingFinished.connect(self._reserve)
        self._week.editingFinished.connect(self._reserve)

    def show_details(self, shown: AccountDetails) -> None:
        """Show this account; what is being typed is left alone."""
        other = self._shown is None or self._shown.account.id != shown.account.id
        before, self._shown = self._shown, shown
        if before == shown:
            return
        self._title.setText(shown.title)
        words = (shown.row.plan, shown.row.state, shown.row.age)
        self._state.setText(" · ".join(part for part in words if part))
        set_tone(self._state, shown.row.tone)
        self._show_bars(shown)
        self._details.setText("\n".join(shown.row.details))
        self._refresher.setText(shown.refresher)
        for field, text in (
            (self._name, shown.account.label),
            (self._tags, shown.tags),
            (self._note, shown.account.note),
        ):
            if other or not field.hasFocus():
                field.setText(text)
        for box, kept in (
            (self._session, shown.account.reserve.session),
            (self._week, shown.account.reserve.week),
            (self._weight, shown.account.weight),
        ):
            if other or not box.hasFocus():
                box.setValue(round(kept))
        self._show_actions(shown)
        # As wide as what stands in it: nothing is to be scrolled sideways.
        edge = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._inside.minimumSizeHint().width() + edge)

    def press(self, action: str) -> None:
        """As a click on the button of this action."""
        button = self._actions.button(action) or self._policies.button(action)
        if button is not None:
            button.click()

    def first_button(self) -> QWidget:
        """Where the keyboard goes from the table."""
        return next(iter(self._actions.buttons()), self._name)

    def _typed(self, what: str, field: QLineEdit) -> None:
        if self._shown is None:
            return
        known = self._shown.account
        before = known.label if what == "rename" else known.note
        if field.text() != before:
            self.chosen.emit(changed(known, what, field.text()))

    def _tag(self) -> None:
        if self._shown is None:
            return
        wishes = tagged(self._shown.account, self._tags.text())
        if wishes is not None:
            self.chosen.emit(wishes)

    def _weigh(self) -> None:
        if self._shown is None:
            return
        known, weight = self._shown.account, self._weight.value()
        if weight != known.weight:
            self.chosen.emit(changed(known, "weight", str(weight)))

    def _reserve(self) -> None:
        if self._shown is None:
            return
        known = self._shown.account
        session, week = self._session.value(), self._week.value()
        if (session, week) != (round(known.reserve.session), round(known.reserve.week)):
            self.chosen.emit(reserved(known, session=session, week=week))

    def _show_bars(self, shown: AccountDetails) -> None:
        bars = shown.row.bars
        while len(self._lines) > len(bars):
            self._lines.pop().take_away()
        for place, bar in enumerate(bars):
            if place == len(self._lines):
                self._lines.append(_Line(bar, self._bars, place))
            self._lines[place].show_bar(bar)
        self._bars.setColumnStretch(1, 1)

    def _show_actions(self, shown: AccountDetails) -> None:
        often = self._actions.show_choices(shown.actions)
        rarely = self._policies.show_choices(shown.policies)
        if often or rarely:
            fields = (
                self._name, self._tags, self._note, self._weight, self._session, self._week
            )  # fmt: skip
            buttons = (self._actions.buttons(), self._policies.buttons())
            reading_order((self, *buttons[0], *fields, *buttons[1]))

    def _lay_out(self) -> None:
        inside = self._inside
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        self._bars.setSpacing(GAP_SMALL)
        layout.addWidget(self._title)
        layout.addWidget(self._state)
        layout.addLayout(self._bars)
        layout.addLayout(self._actions)
        layout.addWidget(self._details)
        layout.addLayout(self._form())
        layout.addLayout(self._policies)
        layout.addWidget(self._refresher)
        layout.addStretch()
        # What stands in it takes the focus; the card itself has nothing to be done with.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        self.setWidgetResizable(True)

    def _form(self) -> QFormLayout:
        say = self._speech.say
        self._tags.setPlaceholderText(say("job, client"))
        self._tags.setAccessibleDescription(say("Words, with commas between them."))
        form = QFormLayout()
        form.setSpacing(GAP_SMALL)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for text, field in (
            (say("&Name"), self._name),
            (say("Tag &list"), self._tags),
            (say("No&te"), self._note),
            (say("Sha&re by weight"), self._weight),
            (say("Sess&ion reserve"), self._session),
            (say("Wee&k reserve"), self._week),
        ):
            asked: QLabel = label(text, tone=Tone.MUTED)
            asked.setBuddy(field)
            field.setAccessibleName(text.replace("&", ""))
            form.addRow(asked, field)
        return form


class _Line:
    """One limit in the card: its name, a bar, what is left, and when it resets."""

    def __init__(self, bar: Bar, grid: QGridLayout, line: int) -> None:
        self._name = label(tone=Tone.MUTED)
        self._left = label()
        self._resets = label(tone=Tone.MUTED)
        self._bar = BarWidget(bar)
        self._parts = (self._name, self._bar, self._left, self._resets)
        for column, part in enumerate(self._parts):
            grid.addWidget(part, line, column)
            part.show()  # with the next turn it would be by itself: too late to be measured

    def show_bar(self, bar: Bar) -> None:
        self._name.setText(bar.name)
        self._bar.show_bar(bar)
        self._left.setText(bar.text)
        set_tone(self._left, Tone.WARN if bar.low else Tone.PLAIN)
        self._resets.setText(bar.resets)

    def take_away(self) -> None:
        for part in self._parts:
            part.hide()
            part.deleteLater()


def _percent(speech: Speech) -> QSpinBox:
    box = number_field(0, LARGEST_RESERVE)
    box.setSuffix(" %")
    box.setSpecialValueText(speech.say("none"))
    return box
