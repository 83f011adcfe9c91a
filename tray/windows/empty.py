"""What stands in place of a table that has nothing to show, with the one next step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tray.parts.buttons import ActionButton
from tray.parts.labels import paragraph
from tray.present.empty import Emptiness
from tray.present.tone import Tone
from tray.style import tabular
from tray.theme import GAP_LARGE, GAP_SMALL, LARGE


class EmptyView(QWidget):
    """Shows an `Emptiness`.

    Signals:
        chosen: the `Action` of a button.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Emptiness | None = None
        self._title = paragraph(size=LARGE, bold=True)
        self._text = paragraph(tone=Tone.MUTED)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(GAP_SMALL)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_LARGE)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addLayout(self._buttons)
        layout.addStretch()

    def show_empty(self, empty: Emptiness) -> None:
        """Show this from now on."""
        if empty == self._shown:
            return
        self._shown = empty
        self._title.setText(empty.title)
        self._text.setText(empty.text)
        while (item := self._buttons.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, choice in enumerate(empty.actions):
            button = ActionButton(choice, self.chosen.emit)
            if number == 0:
                button.setFont(tabular(button.font(), size=LARGE))
                button.as_main()
            self._buttons.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeading)
