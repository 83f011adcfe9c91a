"""A card of the Rules page: what there is as a table, and below it what changes it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QMargins, QModelIndex, QSize, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from tray.parts.labels import label, paragraph, set_tone
from tray.present.entries import Perform
from tray.present.rows import Row
from tray.present.tone import Tone
from tray.style import CELL_PADDING
from tray.theme import CARD_MARGIN, GAP_MEDIUM, GAP_SMALL, LARGE
from tray.windows.table import Index, Rows, TableView

_MOST_ROWS = 8
_COLUMNS = 2
_LEAST_LETTERS = 12
"""Letters of a choice that are always in sight."""
_LETTERS = 44
"""Average letters that a field is wide at most."""


class EditCard(QFrame):
    """A title, a sentence, a table, fields and buttons.

    Signals:
        wished: a `Perform`.
    """

    wished = Signal(object)

    def __init__(self, title: str, columns: Sequence[str], *, toned: int, stretched: int) -> None:
        """`toned` is the column that wears the row's tone, `stretched` the one with the room."""
        super().__init__()
        self.setProperty("role", "card")
        self._text = paragraph(tone=Tone.MUTED)
        self._rows = Rows[Row](columns, toned=toned)
        self._table = TableView(title, self._rows, stretched=stretched)
        self._form = QFormLayout()
        self._buttons = QGridLayout()
        self._of_row: list[QPushButton] = []
        self._asking: list[tuple[QPushButton, str]] = []
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        layout.addWidget(label(title, size=LARGE, bold=True))
        layout.addWidget(self._text)
        layout.addWidget(self._table)
        layout.addLayout(self._form)
        layout.addLayout(self._buttons)
        self._form.setSpacing(GAP_SMALL)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._buttons.setSpacing(GAP_SMALL)
        self._buttons.setColumnStretch(_COLUMNS, 1)
        self._table.setWordWrap(True)
        self._cell = _WrappedCell()
        self._table.setItemDelegate(self._cell)
        self._table.verticalHeader().setMinimumSectionSize(self._line())
        self._table.selectionModel().currentRowChanged.connect(self._moved)
        # Other widths wrap other words; a card knows its columns' only when they are shared out.
        self._table.horizontalHeader().sectionResized.connect(self._make_room)

    def show_rows(self, text: str, rows: tuple[Row, ...]) -> None:
        """Show these from now on; what is selected stays selected, where it is still there."""
        before = self.selected()
        self._text.setText(text)
        self._text.setVisible(bool(text))
        set_tone(self._text, Tone.MUTED)
        self._rows.show_rows(rows)
        self._table.setVisible(bool(rows))
        self._make_room()
        place = self._rows.place(before)
        if place is not None and place != self._table.currentIndex().row():
            self._table.selectRow(place)
        self._enable()

    def show_trouble(self, text: str) -> None:
        """Say why there is nothing to show."""
        self.show_rows(text, ())
        set_tone(self._text, Tone.BAD)

    def selected(self) -> str:
        """The id of the selected row; empty for none."""
        index = self._table.currentIndex()
        return self._rows.row(index).id if index.isValid() else ""

    def field(self, name: str, hint: str = "") -> QLineEdit:
        """One more field, where something is typed."""
        made = QLineEdit()
        made.setPlaceholderText(hint)
        self._add(name, made)
        return made

    def choice(self, name: str) -> QComboBox:
        """One more field, where something is chosen."""
        made = QComboBox()
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(_LEAST_LETTERS)
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._add(name, made)
        return made

    def add_field(self, name: str, field: QWidget) -> None:
        """One more field, of another kind."""
        self._add(name, field)

    def button(
        self,
        text: str,
        wish: Callable[[], Perform | None],
        *,
        of_row: bool = False,
        sure: str = "",
    ) -> QPushButton:
        """One more button.

        Args:
            text: on it, with its letter.
            wish: what it does; None = something is missing yet.
            of_row: it is about the selected row.
            sure: what the button asks before it does what nothing takes back; the next click
                does it, another row takes the question away.
        """
        made = QPushButton(text)
        made.setAutoDefault(False)
        if sure:
            self._asking.append((made, text))
        made.clicked.connect(lambda: self._clicked(made, wish, sure))
        if of_row:
            self._of_row.append(made)
            made.setEnabled(False)
        line, column = divmod(self._buttons.count(), _COLUMNS)
        self._buttons.addWidget(made, line, column)
        return made

    def add_below(self, widget: QWidget) -> None:
        """Put a widget below the buttons."""
        self._column.addWidget(widget)

    def _clicked(self, button: QPushButton, wish: Callable[[], Perform | None], sure: str) -> None:
        if sure and button.text() != sure:
            self._ask_nothing()
            button.setText(sure)
            return
        self._ask_nothing()
        made = wish()
        if made is not None:
            self.wished.emit(made)

    def _ask_nothing(self) -> None:
        for button, text in self._asking:
            button.setText(text)

    def _add(self, name: str, field: QWidget) -> None:
        field.setAccessibleName(name)
        field.setMaximumWidth(self.fontMetrics().averageCharWidth() * _LETTERS)
        asked = label(name, tone=Tone.MUTED)
        asked.setBuddy(field)
        self._form.addRow(asked, field)

    def _make_room(self) -> None:
        """The table is as high as its rows, up to `_MOST_ROWS`; words that are long wrap."""
        self._table.fit_rows()
        shown = min(self._rows.rowCount(), _MOST_ROWS)
        rows = sum(self._table.rowHeight(number) for number in range(shown))
        self._table.setFixedHeight(rows + self._line() + 2 * GAP_MEDIUM)

    def _moved(self, current: QModelIndex) -> None:
        self._ask_nothing()
        self._enable()
        if current.isValid():
            self.row_chosen(self._rows.row(current).id)

    def row_chosen(self, id_: str) -> None:
        """A row was selected; cards that show more of it do so here."""

    def _enable(self) -> None:
        for made in self._of_row:
            made.setEnabled(bool(self.selected()))

    def _line(self) -> int:
        return self._table.fontMetrics().height() + GAP_MEDIUM


def offer(box: QComboBox, entries: Sequence[tuple[str, str]]) -> None:
    """Offer these (what is meant, and its name); what is chosen stays chosen."""
    if [(box.itemData(n), box.itemText(n)) for n in range(box.count())] == list(entries):
        return
    before = box.currentData()
    box.clear()
    for meant, name in entries:
        box.addItem(name, meant)
    box.setCurrentIndex(max(0, box.findData(before)))


class _WrappedCell(QStyledItemDelegate):
    """A cell whose words wrap where they will be drawn."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """As high as its words, apart from those of the next row.

        Qt measures them without the padding of the style sheet.
        """
        if option.rect.width() > 2 * CELL_PADDING:
            option.rect.setWidth(option.rect.width() - 2 * CELL_PADDING)
        return super().sizeHint(option, index).grownBy(QMargins(0, 0, 0, GAP_SMALL))
