"""All views of the program: each is shown what `present` makes of the newest snapshot.

Only this file knows all of them. They show and ask; what they ask for goes to the bridge.
"""

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog
from shiboken6 import delete

from core.domain.errors import CoreError
from core.domain.events import Surface
from core.domain.happening import outline
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.at_login import AtLogin
from tray.bridge import Bridge
from tray.clock import utc_now
from tray.endings import Application
from tray.host import TrayPlace
from tray.icon import IconPainter
from tray.item import TrayItem
from tray.messages import Messages
from tray.outside import open_folder, open_page, start_demo
from tray.present.answer import Answer, Answered
from tray.present.entries import Action, Entry, Local, Perform, Several, SignIn
from tray.present.gauge import gauge
from tray.present.menu import menu
from tray.present.notices import Notice, between_engines, goes_on, granted, no_tray
from tray.present.panel import panel
from tray.present.tooltip import tooltip
from tray.present.undo import undo_of
from tray.remembered import Left, read_left, write_left
from tray.style import dress, scheme_wanted
from tray.theme import panel_of
from tray.waking import Waking
from tray.windows.page_name import PageName

if TYPE_CHECKING:
    from tray.panel import GlancePanel
    from tray.windows.main_window import MainWindow
    from tray.windows.welcome import WelcomeWindow

_log = logging.getLogger(__name__)

_LOOK = Perform(verb="quota")
"""Asks nobody, and makes the engine see whether it is time to."""
_TRAY_MAY_COME_MS = 5_000
"""A panel that starts at login together with us is given this long before a window opens."""
_PAGES = {
    Local.OPEN_WINDOW: None,
    Local.OPEN_ACCOUNTS: PageName.ACCOUNTS,
    Local.OPEN_ACTIVITY: PageName.ACTIVITY,
    Local.OPEN_HEALTH: PageName.HEALTH,
    Local.OPEN_MESSAGES: PageName.MESSAGES,
    Local.OPEN_SETTINGS: PageName.SETTINGS,
}
"""Which page an action opens; None: the one that was open last."""


