"""Requests that wait for a reset or for a pause to end: few, not for long, let go one by one."""

import asyncio
from datetime import datetime

from core.runtime.clock import Clock

MOST = 16
"""Requests that are held at once."""
LONGEST_S = 240.0
"""How long one request is held altogether; its client gives up at 300 s of silence."""
LOOK_S = 1.0
"""How often it is decided again meanwhile: the user may have changed their mind."""
GAP_S = 1.0
"""The pause between two that are let go at the end of a wait."""


class Holds:
    """The waiting room of one proxy."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held = 0
        self._next_exit = clock.monotonic()

    async def moment(self, until: datetime, *, held_s: float) -> bool:
        """Wait for a moment, at most until `until`; False: there is no place, or no patience left.

        `held_s`: for how long this request was held before. When the wait is over, the request is
        let go in its turn.
        """
        if self._held >= MOST or held_s >= LONGEST_S:
            return False
        self._held += 1
        try:
            left_s = (until - self._clock.now()).total_seconds()
            await asyncio.sleep(max(0.0, min(left_s, LOOK_S)))
            if left_s <= LOOK_S:
                await self._turn()
        finally:
            self._held -= 1
        return True

    async def _turn(self) -> None:
        now = self._clock.monotonic()
        exit_at = max(now, self._next_exit)
        self._next_exit = exit_at + GAP_S
        await asyncio.sleep(exit_at - now)
