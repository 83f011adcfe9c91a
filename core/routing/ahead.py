"""What all accounts together have left from now on, at the pace that was seen (pure).

Long windows only (a day and more): a session comes back before it matters to a pool. Everything
is in per cent of a Plus plan above the reserves, so that large plans count for what they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.account import Account
from core.domain.forecast import PoolPoint
from core.domain.quota import Quota, as_of
from core.routing.headroom import floor_of, size_of
from core.routing.pace import Pace, pace_of

STEPS = 168
"""How many steps a look ahead has: an hour each, for a week."""

_DAY = 24 * 60
_STILL = Pace(low=0.0, likely=0.0, high=0.0)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One account's long window.

    Attributes:
        left: what is left of it now.
        full: what a reset makes of it.
        resets_at: when that is; None = unknown.
        length: how long the window is.
        pace: what is used of it an hour.
    """

    left: float
    full: float
    resets_at: datetime | None
    length: timedelta
    pace: Pace


def room_of(account: Account, quota: Quota, now: datetime) -> Room | None:
    """The account's longest window; None where nothing is known of it."""
    longest = max(
        (w for w in quota.main_windows() if w.minutes >= _DAY),
        key=lambda w: w.minutes,
        default=None,
    )
    current = None if longest is None else as_of(longest, now)
    if current is None or current.remaining is None:
        return None
    size = size_of(account, quota)
    floor = floor_of(account.reserve, current.kind)
    pace = pace_of(current, now) or _STILL
    return Room(
        left=max(0.0, current.remaining - floor) * size,
        full=(100.0 - floor) * size,
        resets_at=current.resets_at,
        length=timedelta(minutes=current.minutes),
        pace=Pace(low=pace.low * size, likely=pace.likely * size, high=pace.high * size),
    )


def look_ahead(rooms: Sequence[Room], now: datetime, span: timedelta) -> tuple[PoolPoint, ...]:
    """What is left of all together, step by step, in per cent of all that they can hold.

    Each reset fills its account again. Empty where nothing is known of any account.
    """
    full = sum(room.full for room in rooms)
    if full <= 0 or span <= timedelta(0):
        return ()
    step = span / STEPS
    paces = [room.pace for room in rooms]
    low = _followed(rooms, now, step, sum(pace.high for pace in paces))
    likely = _followed(rooms, now, step, sum(pace.likely for pace in paces))
    high = _followed(rooms, now, step, sum(pace.low for pace in paces))
    share = 100 / full
    return tuple(
        PoolPoint(
            at=now + step * number, low=least * share, likely=usual * share, high=most * share
        )
        for number, (least, usual, most) in enumerate(zip(low, likely, high, strict=True))
    )


def _followed(
    rooms: Sequence[Room], now: datetime, step: timedelta, per_hour: float
) -> tuple[float, ...]:
    """What is left after each step; what is used comes from all alike."""
    left = [room.left for room in rooms]
    resets = [room.resets_at for room in rooms]
    found = [sum(left)]
    for number in range(1, STEPS + 1):
        total, used = sum(left), per_hour * (step / _HOUR)
        share = max(0.0, 1 - used / total) if total > 0 else 0.0
        left = [room * share for room in left]
        for place, room in enumerate(rooms):
            moment = resets[place]
            if moment is not None and moment <= now + step * number:
                left[place] = room.full
                resets[place] = moment + room.length if room.length > timedelta(0) else None
        found.append(sum(left))
    return tuple(found)
