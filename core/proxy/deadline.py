"""One timer for many waits. Setting it again costs an assignment, not a timer.

A connection moves its deadline with every read and every request; a timer of the loop is made and
cancelled for almost none of them.
"""

import asyncio
from collections.abc import Callable

OVERSLEPT_S = 0.5
"""So late a timer is only where the whole process has stood still: asleep, stopped, starved."""
GRACE_S = 1.0
"""Then what has come meanwhile is read first: some loops look at their timers before."""


def _nobody() -> None:
    """Whom it concerns that time is up, when nothing is waited for."""


class Deadline:
    """Calls `late` once, when the time that was given last has passed.

    Time in which this process stood still says nothing about the other side.
    """

    def __init__(self, late: Callable[[], None]) -> None:
        """Create it inside the running loop."""
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self._late = late
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def within(self, seconds: float) -> None:
        """From now on, `seconds` are left."""
        self._at = at = self._time() + seconds
        if self._timer is None:
            self._set_timer(at)
        elif self._timer_at > at:
            self._timer.cancel()
            self._set_timer(at)

    def clear(self) -> None:
        """Nothing is waited for."""
        self._at = None

    def end(self) -> None:
        """Nothing will be waited for any more: whoever would have been told is free."""
        self._at = None
        self._late = _nobody
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, at: float) -> None:
        self._timer_at = at  # not every loop's handles tell
        self._timer = self._loop.call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._at is None:
            return
        now = self._time()
        if now - self._at > OVERSLEPT_S:
            self._at = now + GRACE_S
        if now < self._at:
            self._set_timer(self._at)
        else:
            self._at = None
            self._late()
