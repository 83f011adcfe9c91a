"""The desktop program: Qt application, loop, engine, icon and windows, and the one way out.

Only this file knows all views. Each is shown what `present` makes of the newest snapshot.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import qasync
from PySide6.QtCore import QDateTime, QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from shiboken6 import delete

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.bridge import Bridge
from tray.endings import Application, Leave, asked_to_leave
from tray.engine import Engine, OpenEngine, ShownElsewhere
from tray.host import TrayPlace
from tray.icon import IconPainter
from tray.item import TrayItem
from tray.present.entries import Action, Local, Perform
from tray.present.gauge import gauge
from tray.present.menu import menu
from tray.present.notices import Notice, between_engines, running_here
from tray.present.tooltip import tooltip
from tray.theme import panel_of
from tray.windows.no_tray import NoTrayWindow

_log = logging.getLogger(__name__)

STOP_S = 3.5
"""Seconds that an engine has to stop; the whole program is gone within four."""

_TRAY_MAY_COME_MS = 5_000
"""A panel that starts at login together with us is given this long before a window opens."""


def main(arguments: Sequence[str], *, open_engine: OpenEngine) -> int:
    """Run the tray until somebody asks it to leave; the exit code.

    The caller has asked `tray.desktop` whether there is a desktop.
    """
    application = Application([arguments[0] if arguments else "turntable"])
    application.setApplicationName("turntable")
    application.setApplicationDisplayName("Turntable")
    application.setDesktopFileName("turntable")
    try:
        return asyncio.run(run(application, open_engine), loop_factory=qasync.QEventLoop)
    except CoreError as error:
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"hint: {error.hint}")
        return int(error.exit_code)


async def run(application: Application, open_engine: OpenEngine) -> int:
    """Open the engine, show it, follow it to its end; on a wish to leave, give Codex back first.

    A wish to leave cancels this task, whatever it waits for; the ways out are `finally` blocks.
    An engine of another process may end before we do: then the next one is opened, which may be
    our own.

    Raises:
        CoreError: the engine cannot be opened.
    """
    leave = Leave(asyncio.current_task())
    face: Face | None = None
    with asked_to_leave(application, leave.wish):
        try:
            while not leave.wished:
                engine = await open_engine()
                if isinstance(engine, ShownElsewhere):
                    sys.stdout.write("Turntable is already running.\n")
                    return 0
                face = face or Face(application, engine.speech, leave.wish)
                await _follow(engine, face, leave)
                if engine.owned:
                    return 0
        except asyncio.CancelledError:
            if not leave.wished:
                raise
        finally:
            if face is not None:
                face.close()
    return 0


async def _follow(engine: Engine, face: "Face", leave: Leave) -> None:
    """Show the engine until it ends, then stop it."""
    bridge = Bridge(engine.facade, engine.speech)
    ended = asyncio.Event()
    bridge.engine_ended.connect(ended.set)
    face.follow(bridge)
    try:
        bridge.start()
        await ended.wait()
    finally:
        with leave.stopping():
            face.follow(None)
            if engine.owned or leave.wished:
                face.hide()
            await bridge.close()
            delete(bridge)
            try:
                async with asyncio.timeout(STOP_S):
                    await engine.stop()
            except TimeoutError:
                _log.error("the engine did not stop within %s s", STOP_S)


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

    def close(self) -> None:
        """Take everything off the screen, and out of memory before the interpreter ends."""
        self.hide()
        self._window.close_for_good()
        for part in (self._window, self._item, self._place, self):
            delete(part)

    def _connect(self) -> None:
        for view in (self._item, self._window):
            view.chosen.connect(self._choose)
            view.opening.connect(self._show)
        self._item.activated.connect(self._bring_up_window)
        self._place.came.connect(self._tray_came)
        self._place.went.connect(self._grace.start)
        self._grace.timeout.connect(self._tray_missing)
        self._application.styleHints().colorSchemeChanged.connect(self._show)

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

    def _choose(self, action: Action) -> None:
        match action:
            case Perform() if self._bridge is not None:
                self._bridge.wish(action)
            case Perform():
                self._tell(between_engines(self._speech))
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

    def _bring_up(self) -> None:
        if self._place.exists():
            self._item.tell(running_here(self._speech))
        else:
            self._window.bring_up(tray=False)

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


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
