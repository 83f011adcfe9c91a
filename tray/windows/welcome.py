"""The first run: one window, three steps, each to be skipped."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.choices import ChoiceGrid
from tray.parts.labels import again, card, code, main_button, paragraph
from tray.parts.order import reading_order
from tray.present.answer import Answer, Ask
from tray.present.entries import Action, Perform
from tray.present.health import DIFF
from tray.present.tone import Tone
from tray.present.welcome import BACKUPS, FIND, STARTUP, TOOLS, Step, look_into, steps
from tray.theme import CARD_MARGIN, GAP_LARGE, GAP_MEDIUM, GAP_SMALL, HUGE, LARGE, PAGE_MARGIN

_SIZE = (660, 720)
_COLUMNS = 2


class WelcomeWindow(QWidget):
    """Three steps.

    Signals:
        chosen: an `Action` that is not a verb: a sign-in.
        demo_wished: the made-up world shall be shown.
        closed: a person has gone through it, or away from it.
    """

    chosen = Signal(object)
    demo_wished = Signal()
    closed = Signal()

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__()
        self._speech = speech
        self._ask = ask
        self._report: StatusReport | None = None
        self._found: Answer | CoreError | None = None
        self._diff: Answer | CoreError | None = None
        self._startup: Answer | CoreError | None = None
        self._tools: dict[str, Answer | CoreError] = {}
        self._backups: Answer | CoreError | None = None
        self._done_so_far = paragraph()
        self._done_so_far.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._done_so_far.hide()
        self._trouble = paragraph(tone=Tone.BAD)
        self._trouble.hide()
        self._cards = tuple(_StepCard(number, self._do) for number in (1, 2, 3))
        self._inside = QWidget()
        self._scroll = QScrollArea()
        self._demo = QPushButton(speech.say("&Try it without an account"))
        self._done = QPushButton(speech.say("D&one"))
        self.setWindowTitle(speech.say("Welcome to Turntable"))
        self._lay_out()
        self.resize(*_SIZE)

    def show_status(self, report: StatusReport, icon: QIcon, now: datetime) -> None:
        """Show the steps as they stand in this snapshot."""
        del now
        if self.windowIcon().cacheKey() != icon.cacheKey():
            self.setWindowIcon(icon)
        self._report = report
        self._show()

    def bring_up(self) -> None:
        """Open, and look what there is."""
        self._look()
        self.show()
        self.raise_()
        self.activateWindow()
        self._cards[0].setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Whoever closes it has seen it."""
        event.accept()
        self.closed.emit()

    def _look(self) -> None:
        self._ask(FIND, self._found_came)
        self._ask(DIFF, self._diff_came)
        self._ask(STARTUP, self._startup_came)
        if self._report is None or not self._report.accounts:
            self._ask(BACKUPS, self._backups_came)
            for tool in TOOLS:
                self._ask(look_into(tool), partial(self._tool_came, tool))

    def _found_came(self, answer: Answer | CoreError) -> None:
        self._found = answer
        self._show()

    def _backups_came(self, answer: Answer | CoreError) -> None:
        self._backups = answer
        self._show()

    def _tool_came(self, tool: str, answer: Answer | CoreError) -> None:
        self._tools[tool] = answer
        self._show()

    def _diff_came(self, answer: Answer | CoreError) -> None:
        self._diff = answer
        self._show()

    def _startup_came(self, answer: Answer | CoreError) -> None:
        self._startup = answer
        self._show()

    def _do(self, action: Action) -> None:
        if isinstance(action, Perform):
            self._ask(action, self._was_done)
        else:
            self.chosen.emit(action)

    def _was_done(self, answer: Answer | CoreError) -> None:
        failed = isinstance(answer, CoreError)
        if isinstance(answer, CoreError):
            self._trouble.setText(f"{answer.message} {answer.hint}".strip())
        else:
            # The recovery code is among these sentences, and is told this once: none of them goes.
            told = "\n".join((self._done_so_far.text(), *answer.texts("messages"))).strip()
            self._done_so_far.setText(told)
            self._done_so_far.setVisible(bool(told))
        self._trouble.setVisible(failed)
        self._look()

    def _show(self) -> None:
        if self._report is None:
            return
        shown = steps(
            self._report,
            found=self._found,
            diff=self._diff,
            startup=self._startup,
            speech=self._speech,
            tools=self._tools,
            backups=self._backups,
        )
        for made, step in zip(self._cards, shown, strict=True):
            made.show_step(step)
        # As wide as what stands in it: nothing is to be scrolled sideways.
        edge = self._scroll.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._inside.minimumSizeHint().width() + edge + 2 * PAGE_MARGIN)

    def _lay_out(self) -> None:
        say = self._speech.say
        inside = self._inside
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_MEDIUM)
        for made in self._cards:
            column.addWidget(made)
        column.addStretch()
        scroll = self._scroll
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(say("Three steps"))
        foot = QHBoxLayout()
        foot.addWidget(self._demo)
        foot.addStretch()
        foot.addWidget(self._done)
        main_button(self._done)
        self._demo.clicked.connect(self.demo_wished)
        self._done.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setSpacing(GAP_LARGE)
        layout.addWidget(paragraph(say("Welcome to Turntable"), size=HUGE, bold=True))
        layout.addWidget(
            paragraph(
                say(
                    "For the ChatGPT accounts that you own or may use. An independent project, "
                    "not OpenAI’s. Every step can be skipped and done later."
                ),
                tone=Tone.MUTED,
            )
        )
        layout.addWidget(scroll, stretch=1)
        layout.addWidget(self._done_so_far)
        layout.addWidget(self._trouble)
        layout.addLayout(foot)


class _StepCard(QWidget):
    """One step as a card."""

    def __init__(self, number: int, do: Callable[[Action], None]) -> None:
        super().__init__()
        self._number = number
        self._buttons = ChoiceGrid(_COLUMNS, do)
        self._buttons.setColumnStretch(_COLUMNS, 1)
        self._title = paragraph(size=LARGE, bold=True)
        self._text = paragraph(tone=Tone.MUTED)
        self._change = code()
        frame = card()
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        inside.setSpacing(GAP_SMALL)
        for part in (self._title, self._text, self._change):
            inside.addWidget(part)
        inside.addLayout(self._buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_step(self, step: Step) -> None:
        """Show the step as it stands."""
        self._title.setText(f"{self._number}  {step.title}")
        self.setAccessibleName(step.title)
        self._text.setText(step.text)
        self._change.setText("\n".join(step.change))
        self._change.setVisible(bool(step.change))
        if self._buttons.show_choices(step.actions):
            reading_order(self._buttons.buttons())
        for place, button in enumerate(self._buttons.buttons()):
            role = "main" if place == 0 and not step.done else ""
            if button.property("role") != role:
                button.setProperty("role", role)
                again(button)
