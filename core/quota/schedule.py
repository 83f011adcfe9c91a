"""When the usage endpoint is asked about which account (pure).

Traffic tells most of it for nothing: an account whose numbers came in with an answer is not asked
about. What nobody told is asked for the more often, the more recently somebody looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.observed import Observed
from core.domain.quota import Quota
from core.domain.state import State

SPACING = timedelta(seconds=3)
"""The least time between two questions, whichever accounts they are about."""
AFTER_RESET = timedelta(seconds=90)
"""How long after a reset it is asked: right after it the answer can still be the old one."""
BEFORE_END = timedelta(seconds=10)
"""How long before a gone workspace would be tried by a request, it is asked about."""
FIRST_BACK_OFF = timedelta(minutes=5)
LONGEST_BACK_OFF = timedelta(hours=1)
IDLE_SHARE = 3
"""After idling for a time it is asked every third of that time."""
BATTERY_TIMES = 3
"""On its battery a machine asks so much more rarely; never more rarely than `most`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """The endpoint turned us away at `since`: nothing is asked before `until`; `times` in a row."""

    since: datetime
    until: datetime
    times: int

    def counts(self, now: datetime) -> bool:
        """Whether it is not over yet. A clock that was set back must not make it last for days."""
        return self.since <= now < self.until


def turned_away(known: BackOff | None, *, retry_after_s: float | None, now: datetime) -> BackOff:
    """The back-off after one more refusal: twice as long each time, an hour at most.

    A `Retry-After` that is longer is kept to.
    """
    times = 1 if known is None else known.times + 1
    wait = min(FIRST_BACK_OFF * 2 ** min(times - 1, 10), LONGEST_BACK_OFF)
    if retry_after_s is not None:
        wait = max(wait, min(timedelta(seconds=retry_after_s), timedelta(days=1)))
    return BackOff(since=now, until=now + wait, times=times)


def interval(
    *, idle: timedelta, least: timedelta, most: timedelta, on_battery: bool = False
) -> timedelta:
    """How old a number may become, `idle` after somebody last looked or a request went through."""
    wanted = max(idle / IDLE_SHARE, least)
    return min(wanted * BATTERY_TIMES if on_battery else wanted, max(most, least))


def next_question(
    state: State,
    observed: Observed,
    *,
    asked: Mapping[AccountId, datetime],
    every: timedelta,
    now: datetime,
) -> tuple[datetime, AccountId] | None:
    """Who is asked about next, and when; None when nobody is.

    Args:
        state: the accounts.
        observed: what is known.
        asked: when the endpoint was last asked about whom, in this run.
        every: how old a number may become.
        now: aware UTC.
    """
    due = [
        (_due(observed, account.id, asked.get(account.id), every, now), account.number, account.id)
        for account in state.accounts.values()
        if account.enabled and account.id not in observed.signed_out
    ]
    if not due:
        return None
    at, _, account_id = min(due)
    return at, account_id


def _due(
    observed: Observed,
    account: AccountId,
    asked_at: datetime | None,
    every: timedelta,
    now: datetime,
) -> datetime:
    quota = observed.quotas.get(account, Quota())
    told = [window.observed_at for window in quota.main_windows()]
    if quota.windows and not told:  # a plan without windows of its own, only spending limits
        told = [window.observed_at for window in quota.windows.values()]
    if asked_at is not None:
        told.append(asked_at)
    # A clock that was set back must not silence us until it has caught up.
    known_at = min(max(told), now) if told else None
    if known_at is None:
        return now
    wanted = [known_at + every, *_moments(observed, account, quota)]
    # Whatever is wanted before the last look has been seen by it.
    return min(moment for moment in wanted if moment > known_at)


def _moments(observed: Observed, account: AccountId, quota: Quota) -> list[datetime]:
    """The moments at which something is worth asking about, however fresh the numbers are."""
    resets = [
        window.resets_at + AFTER_RESET
        for window in quota.main_windows()
        if window.resets_at is not None
    ]
    gone = [
        block.until - BEFORE_END
        for block in observed.blocks.get(account, ())
        if block.because in (Because.GONE, Because.GONE_ONCE)
    ]
    return [*resets, *gone]
