"""Limits in the words of people: what is left, and when there is more."""

import math
from datetime import datetime, timedelta

from core.domain.quota import Quota, WindowKind, as_of
from core.words.speech import Speech

_MINUTES_A_DAY = 1440


def window_name(kind: str, minutes: int, speech: Speech) -> str:
    """What a window is called: by its length, and never by its position."""
    match kind:
        case WindowKind.SESSION:
            return speech.say("{hours:.3g} h", hours=minutes / 60)
        case WindowKind.WEEK:
            return speech.say("week")
        case WindowKind.MONTH:
            return speech.say("month")
        case WindowKind.SPEND:
            return speech.say("spending")
        case _:
            return _length(minutes, speech)


def _length(minutes: int, speech: Speech) -> str:
    if minutes >= _MINUTES_A_DAY and minutes % _MINUTES_A_DAY == 0:
        return speech.counted(minutes // _MINUTES_A_DAY, "1 day", "{count} days")
    if minutes >= 60 and minutes % 60 == 0:
        return speech.say("{hours} h", hours=minutes // 60)
    return speech.say("{minutes} min", minutes=minutes)


def percent(remaining: float, speech: Speech) -> str:
    """Per cent that are left: rounded down, so that nobody is promised what is not there.

    What is not quite empty is never said to be empty: `<1 %`.
    """
    if 0 < remaining < 1:
        return speech.say("<1 %")
    return speech.say("{whole} %", whole=whole_percent(remaining))


def whole_percent(remaining: float) -> int:
    """Per cent that are left, 0–100, rounded down."""
    # A difference of two numbers may fall a hair short of the whole one that it is.
    return math.floor(min(max(remaining, 0.0), 100.0) + 1e-9)


def not_known(speech: Speech) -> str:
    """Of an account whose limits nobody has said."""
    return speech.say("limits not known yet")


def left(quota: Quota, now: datetime, speech: Speech) -> str:
    """What is left of the windows that limit everything; empty when nobody has said."""
    parts = []
    for window in sorted(quota.main_windows(), key=lambda w: w.minutes):
        current = as_of(window, now)
        if current is not None and current.remaining is not None:
            name = window_name(window.kind, window.minutes, speech)
            parts.append(window_left(name, current.remaining, speech))
    return " · ".join(parts)


def window_left(name: str, remaining: float, speech: Speech) -> str:
    """`5 h 62 % left`; `name`: as `window_name` has it."""
    return speech.say("{name} {percent} left", name=name, percent=percent(remaining, speech))


def taken(quota: Quota, now: datetime, speech: Speech) -> str:
    """The back end took the login, and said this of its limits."""
    known = left(quota, now, speech)
    if not known:
        return speech.say("Its login is taken; the back end says nothing of limits.")
    return speech.say("Its login is taken; {left}.", left=known)


def age(observed_at: datetime, now: datetime, speech: Speech) -> str:
    """How old a number is."""
    passed = now - observed_at
    if passed < timedelta(minutes=1):
        return speech.say("just now")
    if passed < timedelta(hours=2):
        return speech.say("{minutes} min ago", minutes=int(passed / timedelta(minutes=1)))
    if passed < timedelta(days=2):
        return speech.say("{hours} h ago", hours=int(passed / timedelta(hours=1)))
    return speech.say("{days} days ago", days=passed.days)


def ahead(moment: datetime, now: datetime, speech: Speech) -> str:
    """How long it is until then, in the two units that say most: `2 h 10 min`."""
    minutes = max(0, int((moment - now) / timedelta(minutes=1)))
    hours, days = minutes // 60, minutes // 1440
    if days >= 2:
        return speech.say("{days} days", days=days)
    if hours:
        return speech.say("{hours} h {minutes} min", hours=hours, minutes=minutes % 60)
    return speech.say("{minutes} min", minutes=minutes)
