"""How fast a window is used, and when it runs out: estimates that say how sure they are (pure).

Two looks at the pace are compared: since the first look at this turn of the window, and since the
turn began. They make the range; too little time or no use makes no estimate at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.quota import Window, as_of

SHARE_NEEDED = 20
"""A twentieth of the window must have been seen …"""
MOST_NEEDED = timedelta(hours=2)
"""… or this much, before anything is said of its pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Per cent of the window that are used an hour: likely, and from `low` to `high`."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """When nothing is left at this pace; None = it lasts until the reset.

    Attributes:
        earliest: at the higher pace.
        likely: at the likely one.
        latest: at the lower one.
    """

    earliest: datetime | None
    likely: datetime | None
    latest: datetime | None


def pace_of(window: Window, now: datetime) -> Pace | None:
    """The window's pace; None while there is too little to go by."""
    current = as_of(window, now)
    if current is None or current.remaining is None:
        return None
    needed = min(timedelta(minutes=current.minutes) / SHARE_NEEDED, MOST_NEEDED)
    looks = [
        _per_hour(used, elapsed)
        for used, elapsed in (_since_first_look(current), _since_its_start(current))
        if elapsed >= needed
    ]
    if not looks:
        return None
    return Pace(low=min(looks), likely=looks[0], high=max(looks))


def runs_out(window: Window, pace: Pace, *, floor: float, now: datetime) -> RunOut:
    """When the window is used up down to `floor` per cent, at this pace."""
    left = max(0.0, (window.remaining or 0.0) - floor)

    def at(per_hour: float) -> datetime | None:
        if per_hour <= 0:
            return None
        hours = left / per_hour
        if hours > 24 * 366:
            return None
        moment = max(window.observed_at + timedelta(hours=hours), now)
        return None if window.resets_at is not None and moment >= window.resets_at else moment

    return RunOut(earliest=at(pace.high), likely=at(pace.likely), latest=at(pace.low))


def left_at_reset(window: Window, pace: Pace | None, *, floor: float) -> float | None:
    """Per cent above `floor` that will expire unused; None when the end or the pace is unknown."""
    if window.resets_at is None or window.remaining is None or pace is None:
        return None
    hours = (window.resets_at - window.observed_at) / timedelta(hours=1)
    return max(0.0, window.remaining - floor - pace.likely * hours)


def _since_first_look(window: Window) -> tuple[float, timedelta]:
    if window.since is None or window.since_remaining is None or window.remaining is None:
        return 0.0, timedelta(0)
    return window.since_remaining - window.remaining, window.observed_at - window.since


def _since_its_start(window: Window) -> tuple[float, timedelta]:
    if window.resets_at is None or window.remaining is None:
        return 0.0, timedelta(0)
    begun = window.resets_at - timedelta(minutes=window.minutes)
    return 100.0 - window.remaining, window.observed_at - begun


def _per_hour(used: float, elapsed: timedelta) -> float:
    return max(0.0, used) / (elapsed / timedelta(hours=1))
