"""What is left of an account's limits, as numbers and as words. Unknown is never 0 %."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.quota import EVERYTHING, WindowKind
from core.domain.report import AccountReport, WindowReport
from core.words.speech import Speech

STALE_AFTER = timedelta(minutes=90)
"""Three times the longest interval between two looks at the numbers (30 minutes)."""

_MINUTES_A_DAY = 1440


def main_windows(account: AccountReport) -> tuple[WindowReport, ...]:
    """The windows that limit every model, the short before the long; money is not among them."""
    windows = (w for w in account.windows if w.scope == EVERYTHING and w.kind != WindowKind.SPEND)
    return tuple(sorted(windows, key=lambda w: w.minutes))


def percent_left(window: WindowReport, now: datetime) -> int | None:
    """Whole per cent left; None = unknown, also when the reset has passed since the snapshot.

    Rounding never says "empty" or "full" of a window that is neither.
    """
    passed = window.resets_at is not None and window.resets_at <= now
    if window.remaining is None or passed:
        return None
    if 0 < window.remaining < 100:
        return min(max(round(window.remaining), 1), 99)
    return round(min(max(window.remaining, 0), 100))


def is_stale(windows: Iterable[WindowReport], now: datetime) -> bool:
    """Whether any known number is too old to be trusted."""
    return any(
        now - window.observed_at > STALE_AFTER
        for window in windows
        if percent_left(window, now) is not None
    )


def window_name(window: WindowReport, speech: Speech) -> str:
    """`5 h`, `week`, `month`; any other length is said as it is."""
    match window.kind:
        case WindowKind.WEEK:
            return speech.say("week")
        case WindowKind.MONTH:
            return speech.say("month")
        case WindowKind.SPEND:
            return speech.say("spending")
        case _:
            return _length(window.minutes, speech)


def window_short(window: WindowReport, *, speech: Speech, now: datetime) -> str:
    """`5 h 62 %`, for a row of a list."""
    left, name = percent_left(window, now), window_name(window, speech)
    if left is None:
        return speech.say("{window} unknown", window=name)
    return speech.say("{window} {left} %", window=name, left=left)


def window_sentence(window: WindowReport, *, speech: Speech, now: datetime) -> str:
    """`5 h 62 % left, resets 14:30`; what is not known is not said."""
    left, name = percent_left(window, now), window_name(window, speech)
    if left is None:
        return speech.say("{window} unknown", window=name)
    if window.resets_at is None:
        return speech.say("{window} {left} % left", window=name, left=left)
    return speech.say(
        "{window} {left} % left, resets {time}",
        window=name,
        left=left,
        time=speech.clock(window.resets_at, now),
    )


def limits_short(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[str, ...]:
    """A few words for each main window; says so where none is known."""
    words = tuple(window_short(w, speech=speech, now=now) for w in main_windows(account))
    return words or (speech.say("limits not known yet"),)


def limits_sentences(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[str, ...]:
    """A sentence for each main window, and the age of the numbers when they are old."""
    windows = main_windows(account)
    if not windows:
        return (speech.say("limits not known yet"),)
    sentences = tuple(window_sentence(w, speech=speech, now=now) for w in windows)
    if not is_stale(windows, now):
        return sentences
    seen = min(w.observed_at for w in windows)
    return (*sentences, speech.say("as of {time}", time=speech.clock(seen, now)))


def _length(minutes: int, speech: Speech) -> str:
    if minutes >= _MINUTES_A_DAY and minutes % _MINUTES_A_DAY == 0:
        return speech.say("{days} days", days=minutes // _MINUTES_A_DAY)
    if minutes >= 60 and minutes % 60 == 0:
        return speech.say("{hours} h", hours=minutes // 60)
    return speech.say("{minutes} min", minutes=minutes)