class Face(QObject):
    """All views: shows each snapshot in all of them, carries wishes back.

    Outlives an engine of another process: the icon stays where it is while the next one is opened.
    Panel and window are loaded and made when they are first wished for: the icon waits for none
    of them, and a program that nobody opens stays small.
    """

    def __init__(self, application: Application, speech: Speech, leave: Callable[[], None]) -> None:
        super().__init__()
        self._application = application
        self._bridge: Bridge | None = None
        self._speech = speech
        self._leave = leave
        self._report: StatusReport | None = None
        self._painter = IconPainter()
        self._place = TrayPlace()
        self._item = TrayItem(self._place)
        self._at_login = AtLogin(self._ask, self)
        self._waking = Waking(self)
        self._messages = Messages(speech, self._ask, self._item.tell)
        self._window: MainWindow | None = None
        self._panel: GlancePanel | None = None
        self._welcome: WelcomeWindow | None = None
        self._dialog: QDialog | None = None
        self._stands_in = False
        self._grace = QTimer(self, interval=_TRAY_MAY_COME_MS, singleShot=True)
        self._connect()

    def follow(self, bridge: Bridge | None) -> None:
        """Show what this bridge brings from now on; None: nothing new comes."""
        self._bridge = bridge
        if bridge is not None:
            bridge.snapshot.connect(self._see)
            bridge.wish_ended.connect(self._show)
            bridge.granted.connect(self._granted)
            bridge.show_requested.connect(self._bring_up)
            bridge.notice.connect(self.tell)

    def hide(self, *, but: str = "") -> None:
        """Take everything off the screen; with a sentence the icon stays, and says that alone."""
        self._grace.stop()
        self._item.close()
        self._messages.close()
        self._remember()
        if but:
            self._report = None  # nothing is shown anew
            self._item.linger(but)
        for part in (self._window, self._panel, self._welcome):
            if part is not None:
                part.hide()

    def close(self) -> None:
        """Take everything off the screen, and out of memory before the interpreter ends."""
        self.hide()
        if self._window is not None:
            self._window.close_for_good()
        for part in (
            self._dialog,
            self._welcome,
            self._panel,
            self._window,
            self._messages,
            self._item,
            self._place,
            self,
        ):
            if part is not None:
                delete(part)

    def _connect(self) -> None:
        self._item.chosen.connect(self._choose)
        self._item.opening.connect(self._opening)
        self._at_login.changed.connect(self._show)
        self._waking.woke.connect(self._woke)
        self._item.activated.connect(self._bring_up_panel)
        self._messages.chosen.connect(self._choose)
        self._messages.opened.connect(self._bring_up_messages)
        self._messages.kept.connect(self._kept)
        self._place.came.connect(self._tray_came)
        self._place.went.connect(self._grace.start)
        self._grace.timeout.connect(self._tray_missing)
        hints = self._application.styleHints()
        hints.colorSchemeChanged.connect(self._dress)
        hints.accessibility().contrastPreferenceChanged.connect(self._dress)

    # --- showing ---------------------------------------------------------------------------------

    def _see(self, report: StatusReport) -> None:
        before, self._report = self._report, report
        self._show()
        if before is None:
            self._grace.start()
            self._welcome_newcomer(report)
        elif outline(before) != outline(report):
            self._messages.compare(before, report)

    def _show(self) -> None:
        """Show the newest snapshot as of now; views tell the desktop only what has changed."""
        if self._report is None:
            return
        now = utc_now()
        icon = self._icon(self._report, now)
        text = tooltip(self._report, speech=self._speech, now=now)
        entries = menu(self._report, speech=self._speech, now=now, at_login=self._at_login.enabled)
        self._item.show(icon, text, entries)
        if self._application.windowIcon().cacheKey() != icon.cacheKey():
            self._application.setWindowIcon(icon)
        if self._window is not None:
            self._show_window(self._window, icon, entries, now)
        if self._welcome is not None and self._welcome.isVisible():
            self._welcome.show_status(self._report, icon, now)
        if self._panel is not None and self._panel.isVisible():
            self._show_panel(self._panel)

    def _opening(self) -> None:
        """The menu is about to be seen: as of now, with what is only known when asked for."""
        self._at_login.look()
        self._show()

    def _woke(self) -> None:
        """Times are of before the sleep, and so are numbers: somebody looks again."""
        self._show()
        if self._bridge is not None:
            self._bridge.ask(_LOOK, lambda _: self._show())

    def _icon(self, report: StatusReport, now: datetime) -> QIcon:
        ground = panel_of(
            self._application.styleHints().colorScheme(),
            platform=sys.platform,
            environ=os.environ,
        )
        return self._painter.icon(gauge(report, now), ground)

    def _show_window(
        self, shown: "MainWindow", icon: QIcon, entries: tuple[Entry, ...], now: datetime
    ) -> None:
        if self._report is not None:
            shown.show_status(self._report, icon, entries, now)

    def _show_panel(self, shown: "GlancePanel") -> None:
        if self._report is not None:
            shown.show_view(panel(self._report, speech=self._speech, now=utc_now()))

    def _dress(self) -> None:
        """Colour what is open, and the icon, as the desktop asks for now."""
        if self._panel is not None or self._window is not None:
            dress(self._application, scheme_wanted())
        if self._window is not None:
            self._window.dress_again()
        self._show()

    # --- wishes ----------------------------------------------------------------------------------

    def _choose(self, action: Action) -> None:
        match action:
            case Perform() if self._bridge is not None:
                self._bridge.wish(action)
            case Perform():
                self.tell(between_engines(self._speech))
            case Several():
                for wish in action.wishes:
                    self._choose(wish)
            case SignIn():
                self._sign_in(action)
            case Local.OPEN_PANEL:
                self._bring_up_panel()
            case Local.UNLOCK:
                self._ask_passphrase()
            case Local.OPEN_LOG:
                self._open_log()
            case Local.QUIT:
                self._leave()
            case _:
                self._bring_up_window(_PAGES[action])

    def _ask(self, question: Perform, answered: Answered) -> None:
        if self._bridge is not None:
            self._bridge.ask(question, answered)
            return
        told = between_engines(self._speech)
        answered(CoreError("no_engine", told.text))

    def _granted(self, wish: Perform, answer: Answer) -> None:
        """Say what was done, where the person is looking, with what takes it back."""
        self._at_login.granted(wish, answer)
        if self._window is not None:
            self._window.wish_performed()
        before = self._report
        if self._window is None or not self._window.isVisible() or before is None:
            return
        notice = granted(answer, undo_of(wish, before), speech=self._speech)
        if notice is not None:
            self._window.tell(notice)

    def _open_log(self) -> None:
        if self._report is not None:
            open_folder(str(Path(self._report.home) / "log"))

    # --- telling ---------------------------------------------------------------------------------

    def tell(self, notice: Notice) -> None:
        """Where the person is looking, else as a message of the desktop."""
        self._messages.keep(notice)
        if self._window is not None and self._window.isVisible():
            self._window.tell(notice)
        elif self._place.exists():
            self._messages.show(notice)
        else:
            self._bring_up_window().tell(notice)

    def _kept(self, notice: Notice, at: datetime) -> None:
        if self._window is not None:
            self._window.messages.keep(notice, at, utc_now())

    # --- panel and window ------------------------------------------------------------------------

    def _bring_up(self, surface: Surface) -> None:
        if surface is Surface.PANEL:
            self._bring_up_panel()
        else:
            self._bring_up_window()

    def _bring_up_panel(self) -> None:
        if self._panel is None:
            from tray.panel import GlancePanel

            dress(self._application, scheme_wanted())
            self._panel = GlancePanel(self._speech)
            self._panel.chosen.connect(self._choose)
        self._show_panel(self._panel)
        self._panel.pop_up()

    def _bring_up_window(self, page: PageName | None = None) -> "MainWindow":
        if self._window is None:
            self._window = self._make_window()
            self._show()
        self._window.bring_up(page)
        if not self._place.exists():
            self._stands_in = True
            self._window.tell(no_tray(self._speech))
        return self._window

    def _bring_up_messages(self) -> None:
        self._bring_up_window(PageName.MESSAGES)

    def _make_window(self) -> "MainWindow":
        from tray.windows.main_window import MainWindow

        dress(self._application, scheme_wanted())
        made = MainWindow(self._speech, self._ask)
        made.chosen.connect(self._choose)
        made.opening.connect(self._opening)
        made.closed.connect(self._closed)
        left = self._left()
        made.restore(left.geometry, left.page)
        now = utc_now()
        for notice, at in self._messages.told:
            made.messages.keep(notice, at, now)
        return made

    def _closed(self) -> None:
        """Closing does not quit; a person is told so once."""
        self._remember()
        left = self._left()
        if self._place.exists() and not left.told_goes_on:
            self._messages.show(goes_on(self._speech))
            self._write(replace(left, told_goes_on=True))

    def _left(self) -> Left:
        return Left() if self._report is None else read_left(Path(self._report.home))

    def _remember(self) -> None:
        if self._window is not None and self._window.isVisible():
            page = self._window.page()
            kept = replace(self._left(), geometry=self._window.geometry_kept(), page=page)
            self._write(kept)

    def _write(self, left: Left) -> None:
        if self._report is None:
            return
        try:
            write_left(Path(self._report.home), left)
        except OSError as error:
            _log.info("how the window was left is not kept: %s", error)

    def _ask_passphrase(self) -> None:
        from tray.dialogs.passphrase import PassphraseDialog

        dress(self._application, scheme_wanted())
        self._dialog = asking = PassphraseDialog(self._speech, self._ask)
        asking.open()

    def _sign_in(self, wanted: SignIn) -> None:
        from tray.dialogs.sign_in import SignInDialog

        dress(self._application, scheme_wanted())
        self._dialog = signing = SignInDialog(self._speech, self._ask, wanted, open_page)
        signing.begin()

    def _welcome_newcomer(self, report: StatusReport) -> None:
        """Three steps at the very first start; whoever closes them is not asked again."""
        if report.accounts or report.vault.locked or self._left().welcomed:
            return
        from tray.windows.welcome import WelcomeWindow

        dress(self._application, scheme_wanted())
        self._welcome = WelcomeWindow(self._speech, self._ask)
        self._welcome.closed.connect(self._welcomed)
        self._welcome.demo_wished.connect(start_demo)
        self._welcome.chosen.connect(self._choose)
        self._welcome.bring_up()
        self._show()

    def _welcomed(self) -> None:
        self._write(replace(self._left(), welcomed=True))

    # --- the tray's place ------------------------------------------------------------------------

    def _tray_missing(self) -> None:
        if not self._place.exists():
            self._bring_up_window()

    def _tray_came(self) -> None:
        """The icon is where it belongs: the window that stood in for it goes."""
        self._grace.stop()
        if self._window is not None and self._stands_in:
            self._window.hide()
        self._stands_in = False
