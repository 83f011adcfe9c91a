"""Tokens that went through accounts, added up for a moment before they are learned.

To learn something copies everything that was learned; a busy proxy would do it for each answer,
only to count.
"""

import asyncio
from collections.abc import Callable

from core.domain.account import AccountId
from core.domain.choices import learn_spent
from core.domain.observed import Lesson
from core.runtime.clock import Clock

SOON_S = 0.25
"""How long a count may wait."""


class Spending:
    """Counts of one program that serves, on one loop."""

    def __init__(self, *, learn: Callable[[Lesson], None], clock: Clock) -> None:
        """`learn` takes the lessons."""
        self._learn = learn
        self._clock = clock
        self._tokens: dict[AccountId, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def spent(self, account: AccountId, tokens: int) -> None:
        """So many tokens more; learned within `SOON_S`."""
        self._tokens[account] = self._tokens.get(account, 0) + tokens
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON_S, self.learn)

    def learn(self) -> None:
        """Learn now what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._tokens = self._tokens, {}
        for account, tokens in waiting.items():
            self._learn(learn_spent(account, tokens, now=self._clock.now()))
