"""Pauses after something was asked in vain: each is twice as long as the one before. No I/O."""

from dataclasses import dataclass
from datetime import timedelta

from core.domain.account import AccountId
from core.runtime.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    until: float
    next_pause: timedelta


class Rests:
    """Which accounts are not asked about just now. Measured awake, not by the wall clock."""

    def __init__(self, clock: Clock, *, first: timedelta, longest: timedelta) -> None:
        """`first` pause, doubled each time up to `longest`."""
        self._clock = clock
        self._first = first
        self._longest = longest
        self._rests: dict[AccountId, _Rest] = {}

    def rests(self, account: AccountId) -> bool:
        """Whether its pause is not over yet."""
        rest = self._rests.get(account)
        return rest is not None and self._clock.monotonic() < rest.until

    def failed(self, account: AccountId) -> None:
        """It was asked in vain: pause."""
        rest = self._rests.get(account)
        pause = self._first if rest is None else rest.next_pause
        until = self._clock.monotonic() + pause.total_seconds()
        self._rests[account] = _Rest(until=until, next_pause=min(2 * pause, self._longest))

    def succeeded(self, account: AccountId) -> None:
        """The next pause is the first again."""
        self._rests.pop(account, None)
