"""The Health page: how Codex is routed, and what the doctor finds."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.parts.buttons import ActionButton
from tray.parts.labels import card, code, label, paragraph, rule, set_tone
from tray.parts.order import reading_order
from tray.parts.saving import ask_where
from tray.parts.symbols import symbol, symbol_size
from tray.present.answer import Answer, Ask
from tray.present.entries import Action, Perform
from tray.present.health import (
    DIFF,
    EXAMINE,
    BindView,
    FindingRow,
    bind_view,
    findings,
    summary,
)
from tray.present.notices import failure, granted
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_LARGE, GAP_MEDIUM, GAP_SMALL, SMALL
from tray.windows.client_card import ClientCard
from tray.windows.page import Page
from tray.windows.table import tone_color


class HealthPage(Page):
    """The bind as a diff, and the findings with their fixes."""

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__(speech.say("Health"))
        self._speech = speech
        self._ask = ask
        self._report: StatusReport | None = None
        self._bind: BindView | None = None
        self._diff: Answer | None = None
        self._asked = False
        self._bind_text = paragraph(bold=True)
        self._home = paragraph(tone=Tone.MUTED, size=SMALL)
        self._change = code()
        self._summary = paragraph(bold=True)
        self._again = QPushButton(speech.say("Check &again"))
        self._again.setAutoDefault(False)
        self._again.clicked.connect(self._examine)
        self._rows = QVBoxLayout()
        self._clients = ClientCard(speech, ask, self.told.emit)
        self._scroll = QScrollArea()
        self._bundle = QPushButton(speech.say("Support b&undle…"))
        self._saving: QFileDialog | None = None
        self._now: datetime | None = None
        self._lay_out()

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Show how Codex is routed now; a change of it is looked into."""
        before, self._report = self._report, report
        self._now = now
        self._show_bind()
        moved = before is not None and before.bind != report.bind
        if moved and self.isVisible():
            self.opened()

    def opened(self) -> None:
        """Look anew."""
        self._examine()
        self._ask(DIFF, self._diff_came)
        if self._now is not None:
            self._clients.opened(self._now)

    def _ask_where(self) -> None:
        title = self._speech.say("What helps to find a fault; no login, no e-mail, no name")
        self._saving = ask_where(self, title, "turntable-bundle", ("zip",), self._write_bundle)

    def _write_bundle(self, path: Path) -> None:
        wish = Perform(verb="bundle", arguments={"file": str(path)})
        self._ask(wish, self._bundled)

    def _bundled(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self.told.emit(failure(answer))
        elif (notice := granted(answer, None, speech=self._speech)) is not None:
            self.told.emit(notice)

    def _examine(self) -> None:
        if self._asked:
            return
        self._asked = True
        self._again.setEnabled(False)
        self._summary.setText(self._speech.say("Looking…"))
        set_tone(self._summary, Tone.MUTED)
        self._ask(EXAMINE, self._found)

    def _found(self, answer: Answer | CoreError) -> None:
        self._asked = False
        self._again.setEnabled(True)
        if isinstance(answer, CoreError):
            self._summary.setText(f"{answer.message} {answer.hint}".strip())
            set_tone(self._summary, Tone.BAD)
            return
        rows = findings(answer, speech=self._speech)
        text, tone = summary(rows, speech=self._speech)
        self._summary.setText(text)
        set_tone(self._summary, tone)
        self._show_rows(rows)

    def _diff_came(self, answer: Answer | CoreError) -> None:
        self._diff = None if isinstance(answer, CoreError) else answer
        self._show_bind()

    def _show_bind(self) -> None:
        if self._report is None:
            return
        shown = bind_view(self._report, self._diff, speech=self._speech)
        if shown == self._bind:
            return
        self._bind = shown
        self._bind_text.setText(shown.text)
        set_tone(self._bind_text, shown.tone)
        self._home.setText(shown.home)
        self._change.setText("\n".join(shown.diff))
        self._change.setVisible(bool(shown.diff))

    def _show_rows(self, rows: tuple[FindingRow, ...]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, row in enumerate(rows):
            if number:
                self._rows.addWidget(rule())
            self._rows.addWidget(_Finding(row, self._fix))
        fixes = self._scroll.findChildren(ActionButton)
        reading_order((self._again, self._scroll, *fixes))

    def _fix(self, action: Action) -> None:
        """A fix answers with the findings as they are afterwards; all are looked at again."""
        if isinstance(action, Perform):
            self._ask(action, self._fixed)

    def _fixed(self, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self.told.emit(failure(answer))
        self._examine()

    def _lay_out(self) -> None:
        self._change.setAccessibleDescription(self._speech.say("What routing Codex changes"))
        self._bundle.setAutoDefault(False)
        self._bundle.clicked.connect(self._ask_where)
        self.beside_the_title(self._bundle)
        self.beside_the_title(self._again)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_LARGE)
        bind = _card(column)
        bind.addWidget(self._bind_text)
        bind.addWidget(self._home)
        bind.addWidget(self._change)
        found = _card(column)
        found.addWidget(self._summary)
        self._rows.setSpacing(GAP_MEDIUM)
        found.addLayout(self._rows)
        column.addWidget(self._clients)
        column.addStretch()
        scroll = self._scroll
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.title)
        self.body.addWidget(scroll, stretch=1)


class _Finding(QWidget):
    """One line: how it stands as a symbol and as a word, what was found, and its fix."""

    def __init__(self, row: FindingRow, fix: Callable[[Action], None]) -> None:
        super().__init__()
        self.setAccessibleName(f"{row.title}: {row.state}. {row.text}")
        sign = QLabel()
        size = symbol_size(sign.fontMetrics())
        sign.setPixmap(symbol(row.symbol, tone_color(row.tone)).pixmap(size, size))
        sign.setAccessibleName(row.state)
        sign.setToolTip(row.state)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(GAP_MEDIUM)
        layout.setVerticalSpacing(GAP_SMALL // 2)
        layout.addWidget(sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label(row.title, bold=True), 0, 1)
        layout.addWidget(paragraph(row.text, tone=Tone.MUTED), 1, 1)
        layout.setColumnStretch(1, 1)
        if row.fix is not None:
            button = ActionButton(row.fix, fix)
            button.setAccessibleName(f"{row.fix.text}: {row.title}")
            button.setAccessibleDescription(row.fix_text)
            layout.addWidget(paragraph(row.fix_text), 2, 1)
            layout.addWidget(button, 3, 1, Qt.AlignmentFlag.AlignLeading)


def _card(column: QVBoxLayout) -> QVBoxLayout:
    frame = card()
    column.addWidget(frame)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
    layout.setSpacing(GAP_MEDIUM)
    return layout
