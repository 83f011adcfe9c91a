"""Sees to it that the budgets are summed up: at the start, after changes and after failures.

A budget that is not summed up stops nobody. So a ledger that cannot be read is tried again until it
can, and people are told meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.domain.errors import CoreError
from core.domain.report import NoticeReport
from core.words.budgets import uncounted_sentence
from core.words.speech import Speech

_log = logging.getLogger(__name__)

FIRST_PAUSE_S = 5.0
"""How long after a failure it is tried again; twice as long after each more."""
LONGEST_PAUSE_S = 300.0


class SummingUp:
    """One for each program that serves; all of it on one loop."""

    def __init__(
        self,
        sum_up: Callable[[], Awaitable[None]],
        *,
        speech: Speech,
        pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """Starts nothing.

        Args:
            sum_up: as `core.budgeting.Budgeting.sum_up`.
            speech: what people are told in.
            pause_s: seconds from a first failure to the next try.
        """
        self._sum_up = sum_up
        self._speech = speech
        self._first_pause_s = pause_s
        self._pause_s: float | None = None
        self._wanted = asyncio.Event()

    async def attempt(self) -> None:
        """Sum up now; what was counted before counts on where that fails, and `run` tries again."""
        try:
            await self._sum_up()
        except CoreError as error:
            _log.warning("the budgets could not be summed up: %s", error)
            last_s = self._pause_s
            self._pause_s = (
                self._first_pause_s if last_s is None else min(2 * last_s, LONGEST_PAUSE_S)
            )
        else:
            self._pause_s = None

    def wake(self) -> None:
        """The budgets have changed: `run` sums them up at once."""
        self._wanted.set()

    async def run(self) -> None:
        """Sum up whenever somebody wakes it, and after each failure; until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._pause_s):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            await self.attempt()

    def notices(self) -> tuple[NoticeReport, ...]:
        """What people have to know: the budgets are not counted."""
        if self._pause_s is None:
            return ()
        return (NoticeReport(code="budgets", text=uncounted_sentence(self._speech)),)
