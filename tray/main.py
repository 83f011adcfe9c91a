"""The desktop program: Qt application, loop, engine, face, and the one way out."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from core.domain.errors import CoreError
from core.words.ending import renewal_awaited
from core.words.speech import Speech
from core.words.trouble import error_line, hint_line
from tray.bridge import Bridge
from tray.endings import Application, Leave, asked_to_leave
from tray.engine import Engine, OpenEngine, ShownElsewhere
from tray.face import Face
from tray.present.notices import trouble

_log = logging.getLogger(__name__)

STOP_S = 3.5
"""Seconds that an engine has to stop; the whole program is gone within four."""
RENEWAL_S = 50.0
"""The same from the moment at which it waits for a login that is being renewed."""


def main(arguments: Sequence[str], *, open_engine: OpenEngine, speech: Speech) -> int:
    """Run the tray until somebody asks it to leave; the exit code.

    The caller has asked `tray.desktop` whether there is a desktop.
    """
    application = Application([arguments[0] if arguments else "turntable"])
    application.setApplicationName("turntable")
    application.setApplicationDisplayName("Turntable")
    application.setDesktopFileName("turntable")
    try:
        with asyncio.Runner(loop_factory=partial(new_loop, application)) as runner:
            return runner.run(run(application, open_engine, speech))
    except CoreError as error:
        _say(error_line(error, speech))
        if hint := hint_line(error, speech):
            _say(hint)
        return int(error.exit_code)


def new_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """The loop that Qt and asyncio share here; elsewhere than on Linux it is qasync's."""
    if sys.platform != "linux":
        from qasync import QEventLoop

        made: asyncio.AbstractEventLoop = QEventLoop(application)
        return made
    from tray.guest_loop import GuestLoop

    return GuestLoop(application)


async def run(application: Application, open_engine: OpenEngine, speech: Speech) -> int:
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
                try:
                    engine = await open_engine()
                except CoreError as error:
                    if face is not None or _in_terminal() or not await _try_again(error, speech):
                        raise
                    continue
                if isinstance(engine, ShownElsewhere):
                    sys.stdout.write(f"{speech.say('Turntable is already running.')}\n")
                    return 0
                face = face or Face(application, engine.speech, leave.wish)
                if await _follow(engine, face, leave):
                    return 0
        except asyncio.CancelledError:
            if not leave.wished:
                raise
        finally:
            if face is not None:
                face.close()
    return 0


async def _try_again(error: CoreError, speech: Speech) -> bool:
    """Say in a window why the engine did not start; whether it shall be tried once more."""
    # Loaded by nobody whose engine starts.
    from tray.dialogs.start_failed import StartFailedDialog

    chosen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    dialog = StartFailedDialog(error, speech)
    dialog.again.connect(partial(_settle, chosen, wished=True))
    dialog.given_up.connect(partial(_settle, chosen, wished=False))
    dialog.open()
    try:
        return await chosen
    finally:
        dialog.hide()
        delete(dialog)


def _settle(chosen: asyncio.Future[bool], *, wished: bool) -> None:
    if not chosen.done():
        chosen.set_result(wished)


def _in_terminal() -> bool:
    """Whether somebody reads what is printed: started by a desktop, nobody does."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return any(stream is not None and stream.isatty() for stream in streams)


async def _follow(engine: Engine, face: Face, leave: Leave) -> bool:
    """Show the engine until it ends, then stop it; whether we end with it."""
    bridge = Bridge(engine.facade, engine.speech)
    ended = asyncio.Event()
    bridge.engine_ended.connect(ended.set)
    face.follow(bridge)
    ends_us = engine.owned
    try:
        bridge.start()
        if engine.trouble:
            face.tell(trouble(engine.trouble))
        await ended.wait()
        ends_us = engine.owned and not await engine.broke()
    finally:
        with leave.stopping():
            face.follow(None)
            if ends_us or leave.wished:
                face.hide()
            await bridge.close()
            delete(bridge)
            try:
                async with asyncio.timeout(STOP_S) as patience:
                    await engine.stop(partial(_wait_longer, patience, face, engine.speech))
            except TimeoutError:
                _log.error("the engine did not stop in time")
    return ends_us


def _wait_longer(patience: asyncio.Timeout, face: Face, speech: Speech) -> None:
    """The answer to a renewal must not be lost; the icon says why it is there still."""
    patience.reschedule(asyncio.get_running_loop().time() + RENEWAL_S)
    face.hide(but=renewal_awaited(speech))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
