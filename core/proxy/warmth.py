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
"""How far apart tries are where nobody can be reached."""


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

    def asked(self, origin: Origin) -> None:
        """A request goes to this origin."""
        loop = asyncio.get_running_loop()
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

    def _look(self) -> None:
        self._timer = None
        loop, origin = asyncio.get_running_loop(), self._origin
        if origin is None or loop.time() > self._until:
            return
        if self._waits(origin):
            self._pause_s = LOOK_S
        elif not self._opening:
            self._opening = True
            self._tasks.start(self._open(origin), name="warm connection")
        self._timer = loop.call_later(self._pause_s, self._look)

    async def _open(self, origin: Origin) -> None:
        try:
            opened = await self._open_one(origin)
        finally:
            self._opening = False
        self._pause_s = LOOK_S if opened else min(2 * self._pause_s, MOST_BETWEEN_S)
