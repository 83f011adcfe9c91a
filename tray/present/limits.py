"""What is left of an account's limits, as numbers and as words. Unknown is never 0 %."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.quota import EVERYTHING, WindowKind
from core.domain.report import AccountReport, WindowReport
from core.words import quota as words
from core.words.speech import Speech

STALE_AFTER = timedelta(minutes=90)
"""Three times the longest interval between two looks at the numbers (30 minutes)."""


def main_windows(account: AccountReport) -> tuple[WindowReport, ...]:
    """The windows that limit every model, the short before the long; money is not among them."""
    windows = (w for w in account.windows if w.scope == EVERYTHING and w.kind != WindowKind.SPEND)
    return tuple(sorted(windows, key=lambda w: w.minutes))


def percent_left(window: WindowReport, now: datetime) -> int | None:
    """Whole per cent left; None = unknown, also when the reset has passed since the snapshot.

    Rounded down, as everywhere; a rest is drawn as 1 % and never as nothing.
    """
    passed = window.resets_at is not None and window.resets_at <= now
    if window.remaining is None or passed:
        return None
    if 0 < window.remaining < 1:
        return 1
    return words.whole_percent(window.remaining)


def is_stale(windows: Iterable[WindowReport], now: datetime) -> bool:
    """Whether any known number is too old to be trusted."""
    return any(
        now - window.observed_at > STALE_AFTER
        for window in windows
        if percent_left(window, now) is not None
    )


def percent_words(window: WindowReport, speech: Speech) -> str:
    """`62 %`; only of a window of which `percent_left` knows something."""
    return words.percent(window.remaining or 0.0, speech)


def window_name(window: WindowReport, speech: Speech) -> str:
    """`5 h`, `week`, `month`; any other length is said as it is."""
    return words.window_name(window.kind, window.minutes, speech)


def window_short(window: WindowReport, *, speech: Speech, now: datetime) -> str:
    """`5 h 62 %`, for a row of a list."""
    name = window_name(window, speech)
    if percent_left(window, now) is None:
        return speech.say("{name} unknown", name=name)
    return speech.say("{name} {percent}", name=name, percent=percent_words(window, speech))


def window_sentence(window: WindowReport, *, speech: Speech, now: datetime) -> str:
    """`5 h 62 % left, resets 14:30`; what is not known is not said."""
    name = window_name(window, speech)
    if percent_left(window, now) is None:
        return speech.say("{name} unknown", name=name)
    left = words.window_left(name, window.remaining or 0.0, speech)
    if window.resets_at is None:
        return left
    time = speech.clock(window.resets_at, now)
    return speech.say("{left}, resets {time}", left=left, time=time)


def limits_short(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[str, ...]:
    """A few words for each main window; says so where none is known."""
    windows = main_windows(account)
    shown = tuple(window_short(window, speech=speech, now=now) for window in windows)
    return shown or (words.not_known(speech),)


def limits_sentences(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[str, ...]:
    """A sentence for each main window, and the age of the numbers when they are old."""
    windows = main_windows(account)
    if not windows:
        return (words.not_known(speech),)
    sentences = tuple(window_sentence(w, speech=speech, now=now) for w in windows)
    if not is_stale(windows, now):
        return sentences
    seen = min(w.observed_at for w in windows)
    return (*sentences, speech.say("as of {time}", time=speech.clock(seen, now)))


def pace_sentence(window: WindowReport, *, speech: Speech, now: datetime) -> str:
    """`runs out in 2 h 10 min`, or that it lasts; empty while too little is known."""
    left = percent_left(window, now)
    if not left or window.per_hour is None:
        return ""
    if window.runs_out_at is not None and window.runs_out_at > now:
        return speech.say("runs out in {time}", time=words.ahead(window.runs_out_at, now, speech))
    return speech.say("lasts until the reset") if window.per_hour else speech.say("not in use")
