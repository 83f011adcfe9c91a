"""Keeps a connection to the back end open while somebody works, so that nobody waits for TLS.

With 50 ms of round trip the first byte comes after 155 ms on a cold connection and after 51 ms on a
warm one. Connections that wait grow old and are closed; a person reads an answer for longer than
that, and then types.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from core.proxy.dialling import Origin
from core.runtime.tasks import Tasks

ACTIVE_S = 600.0
"""Whoever has asked within this time is expected to ask again."""
LOOK_S = 2.0
MOST_BETWEEN_S = 60.0
"""How far apart tries are where nobody can be reached, or where none is left open."""
LASTS_S = 20.0
"""A connection that ends sooner without a request was not welcome: the next one comes later."""


class Warmth:
    """Looks now and then whether a connection waits where the next request will go.

    That is the origin that was asked last: a thread stays with its account, and nearly all
    accounts share one origin.
    """

    def __init__(
        self,
        *,
        tasks: Tasks,
        waits: Callable[[Origin], bool],
        open_one: Callable[[Origin], Coroutine[Any, Any, bool]],
    ) -> None:
        """Does nothing until somebody asks.

        Args:
            tasks: in whose name connections are opened.
            waits: whether one is open and free.
            open_one: opens one that then waits; False when that fails.
        """
        self._tasks = tasks
        self._waits = waits
        self._open_one = open_one
        self._origin: Origin | None = None
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._opening = False
        self._pause_s = LOOK_S
        self._not_before = 0.0
        self._opened_at: float | None = None

    def asked(self, origin: Origin) -> None:
        """A request goes to this origin."""
        loop = asyncio.get_running_loop()
        if self._opened_at is not None or origin != self._origin:
            self._taken(origin)
        self._origin = origin
        self._until = loop.time() + ACTIVE_S
        if self._timer is None:
            self._timer = loop.call_later(LOOK_S, self._look)

    def end(self) -> None:
        """Nobody will ask any more."""
        self._origin = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _taken(self, origin: Origin) -> None:
        """What was opened last has served its purpose, or it is too late for it."""
        self._opened_at = None
        if origin != self._origin or self._waits(origin):
            self._pause_s = LOOK_S
            self._not_before = 0.0

    def _look(self) -> None:
        self._timer = None
        loop, origin = asyncio.get_running_loop(), self._origin
        now = loop.time()
        if origin is None or now > self._until:
            return
        lasted = self._opened_at is None or now - self._opened_at >= LASTS_S
        if self._waits(origin):
            if lasted:
                self._pause_s = LOOK_S
        elif not self._opening:
            self._opened_at = None
            if not lasted:
                self._put_off(now)
            if now >= self._not_before:
                self._opening = True
                self._tasks.start(self._open(origin), name="warm connection")
        self._timer = loop.call_later(LOOK_S, self._look)

    def _put_off(self, now: float) -> None:
        """The next one is opened later, each time twice as much."""
        self._not_before = now + self._pause_s
        self._pause_s = min(2 * self._pause_s, MOST_BETWEEN_S)

    async def _open(self, origin: Origin) -> None:
        try:
            opened = await self._open_one(origin)
        finally:
            self._opening = False
        now = asyncio.get_running_loop().time()
        if not opened:
            self._put_off(now)
        elif origin == self._origin:
            self._opened_at = now
