"""The refresh lane: one refresh at a time for all accounts together, and a pause between two.

Siblings that were refreshed at the same moment under Codex's client id were seen revoked, whoever
refreshed them: Codex at our request or we ourselves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.runtime.clock import Clock

JITTER = 0.5
"""The pause is up to this part longer, so that two machines do not march in step."""


class Lane:
    """`async with lane.turn(): …` is one refresh."""

    def __init__(
        self, clock: Clock, *, draw: Callable[[], float], gap_s: Callable[[], float]
    ) -> None:
        """Free at once.

        Args:
            clock: measures the pause, awake.
            draw: gives a number from 0 up to 1.
            gap_s: the least seconds from the end of one refresh to the beginning of the next.
        """
        self._clock = clock
        self._draw = draw
        self._gap_s = gap_s
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
                pause = self._gap_s() * (1 + JITTER * self._draw())
                self._free_at = self._clock.monotonic() + pause
