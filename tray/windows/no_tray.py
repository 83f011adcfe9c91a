"""A small window that says where Turntable is while the desktop has no tray.

It shows what the menu's head shows and opens the same menu; nothing can be done only here.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.words.speech import Speech
from tray.menu import TrayMenu
from tray.present.entries import Entry
from tray.present.notices import Notice
from tray.theme import GAP_MEDIUM, PAGE_MARGIN, PANEL_WIDTH


class NoTrayWindow(QWidget):
    """The window.

    Signals:
        chosen: the `Action` of an entry of its menu.
        opening: its menu is about to be seen.
    """

    chosen = Signal(object)
    opening = Signal()

    def __init__(self, speech: Speech) -> None:
        super().__init__()
        self._speech = speech
        self._menu = TrayMenu()
        self._menu.chosen.connect(self.chosen)
        self._menu.opening.connect(self.opening)
        self._head = _label()
        self._where = _label()
        self._told = _label()
        self._told.hide()
        self._button = QPushButton(speech.say("&Menu"))
        self._button.clicked.connect(self._open_menu)
        self.setWindowTitle("Turntable")
        self._lay_out()

    def show_status(self, icon: QIcon, tooltip: str, entries: tuple[Entry, ...]) -> None:
        """Show these from now on, whether the window is open or not."""
        if self.windowIcon().cacheKey() != icon.cacheKey():
            self.setWindowIcon(icon)
        self._head.setText(tooltip)
        self._menu.show_entries(entries)

    def bring_up(self, *, tray: bool) -> None:
        """Open the window, or bring it to the front; `tray`: whether the icon can be seen too."""
        self._where.setText(
            self._speech.say("The icon is in the tray of your desktop.")
            if tray
            else self._speech.say(
                "Your desktop shows no tray icons, so Turntable is here. Closing this window "
                "keeps it running; start Turntable again to see it."
            )
        )
        self.show()
        self.raise_()
        self.activateWindow()
        self._button.setFocus()

    def tell(self, notice: Notice) -> None:
        """Show a message in the window itself."""
        self._told.setText(notice.text)
        self._told.show()

    def close_for_good(self) -> None:
        """Take the window and its menu away."""
        self.hide()
        self._menu.close()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        for part in (self._head, self._told, self._where):
            layout.addWidget(part)
        layout.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addStretch()
        emphasis = self._head.font()
        emphasis.setBold(True)
        self._head.setFont(emphasis)
        self.setMinimumWidth(PANEL_WIDTH)

    def _open_menu(self) -> None:
        below = self._button.rect().bottomLeft()
        self._menu.widget.popup(self._button.mapToGlobal(below))


def _label() -> QLabel:
    """A label for words of others: never markup, selectable, wrapped."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
