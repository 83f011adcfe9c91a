"""The program's loop on Linux: Qt runs, and asyncio is its guest.

asyncio keeps its own loop with its own selector. What that one waits for is behind one descriptor
(epoll(7)), which can itself be waited for, and Qt watches it: when something is ready, asyncio has
a turn. So a socket costs Qt nothing, and a callback no timer of Qt's; on qasync both do.

Nothing of asyncio's insides is touched. A turn is a `run_forever` that the selector ends by `stop`
as soon as it would have to wait; for how long, asyncio tells the selector.
"""

import asyncio
import math
import selectors
from asyncio import _set_running_loop  # "to be used by event loops", says its docstring
from collections.abc import Callable
from contextvars import Context

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

TURN_S = 0.004
"""How long asyncio may go on while something is ready all the time; then it is Qt's turn."""


class GuestLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, given its turns by Qt's.

    Between two turns it counts as running: a slot of Qt's may start tasks, as a callback may.
    """

    def __init__(self, application: QApplication) -> None:
        """`application` is there already, and nobody else runs it."""
        self._application = application
        self._in_turn = False
        self._leaving = False
        self._broken_by: BaseException | None = None
        self._turn_ends = math.inf
        self._rests_s: float | None = None
        self._next_at = math.inf
        waiting = _Patient(self._rest, self._is_spent)
        super().__init__(waiting)
        self._owner = QObject()
        self._notifier = QSocketNotifier(waiting.fileno(), QSocketNotifier.Type.Read, self._owner)
        self._notifier.setEnabled(False)
        self._notifier.activated.connect(self._turn)
        self._timer = QTimer(self._owner, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._timed)

    def run_forever(self) -> None:
        """Run Qt until `stop`."""
        self._leaving, self._broken_by = False, None
        self._notifier.setEnabled(True)
        self._wake()
        _set_running_loop(self)
        try:
            self._application.exec()
        finally:
            _set_running_loop(None)
            self._notifier.setEnabled(False)
            self._timer.stop()
            self._next_at = math.inf
        if self._broken_by is not None:
            raise self._broken_by

    def stop(self) -> None:
        """End `run_forever` when this turn is over."""
        self._leaving = True
        super().stop()
        if not self._in_turn:
            self._application.exit()

    def close(self) -> None:
        """Qt watches no more; then as asyncio's."""
        if not self.is_closed():
            delete(self._owner)
        super().close()

    def call_soon[*Ts](
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's; a slot of Qt's asks for a turn, as another thread would."""
        ask = super().call_soon if self._in_turn else super().call_soon_threadsafe
        return ask(callback, *args, context=context)

    def call_at[*Ts](
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's; a slot of Qt's asks for a turn, in which the wait is reckoned anew."""
        if not self._in_turn:
            self._wake()
        return super().call_at(when, callback, *args, context=context)

    def _turn(self) -> None:
        """Let asyncio do what is ready."""
        if self._in_turn:
            # Somebody runs Qt inside of a callback: what is ready waits for that callback's end.
            self._notifier.setEnabled(False)
            return
        self._in_turn = True
        self._rests_s = 0
        self._turn_ends = self.time() + TURN_S
        _set_running_loop(None)
        try:
            super().run_forever()
        except (KeyboardInterrupt, SystemExit) as error:
            self._leaving, self._broken_by = True, error
        finally:
            _set_running_loop(self)
            self._in_turn = False
        self._notifier.setEnabled(True)
        if self._leaving:
            self._application.exit()
        else:
            self._come_again()

    def _come_again(self) -> None:
        """Have the next turn when asyncio has something to do by the clock."""
        if self._rests_s is None:
            return
        if self._rests_s == 0:
            self._wake()
            return
        at = self.time() + self._rests_s
        if at < self._next_at:  # a timer that comes too early is followed by another
            self._next_at = at
            self._timer.start(math.ceil(1000 * self._rests_s))

    def _timed(self) -> None:
        self._next_at = math.inf
        self._turn()

    def _wake(self) -> None:
        super().call_soon_threadsafe(_nothing)

    def _rest(self, seconds: float | None) -> None:
        """The turn is over, and nothing will be ready for so long; None: nobody knows."""
        self._rests_s = seconds
        super().stop()

    def _is_spent(self) -> bool:
        return self.time() >= self._turn_ends


class _Patient(selectors.EpollSelector):
    """Looks what is ready, and leaves the waiting to Qt."""

    def __init__(self, rest: Callable[[float | None], None], is_spent: Callable[[], bool]) -> None:
        super().__init__()
        self._rest = rest
        self._is_spent = is_spent

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; ends the turn when that is nothing, or when it was long enough."""
        ready = super().select(0)
        if timeout != 0 and not ready:
            self._rest(timeout)
        elif self._is_spent():
            self._rest(0)
        return ready


def _nothing() -> None:
    """For being woken."""
