"""The one window: a list of pages, the page, and a line for what just happened."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QByteArray, QEvent, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.menu import TrayMenu
from tray.parts.buttons import ActionButton
from tray.parts.labels import paragraph
from tray.parts.order import reading_order
from tray.parts.symbols import symbol
from tray.present.answer import Ask
from tray.present.entries import Entry
from tray.present.headline import details, headline
from tray.present.health import bind_view
from tray.present.notices import Notice
from tray.present.tone import Tone
from tray.style import colors_in_force
from tray.theme import GAP_LARGE, GAP_MEDIUM, GAP_SMALL, SMALL, WINDOW_SIZE
from tray.windows.accounts import AccountsPage
from tray.windows.activity import ActivityPage
from tray.windows.banner import Banner
from tray.windows.health import HealthPage
from tray.windows.messages import MessagesPage
from tray.windows.page import Page
from tray.windows.page_list import PageList
from tray.windows.page_name import PageName
from tray.windows.rules import RulesPage
from tray.windows.settings import SettingsPage
from tray.windows.usage import UsagePage

_LETTERS = 22
"""Average letters that the list of pages is wide."""


class MainWindow(QWidget):
    """All pages.

    Signals:
        chosen: an `Action`.
        opening: its menu is about to be seen.
        closed: a person closed it; the program goes on.
    """

    chosen = Signal(object)
    opening = Signal()
    closed = Signal()

    def __init__(self, speech: Speech, ask: Ask) -> None:
        super().__init__()
        self._speech = speech
        self.messages = MessagesPage(speech)
        self.pages: dict[PageName, Page] = {
            PageName.ACCOUNTS: AccountsPage(speech, ask),
            PageName.ACTIVITY: ActivityPage(speech, ask),
            PageName.USAGE: UsagePage(speech, ask),
            PageName.RULES: RulesPage(speech, ask),
            PageName.HEALTH: HealthPage(speech, ask),
            PageName.MESSAGES: self.messages,
            PageName.SETTINGS: SettingsPage(speech, ask),
        }
        self._latest: tuple[StatusReport, datetime] | None = None
        self._entries: tuple[Entry, ...] = ()
        self._list = PageList(speech.say("Pages"))
        self._stack = QStackedWidget()
        self._banner = Banner(speech)
        self._head = paragraph(bold=True)
        self._below = paragraph(tone=Tone.MUTED, size=SMALL)
        self._route: ActionButton | None = None
        self._side = QVBoxLayout()
        self._menu = TrayMenu()
        self._menu.chosen.connect(self.chosen)
        self._menu.opening.connect(self._menu_opens)
        self._menu_button = QPushButton(speech.say("&Menu"))
        self._menu_button.setAutoDefault(False)
        self.setObjectName("main-window")
        self.setWindowTitle("Turntable")
        self._lay_out()
        self._list.currentRowChanged.connect(self._turn)
        self._list.setCurrentRow(0)
        self.resize(*WINDOW_SIZE)

    def show_status(
        self, report: StatusReport, icon: QIcon, entries: tuple[Entry, ...], now: datetime
    ) -> None:
        """Show this snapshot: now what is in sight, the rest when somebody looks at it."""
        self._latest = (report, now)
        self._entries = entries
        if self.menu_is_open():
            self._menu.show_entries(entries)
        if self.windowIcon().cacheKey() != icon.cacheKey():
            self.setWindowIcon(icon)
        self._catch_up_in_sight()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """It may come back from being minimised."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._catch_up_in_sight()

    def bring_up(self, page: PageName | None = None) -> None:
        """Open the window, or bring it to the front; on this page, if one is named."""
        if page is not None:
            self._list.setCurrentRow(list(self.pages).index(page))
        was_visible = self.isVisible()
        self._catch_up()
        self.show()
        self.raise_()
        self.activateWindow()
        if page is not None or not was_visible:
            self._list.setFocus()  # else somebody may be typing
        if not was_visible:
            self._open().opened()

    def wish_performed(self) -> None:
        """A wish was performed: the page in sight asks again for what is in no snapshot."""
        self._open().wish_performed()

    def tell(self, notice: Notice) -> None:
        """Say it at the top of the window."""
        self._banner.tell(notice)

    def dress_again(self) -> None:
        """The colours have changed: draw the symbols anew."""
        for number, name in enumerate(self.pages):
            self._list.show_symbol(number, symbol(name, colors_in_force().text))

    def menu_is_open(self) -> bool:
        """Whether the tray's menu is open in the window."""
        return self._menu.widget.isVisible()

    def page(self) -> PageName:
        """The page in sight."""
        return list(self.pages)[max(self._list.currentRow(), 0)]

    def geometry_kept(self) -> str:
        """Place and size, as `restore` takes them."""
        return self.saveGeometry().toHex().toStdString()

    def restore(self, geometry: str, page: str) -> None:
        """As it was left; what cannot be read is passed over."""
        if geometry:
            self.restoreGeometry(QByteArray.fromHex(QByteArray(geometry.encode("ascii", "ignore"))))
        if page in set(PageName):
            self._list.setCurrentRow(list(self.pages).index(PageName(page)))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing hides; the program is left by Quit."""
        event.accept()
        self.closed.emit()

    def close_for_good(self) -> None:
        """Take the window and its menu away."""
        self.hide()
        self._menu.close()

    def _catch_up_in_sight(self) -> None:
        """A window that nobody sees waits for being brought up."""
        if self.isVisible() and not self.isMinimized():
            self._catch_up()

    def _catch_up(self) -> None:
        """Bring the page and what stands beside it in step with the newest snapshot."""
        if self._latest is None:
            return
        report, now = self._latest
        self._head.setText(headline(report, speech=self._speech, now=now))
        self._below.setText(details(report, speech=self._speech, now=now))
        toggle = bind_view(report, None, speech=self._speech).toggle
        if self._route is None:
            self._route = ActionButton(toggle, self.chosen.emit)
            self._side.insertWidget(self._side.count() - 1, self._route)
            reading_order((self._list, self._route, self._menu_button))
        self._route.show_choice(toggle)
        self._open().show_report(report, now)

    def _open_menu(self) -> None:
        self._menu.show_entries(self._entries)
        place = self._menu_button.rect().topLeft()
        self._menu.widget.popup(self._menu_button.mapToGlobal(place))

    def _menu_opens(self) -> None:
        """Whoever hears it shows a snapshot as of now; the menu is the first to need it."""
        self.opening.emit()
        self._menu.show_entries(self._entries)

    def _open(self) -> Page:
        return list(self.pages.values())[max(self._list.currentRow(), 0)]

    def _turn(self, row: int) -> None:
        self._stack.setCurrentIndex(row)
        self._catch_up_in_sight()
        if self.isVisible():
            self._open().opened()

    def _lay_out(self) -> None:
        for number, page in enumerate(self.pages.values(), 1):
            self._list.add(page.title)
            self._stack.addWidget(page)
            page.chosen.connect(self.chosen)
            page.told.connect(self.tell)
            key = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            key.activated.connect(partial(self._list.setCurrentRow, number - 1))
        self._banner.chosen.connect(self.chosen)
        self.dress_again()
        side = QWidget()
        side.setFixedWidth(self.fontMetrics().averageCharWidth() * _LETTERS + 4 * GAP_LARGE)
        self._side = QVBoxLayout(side)
        self._side.setContentsMargins(GAP_MEDIUM, GAP_LARGE, GAP_MEDIUM, GAP_LARGE)
        self._side.setSpacing(GAP_SMALL)
        self._side.addWidget(self._list, stretch=1)
        self._side.addWidget(self._head)
        self._side.addWidget(self._below)
        self._menu_button.clicked.connect(self._open_menu)
        self._side.addWidget(self._menu_button)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._banner)
        right.addWidget(self._stack, stretch=1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addLayout(right, stretch=1)
