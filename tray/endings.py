"""Everything outside that can end the program: signals, the session, the desktop's own Quit.

None of them ends it at once: each asks, and the program leaves by the one way that gives Codex
back first.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication


class Application(QApplication):
    """The Qt application; Quit asks instead of ending the event loop.

    Signals:
        quit_asked: the desktop wants us to leave (its Quit command, log-out, shutdown).
    """

    quit_asked = Signal()

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.setQuitOnLastWindowClosed(False)
        self.commitDataRequest.connect(self._session_ends)

    def event(self, event: QEvent) -> bool:
        """Turn Quit into a question: asyncio's main task must end before Qt's loop does."""
        if event.type() is QEvent.Type.Quit:
            event.ignore()
            self.quit_asked.emit()
            return True
        return super().event(event)

    def _session_ends(self, session: QSessionManager) -> None:
        # Starting at login is an entry of our own, never the session manager's memory.
        session.setRestartHint(QSessionManager.RestartHint.RestartNever)
        self.quit_asked.emit()


class Leave:
    """Ends the program's main task, once, however often it is asked for."""

    def __init__(self, task: asyncio.Task[object] | None) -> None:
        """`task` is cancelled; its ways out are `finally` blocks."""
        self._task = task
        self._stopping = False
        self.wished = False

    def wish(self) -> None:
        """Leave as soon as nothing is being stopped."""
        interrupts = not (self.wished or self._stopping)
        self.wished = True
        if interrupts and self._task is not None:
            self._task.cancel()

    @contextlib.contextmanager
    def stopping(self) -> Iterator[None]:
        """What is done in here is not interrupted: it gives Codex back."""
        self._stopping = True
        try:
            yield
        finally:
            self._stopping = False


@contextlib.contextmanager
def asked_to_leave(application: Application, leave: Callable[[], None]) -> Iterator[None]:
    """Call `leave` for SIGTERM, SIGINT and the desktop's wishes; needs a running loop."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    application.quit_asked.connect(leave)
    for number in signals:
        try:
            loop.add_signal_handler(number, leave)
        except NotImplementedError:
            # Windows: the handler runs between two bytecodes; asyncio's wake-up pipe sees to it.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(leave))
    try:
        yield
    finally:
        application.quit_asked.disconnect(leave)
        with contextlib.suppress(NotImplementedError):
            for number in signals:
                loop.remove_signal_handler(number)
