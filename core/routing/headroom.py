"""How much of an account may still be used, and how soon what is left would be lost (pure).

Windows are told apart by their length. What nobody has said is unknown, and a window whose reset
has passed is unknown again: no strategy takes either for nothing, or for everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.account import Account, Reserve
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRoom:
    """What may still be used of an account, above its reserve; None = unknown.

    Attributes:
        short: per cent left of the shortest window that is shorter than a day.
        long: per cent left of the window that runs out first among the longer ones.
        ends: when what is left of `long` is lost; None when it has not begun, or nobody knows.
        length: how long that window is.
    """

    short: float | None
    long: float | None
    ends: datetime | None
    length: timedelta


def headroom(account: Account, quota: Quota, now: datetime) -> HeadRoom:
    """The account's head-room at `now`."""
    short: tuple[int, float] | None = None
    long: tuple[float, int, datetime | None] | None = None
    for window in quota.windows.values():
        left = _left(window, account.reserve, now)
        if left is None:
            continue
        if window.minutes < _LONG:
            if short is None or window.minutes < short[0]:
                short = (window.minutes, left)
        elif long is None or left < long[0]:
            long = (left, window.minutes, window.resets_at)
    if long is None:
        # Plans with a session and nothing longer: the session is what is lost at its reset.
        return _of_a_session(account, quota, short, now)
    return HeadRoom(
        short=None if short is None else short[1],
        long=long[0],
        ends=long[2],
        length=timedelta(minutes=long[1]),
    )


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


def is_low(quota: Quota, now: datetime, *, session: float, longer: float) -> bool:
    """Whether a window is known to be at its soft threshold: others are preferred for new threads.

    Args:
        quota: the account's.
        now: aware UTC.
        session: per cent left of a window shorter than a day.
        longer: per cent left of the others.
    """
    for window in quota.windows.values():
        left = window.remaining
        if left is None or window.scope != EVERYTHING:
            continue
        if left <= (session if 0 < window.minutes < _LONG else longer) and not (
            window.resets_at is not None and window.resets_at <= now
        ):
            return True
    return False


def size_of(account: Account, quota: Quota) -> float:
    """How large the account's plan is beside Plus."""
    return PLAN_SIZES.get(quota.plan or account.plan, 1.0)


def _left(window: Window, reserve: Reserve, now: datetime) -> float | None:
    """Per cent left above the floor; None for what limits other things, or is unknown."""
    remaining = window.remaining
    if remaining is None or window.scope != EVERYTHING or window.kind is WindowKind.SPEND:
        return None
    if window.resets_at is not None and window.resets_at <= now:
        return None
    return max(0.0, remaining - floor_of(reserve, window.kind))


def _of_a_session(
    account: Account, quota: Quota, short: tuple[int, float] | None, now: datetime
) -> HeadRoom:
    if short is None:
        return HeadRoom(short=None, long=None, ends=None, length=timedelta(days=7))
    minutes, left = short
    ends = next(
        w.resets_at
        for w in quota.windows.values()
        if w.minutes == minutes and _left(w, account.reserve, now) == left
    )
    return HeadRoom(short=left, long=left, ends=ends, length=timedelta(minutes=minutes))
