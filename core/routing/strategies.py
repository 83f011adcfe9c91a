"""Orderings: which of the eligible accounts serves a new thread. One function a strategy.

All are deterministic: given the same state, the same time and the same draw they name the same
account. What `weighted` wants remembered of its choice is made by `core.routing.shares`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from core.domain.account import Account, AccountId
from core.domain.observed import Observed
from core.domain.quota import Quota
from core.routing.headroom import HeadRoom, size_of
from core.routing.shares import next_by_weight

UNKNOWN_LEFT = 50.0
"""Per cent that an account is taken to have left of which nobody has said anything."""
SHORTEST_SHARE = 7
"""What is lost within a seventh of its window is no more urgent: a day of a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What a strategy may look at.

    Attributes:
        everyone: all accounts, in the order of their numbers.
        eligible: those that may serve, in the same order; at least one.
        rooms: the head-room of each of `eligible`, in the same order.
        observed: what was learned.
        now: aware UTC.
        draw: from 0 up to 1; chance comes in as an argument.
    """

    everyone: Sequence[AccountId]
    eligible: Sequence[Account]
    rooms: Sequence[HeadRoom]
    observed: Observed
    now: datetime
    draw: float


type Strategy = Callable[[Choosing], AccountId]


def balanced(choosing: Choosing) -> AccountId:
    """The account of whose head-room most would be lost per hour, were it left alone.

    Head-room above the reserve by the time until its reset, times the root of the plan's size: what
    expires soonest goes first, and a large plan carries more without carrying all. The less is left
    of an account's session, the fewer new threads it gets, since a full one stops them for hours.
    The numbers were chosen on made-up months (docs/reference/strategies.md).
    """
    best, most = choosing.eligible[0], -1.0
    quotas, now = choosing.observed.quotas, choosing.now
    for account, room in zip(choosing.eligible, choosing.rooms, strict=True):
        size = size_of(account, quotas.get(account.id, _NOTHING_KNOWN))
        urgency = _urgency(room, now) * (size if size == 1.0 else size**0.5)
        if urgency > most:
            best, most = account, urgency
    return best.id


def sticky(choosing: Choosing) -> AccountId:
    """Stay until blocked; then the next in order."""
    newest = choosing.observed.last_chosen
    if newest is not None and any(account.id == newest for account in choosing.eligible):
        return newest
    return _next_in_turn(choosing)


def round_robin(choosing: Choosing) -> AccountId:
    """Take turns: the next in order after the newest choice."""
    return _next_in_turn(choosing)


def least_used(choosing: Choosing) -> AccountId:
    """The account through which the fewest tokens went in its current longest window."""

    def tokens(account: Account) -> tuple[int, int]:
        spent = choosing.observed.spent.get(account.id)
        counts = spent is not None and spent.until > choosing.now
        return (spent.tokens if spent is not None and counts else 0, account.number)

    return min(choosing.eligible, key=tokens).id


def at_random(choosing: Choosing) -> AccountId:
    """Any of them, as the draw says."""
    count = len(choosing.eligible)
    return choosing.eligible[min(int(choosing.draw * count), count - 1)].id


def weighted(choosing: Choosing) -> AccountId:
    """By weight: after any number of choices each is within one of its share."""
    observed = choosing.observed
    return next_by_weight(choosing.eligible, observed.shares, newest=observed.last_chosen)[0]


def drain_first(choosing: Choosing) -> AccountId:
    """Use up the account that resets soonest; one whose window has not begun comes last."""

    def ends(position: int) -> tuple[bool, datetime, int]:
        moment = choosing.rooms[position].ends
        return (moment is None, moment or choosing.now, position)

    return choosing.eligible[min(range(len(choosing.eligible)), key=ends)].id


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "balanced": balanced,
        "sticky": sticky,
        "round-robin": round_robin,
        "hybrid": round_robin,
        "least-used": least_used,
        "random": at_random,
        "weighted": weighted,
        "drain-first": drain_first,
    }
)
"""By the name that `routing.strategy` takes."""

_NOTHING_KNOWN = Quota()


def _urgency(room: HeadRoom, now: datetime) -> float:
    """How much would be lost how soon; only to be compared with other accounts'."""
    short, _, lost, ends, length = room
    left = UNKNOWN_LEFT if lost is None else lost
    minutes = length if ends is None else (ends - now).total_seconds() / 60
    shortest = length / SHORTEST_SHARE
    rate = left / (minutes if minutes > shortest else shortest)
    return rate * (100.0 if short is None else short)


def _next_in_turn(choosing: Choosing) -> AccountId:
    newest = choosing.observed.last_chosen
    eligible = {account.id for account in choosing.eligible}
    if newest is None or newest not in choosing.everyone:
        return choosing.eligible[0].id
    start = choosing.everyone.index(newest) + 1
    in_turn = (*choosing.everyone[start:], *choosing.everyone[:start])
    return next(account for account in in_turn if account in eligible)
