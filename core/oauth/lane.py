"""The refresh lane: one refresh at a time for all accounts together, and a pause between two.

Siblings that were refreshed at the same moment under Codex's client id were seen revoked, whoever
refreshed them: Codex at our request or we ourselves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from core.runtime.clock import Clock

GAP = timedelta(seconds=2)
"""The least time from the end of one refresh to the beginning of the next."""
JITTER = 0.5
"""The pause is up to this part longer, so that two machines do not march in step."""


class Lane:
    """`async with lane.turn(): …` is one refresh."""

    def __init__(self, clock: Clock, *, draw: Callable[[], float], gap: timedelta = GAP) -> None:
        """`draw` gives a number from 0 up to 1."""
        self._clock = clock
        self._draw = draw
        self._gap = gap
        self._free_at = clock.monotonic()
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the lane and its pause; hold it until the refresh is over."""
        async with self._one:
            wait = self._free_at - self._clock.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                yield
            finally:
                pause = self._gap.total_seconds() * (1 + JITTER * self._draw())
                self._free_at = self._clock.monotonic() + pause
