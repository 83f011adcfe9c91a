"""Limits in the words of people: what is left, and when there is more."""

from datetime import datetime, timedelta

from core.domain.quota import Quota, WindowKind, as_of
from core.words.speech import Speech


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
            return speech.say("{minutes} min", minutes=minutes)


def left(quota: Quota, now: datetime, speech: Speech) -> str:
    """What is left of the windows that limit everything; empty when nobody has said."""
    parts = []
    for window in sorted(quota.main_windows(), key=lambda w: w.minutes):
        current = as_of(window, now)
        if current is not None and current.remaining is not None:
            name = window_name(window.kind, window.minutes, speech)
            parts.append(speech.say("{name} {left:.0f} % left", name=name, left=current.remaining))
    return " · ".join(parts)


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
