"""All views of the program: each is shown what `present` makes of the newest snapshot.

Only this file knows all of them. They show and ask; what they ask for goes to the bridge.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QDateTime, QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from shiboken6 import delete

from core.domain.events import Surface
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.bridge import Bridge
from tray.endings import Application
from tray.host import TrayPlace
from tray.icon import IconPainter
from tray.item import TrayItem
from tray.panel import GlancePanel
from tray.present.entries import Action, Local, Perform
from tray.present.gauge import gauge
from tray.present.menu import menu
from tray.present.notices import Notice, between_engines, running_here
from tray.present.panel import panel
from tray.present.tooltip import tooltip
from tray.style import colors_in_force, dress
from tray.theme import panel_of
from tray.windows.no_tray import NoTrayWindow

_TRAY_MAY_COME_MS = 5_000
"""A panel that starts at login together with us is given this long before a window opens."""


class Face(QObject):
    """All views: shows each snapshot in all of them, carries wishes back.

    Outlives an engine of another process: the icon stays where it is while the next one is opened.
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
        self._window = NoTrayWindow(speech)
        self._panel: GlancePanel | None = None
        self._grace = QTimer(self, interval=_TRAY_MAY_COME_MS, singleShot=True)
        self._connect()

    def follow(self, bridge: Bridge | None) -> None:
        """Show what this bridge brings from now on; None: nothing new comes."""
        self._bridge = bridge
        if bridge is not None:
            bridge.snapshot.connect(self._see)
            bridge.wish_ended.connect(self._show)
            bridge.show_requested.connect(self._bring_up)
            bridge.notice.connect(self._tell)

    def hide(self) -> None:
        """Take everything off the screen."""
        self._grace.stop()
        self._item.close()
        self._window.hide()
        if self._panel is not None:
            self._panel.hide()

    def close(self) -> None:
        """Take everything off the screen, and out of memory before the interpreter ends."""
        self.hide()
        self._window.close_for_good()
        for part in (self._panel, self._window, self._item, self._place, self):
            if part is not None:
                delete(part)

    def _connect(self) -> None:
        for view in (self._item, self._window):
            view.chosen.connect(self._choose)
            view.opening.connect(self._show)
        self._item.activated.connect(self._bring_up_panel)
        self._place.came.connect(self._tray_came)
        self._place.went.connect(self._grace.start)
        self._grace.timeout.connect(self._tray_missing)
        self._application.styleHints().colorSchemeChanged.connect(self._dress)

    def _see(self, report: StatusReport) -> None:
        first = self._report is None
        self._report = report
        self._show()
        if first:
            self._grace.start()

    def _show(self) -> None:
        """Show the newest snapshot as of now; views tell the desktop only what has changed."""
        if self._report is None:
            return
        now = _utc_now()
        panel = panel_of(
            self._application.styleHints().colorScheme(),
            platform=sys.platform,
            environ=os.environ,
        )
        icon = self._painter.icon(gauge(self._report, now), panel)
        text = tooltip(self._report, speech=self._speech, now=now)
        entries = menu(self._report, speech=self._speech, now=now)
        self._item.show(icon, text, entries)
        self._window.show_status(icon, text, entries)
        if self._panel is not None and self._panel.isVisible():
            self._show_panel(self._panel)

    def _show_panel(self, shown: GlancePanel) -> None:
        if self._report is not None:
            shown.show_view(panel(self._report, speech=self._speech, now=_utc_now()))

    def _dress(self) -> None:
        """Colour what is open, and the icon, as the desktop asks for now."""
        if self._panel is not None:
            dress(self._application, colors_in_force())
        self._show()

    def _choose(self, action: Action) -> None:
        match action:
            case Perform() if self._bridge is not None:
                self._bridge.wish(action)
            case Perform():
                self._tell(between_engines(self._speech))
            case Local.OPEN_WINDOW:
                self._bring_up_window()
            case Local.OPEN_PANEL:
                self._bring_up_panel()
            case Local.OPEN_LOG:
                self._open_log()
            case Local.QUIT:
                self._leave()

    def _open_log(self) -> None:
        if self._report is not None:
            folder = Path(self._report.home) / "log"
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _tell(self, notice: Notice) -> None:
        if self._window.isVisible() or not self._place.exists():
            self._window.tell(notice)
        else:
            self._item.tell(notice)

    def _bring_up(self, surface: Surface) -> None:
        if surface is Surface.PANEL:
            self._bring_up_panel()
        elif self._place.exists():
            self._item.tell(running_here(self._speech))
        else:
            self._window.bring_up(tray=False)

    def _bring_up_panel(self) -> None:
        if self._panel is None:
            # Windows are made when they are first wished for: the icon must not wait for them.
            dress(self._application, colors_in_force())
            self._panel = GlancePanel(self._speech)
            self._panel.chosen.connect(self._choose)
        self._show_panel(self._panel)
        self._panel.pop_up()

    def _bring_up_window(self) -> None:
        self._window.bring_up(tray=True)

    def _tray_missing(self) -> None:
        if not self._place.exists():
            self._window.bring_up(tray=False)

    def _tray_came(self) -> None:
        """The icon is where it belongs: the window that stood in for it goes."""
        self._grace.stop()
        self._window.hide()


def _utc_now() -> datetime:
    return datetime.fromtimestamp(QDateTime.currentMSecsSinceEpoch() / 1000, UTC)
