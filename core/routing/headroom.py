"""How much of an account may still be used, and how soon what is left would be lost (pure).

Windows are told apart by their length. What nobody has said is unknown, and a window whose reset
has passed is unknown again: no strategy takes either for nothing, or for everything.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from core.domain.account import NO_RESERVE, Account, Reserve
from core.domain.quota import EVERYTHING, Quota, Window, WindowKind

_LONG = 24 * 60
"""Minutes from which on a window counts as a long one."""

PLAN_SIZES: Mapping[str, float] = {
    "free": 0.2,
    "guest": 0.2,
    "free_workspace": 0.2,
    "go": 0.5,
    "plus": 1.0,
    "team": 1.0,
    "business": 1.0,
    "edu": 1.0,
    "k12": 1.0,
    "prolite": 5.0,
    "promax": 20.0,
    "pro": 10.0,
}
"""How large the plans are beside Plus, roughly; an unknown one counts as Plus."""


class HeadRoom(NamedTuple):
    """What may still be used of an account, above its reserve; None = unknown.

    A tuple, because a decision makes one for each account.

    Attributes:
        short: per cent left of the shortest window that is shorter than a day.
        long: per cent left of the window that runs out first among the longer ones.
        lost: per cent that are lost at the next end that matters: of `long`, or of `short` where
            the plan has nothing longer.
        ends: when it is lost; None when the window has not begun, or nobody knows.
        minutes: how long that window is.
    """

    short: float | None
    long: float | None
    lost: float | None
    ends: datetime | None
    minutes: int


UNKNOWN = HeadRoom(short=None, long=None, lost=None, ends=None, minutes=7 * _LONG)


def headroom(account: Account, quota: Quota, now: datetime) -> HeadRoom:
    """The account's head-room at `now`."""
    reserve = account.reserve
    short, short_minutes, short_ends = None, _LONG, None
    long, long_minutes, long_ends = None, 0, None
    for window in quota.windows.values():
        left, minutes = window.remaining, window.minutes
        if left is None or not minutes or window.scope != EVERYTHING:
            continue  # nothing is known of it, or it limits spending or one model
        ends = window.resets_at
        if ends is not None and ends <= now:
            continue
        if reserve is not NO_RESERVE:
            left = max(0.0, left - floor_of(reserve, window.kind))
        if minutes < short_minutes:
            short, short_minutes, short_ends = left, minutes, ends
        elif minutes >= _LONG and (long is None or left < long):
            long, long_minutes, long_ends = left, minutes, ends
    if long is not None:
        return HeadRoom(short, long, long, long_ends, long_minutes)
    if short is not None:
        return HeadRoom(short, None, short, short_ends, short_minutes)
    return UNKNOWN


def floor_of(reserve: Reserve, kind: WindowKind) -> float:
    """Per cent of a window of this kind that automation leaves untouched."""
    match kind:
        case WindowKind.SESSION:
            return reserve.session
        case WindowKind.WEEK:
            return reserve.week
        case WindowKind.MONTH:
            return reserve.month
        case _:
            return 0.0


def at_reserve(account: Account, quota: Quota, now: datetime) -> Window | None:
    """The window of which only the reserve is left; the one that resets last of several."""
    kept = [
        window
        for window in quota.windows.values()
        if (floor := floor_of(account.reserve, window.kind)) > 0
        and window.scope == EVERYTHING
        and window.remaining is not None
        and window.remaining <= floor
        and not (window.resets_at is not None and window.resets_at <= now)
    ]
    return max(kept, key=lambda w: (w.resets_at is None, w.resets_at or now), default=None)


def is_low(room: HeadRoom, *, session: float, longer: float) -> bool:
    """Whether a window is known to be at its soft threshold: others are preferred for new threads.

    Args:
        room: the account's.
        session: per cent left of a window shorter than a day.
        longer: per cent left of the others.
    """
    return (room.short is not None and room.short <= session) or (
        room.long is not None and room.long <= longer
    )


def size_of(account: Account, quota: Quota) -> float:
    """How large the account's plan is beside Plus."""
    return PLAN_SIZES.get(quota.plan or account.plan, 1.0)
