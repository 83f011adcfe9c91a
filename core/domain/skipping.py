"""An account that the user passes by for a while: a wait of its own, which no evidence ends."""

from dataclasses import replace
from datetime import datetime

from core.domain import health
from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import AccountBlocked, Event
from core.domain.health import BlockSource
from core.domain.observed import Lesson, Observed
from core.domain.quota import Quota


def skip_until(account: AccountId, until: datetime, *, now: datetime) -> Lesson:
    """Nothing goes to `account` before `until`; `clear_blocks` takes it back.

    What else it waits for stays as it is, and may last longer.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known, because = observed.blocks.get(account, ()), Because.SKIPPED
        after = health.blocked(known, because, "", until=until, now=now, source=BlockSource.USER)
        blocks = {**observed.blocks, account: after}
        told = AccountBlocked(account=account, because=because.value, until=until)
        return replace(observed, blocks=blocks), (told,)

    return lesson


def next_reset(quota: Quota, now: datetime) -> datetime | None:
    """When the first of the account's limits is full again; None where nobody has said."""
    ends = (window.resets_at for window in quota.main_windows())
    return min((end for end in ends if end is not None and end > now), default=None)
