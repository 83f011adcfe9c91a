"""Reset credits: each empties an account's windows once, by hand, before it expires."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import AccountBack, Event, QuotaLearned
from core.domain.observed import Lesson, Observed

AVAILABLE = "available"
SOON = timedelta(days=1)
"""How long before its end a credit is spoken of."""
_LIMITS = (Because.USAGE_LIMIT, Because.QUOTA)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCredit:
    """One credit, as the back end tells it.

    Attributes:
        id: what a redemption names.
        status: in its words; `available` can be redeemed.
        title: what the user reads there; empty when it has none.
        granted_at: None when it does not say.
        expires_at: from when on it is good for nothing; None when it does not say.
    """

    id: str
    status: str
    title: str
    granted_at: datetime | None
    expires_at: datetime | None


class Redemption(StrEnum):
    """What became of a redemption, in the back end's words."""

    RESET = "reset"
    NOTHING_TO_RESET = "nothing_to_reset"
    NO_CREDIT = "no_credit"
    ALREADY_REDEEMED = "already_redeemed"


def redeemable(credits_: Iterable[ResetCredit], now: datetime) -> tuple[ResetCredit, ...]:
    """Those that can be redeemed, the soonest expiry first; an unknown expiry comes last."""
    good = [
        one
        for one in credits_
        if one.status == AVAILABLE and (one.expires_at is None or one.expires_at > now)
    ]
    return tuple(sorted(good, key=lambda one: (one.expires_at or _NEVER, one.id)))


def learn_credits(account: AccountId, listed: Iterable[ResetCredit], *, now: datetime) -> Lesson:
    """When the next of these expires; nothing where none does."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        ends = {k: v for k, v in observed.credit_ends.items() if k != account}
        first = next((one.expires_at for one in redeemable(listed, now)), None)
        if first is not None:
            ends[account] = first
        if ends == observed.credit_ends:
            return observed, ()
        return replace(observed, credit_ends=ends), (QuotaLearned(account=account),)

    return lesson


def credit_ends_at(observed: Observed, account: AccountId, now: datetime) -> datetime | None:
    """When the account's next credit expires, while it is good for something."""
    ends = observed.credit_ends.get(account)
    return ends if ends is not None and ends > now else None


def limits_were_reset(account: AccountId, *, now: datetime) -> Lesson:
    """The back end emptied the account's windows: what it waits for because of them is over.

    Limits of single models are others, and stay; so does what is no limit.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.blocks.get(account, ())
        left = tuple(b for b in known if b.model or b.because not in _LIMITS)
        if left == known:
            return observed, ()
        waited = any(b.until > now for b in known if b not in left)
        after = replace(observed, blocks={**observed.blocks, account: left})
        return after, (AccountBack(account=account),) if waited else ()

    return lesson
