"""One chart of the Usage page with its twin: the same facts as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.words.speech import Speech
from tray.parts.chart_library import ChartLibrary
from tray.parts.labels import label, paragraph, set_tone
from tray.present.charts import LineChart, PileChart
from tray.present.rows import Row
from tray.present.tone import Tone
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL, LARGE
from tray.windows.table import Rows, TableView

if TYPE_CHECKING:
    from tray.parts.plots import Plot

_ROWS = 5
"""Rows of the table in sight."""
_NO_TONE = -1


class UsageCard(QFrame):
    """A title, a sentence, a chart, a table.

    Signals:
        saving: its numbers shall be saved to a file.

    Attributes:
        title: of chart and table.
    """

    saving = Signal()

    def __init__(
        self,
        title: str,
        columns: Sequence[str],
        *,
        numbers: int,
        save: str,
        speech: Speech,
        library: ChartLibrary,
    ) -> None:
        """`numbers`: from which column on; `save`: the text of its button, with a letter."""
        super().__init__()
        self.title = title
        self._speech = speech
        self._library = library
        self._chart: LineChart | PileChart | None = None
        self._plot: Plot | None = None
        self._faded = False
        self._text = paragraph(tone=Tone.MUTED)
        self._place = QVBoxLayout()
        self._rows = Rows[Row](columns, toned=_NO_TONE, numbers=numbers)
        self._table = TableView(title, self._rows, stretched=1)
        self._save = QPushButton(save)
        self._controls = QHBoxLayout()
        self._chosen: list[QWidget] = []
        self.setProperty("role", "card")
        self._lay_out()

    def add_control(self, control: QWidget) -> None:
        """Put a choice beside the title."""
        self._controls.addWidget(control)
        self._chosen.append(control)

    def stops(self) -> tuple[QWidget, ...]:
        """Where the keyboard stops, in reading order."""
        return (*self._chosen, self._save, self._table)

    def rename_columns(self, columns: Sequence[str]) -> None:
        """What stands above the columns of the table from now on."""
        self._rows.rename(columns)

    def show_numbers(
        self, text: str, chart: LineChart | PileChart | None, rows: tuple[Row, ...]
    ) -> None:
        """Show these from now on."""
        self._tell(text, Tone.MUTED)
        self._rows.show_rows(rows)
        self._table.setVisible(bool(rows))
        self._save.setEnabled(bool(rows))
        changed, self._chart = chart != self._chart, chart
        if self._plot is not None:
            self._plot.setVisible(chart is not None)
        if changed and chart is not None:
            self._library.when_there(self, self._make, self._draw)

    def show_trouble(self, text: str) -> None:
        """Say why there is nothing to show; what was shown is taken away, for it is old."""
        self.show_numbers(text, None, ())
        self._tell(text, Tone.BAD)

    def show_waiting(self) -> None:
        """Say that the numbers are being fetched, where there are none yet."""
        if self._chart is None and not self._rows.rowCount():
            self._tell(self._speech.say("One moment…"), Tone.MUTED)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """The colours have changed: what is in sight is drawn anew, the rest when it comes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._faded = not self.isVisible()
            if not self._faded:
                self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Comes into sight; perhaps in other colours than it left."""
        super().showEvent(event)
        if self._faded:
            self._faded = False
            self._draw()

    def _tell(self, text: str, tone: Tone) -> None:
        self._text.setText(text)
        self._text.setVisible(bool(text))
        set_tone(self._text, tone)

    def _make(self) -> None:
        """The library is loaded by now."""
        from tray.parts.plots import Plot

        if self._plot is None:
            self._plot = Plot()
            self._plot.hide()
            self._place.addWidget(self._plot)

    def _draw(self) -> None:
        if self._plot is None:
            return
        told = self._speech.say("{title}, as a picture; the table says the same.", title=self.title)
        match self._chart:
            case LineChart():
                self._plot.show_lines(self._chart, told)
            case PileChart():
                self._plot.show_piles(self._chart, told)
            case None:
                return
        self._plot.show()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GAP_SMALL)
        top.addWidget(label(self.title, size=LARGE, bold=True))
        top.addStretch()
        self._controls.setSpacing(GAP_SMALL)
        top.addLayout(self._controls)
        self._save.setAutoDefault(False)
        self._save.setEnabled(False)
        self._save.clicked.connect(self.saving)
        top.addWidget(self._save)
        table = self._table
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        line = table.fontMetrics().height() + GAP_MEDIUM
        table.verticalHeader().setDefaultSectionSize(line)
        table.setFixedHeight(line * (_ROWS + 1) + 2 * GAP_MEDIUM)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        table.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        layout.addLayout(top)
        layout.addWidget(self._text)
        layout.addLayout(self._place)
        layout.addWidget(table)
