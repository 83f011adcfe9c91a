"""What is to be expected, in sentences: the pool's verdict, and what becomes of each window."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.account import AccountId
from core.domain.forecast import PoolForecast, PoolState, WindowForecast
from core.words import standing as words
from core.words.quota import percent, window_left, window_name
from core.words.speech import Speech

WORTH_SAYING = 10.0
"""Per cent that expire unused, from which on it is said."""


def pool_sentence(
    pool: PoolForecast, labels: Mapping[AccountId, str], now: datetime, speech: Speech
) -> str:
    """The pool's verdict in one sentence; `labels`: what the accounts are called."""
    if not labels:
        return words.pool_without_accounts(speech)
    label = "" if pool.account is None else labels[pool.account]
    match pool.state:
        case PoolState.EMPTY:
            return words.pool_empty(label or None, pool.until, now, speech)
        case PoolState.TIGHT if pool.until is not None:
            return _runs_out(pool, label, labels, now, speech)
        case PoolState.TIGHT:
            return words.pool_tight(label, pool.left or 0.0, speech)
        case PoolState.ENOUGH if pool.until is not None:
            return speech.say(
                "Enough until {time}; {label} has {percent} left.",
                time=speech.clock(pool.until, now),
                label=label,
                percent=percent(pool.left or 0.0, speech),
            )
        case PoolState.ENOUGH:
            return words.pool_enough(label, pool.left or 0.0, speech)
        case _:
            return words.pool_collecting(speech)


def window_sentence(window: WindowForecast, now: datetime, speech: Speech) -> str:
    """What becomes of one window, honest about little data."""
    name = window_name(window.kind, window.minutes, speech)
    if window.remaining is None:
        return speech.say("{name}: nothing known since its reset.", name=name)
    left = window_left(name, window.remaining, speech)
    if window.remaining <= 0 or (window.runs_out_at is not None and window.runs_out_at <= now):
        return _used_up(window, left, now, speech)
    if window.per_hour is None:
        return speech.say("{left}; collecting.", left=left)
    if window.runs_out_at is not None:
        return _ends(window, left, now, speech)
    lasts = (
        speech.say("{left}; not in use.", left=left)
        if window.per_hour == 0
        else speech.say("{left}; lasts until its reset.", left=left)
    )
    return " ".join(sentence for sentence in (lasts, _lost(window, now, speech)) if sentence)


def _used_up(window: WindowForecast, left: str, now: datetime, speech: Speech) -> str:
    """Nothing is left that may be used: of the window, or above its reserve."""
    if window.resets_at is None:
        return speech.say("{left}; waiting for its reset.", left=left)
    time = speech.clock(window.resets_at, now)
    if window.remaining:
        return speech.say("{left}; the rest is kept in reserve until {time}.", left=left, time=time)
    return speech.say("{left}; waiting until {time}.", left=left, time=time)


def _ends(window: WindowForecast, left: str, now: datetime, speech: Speech) -> str:
    """It runs out before its reset, at the pace that is likely."""
    assert window.runs_out_at is not None  # noqa: S101 - the caller's case
    likely = speech.clock(window.runs_out_at, now)
    earliest = likely if window.earliest is None else speech.clock(window.earliest, now)
    if window.latest is None:
        return speech.say(
            "{left}; runs out about {time} at this pace, or lasts until its reset.",
            left=left,
            time=likely,
        )
    latest = speech.clock(window.latest, now)
    if earliest == latest:
        return speech.say("{left}; runs out about {time}.", left=left, time=likely)
    return speech.say(
        "{left}; runs out about {time} (between {earliest} and {latest}).",
        left=left,
        time=likely,
        earliest=earliest,
        latest=latest,
    )


def _runs_out(
    pool: PoolForecast,
    label: str,
    labels: Mapping[AccountId, str],
    now: datetime,
    speech: Speech,
) -> str:
    assert pool.until is not None  # noqa: S101 - the caller's case
    time, then = speech.clock(pool.until, now), labels.get(pool.then) if pool.then else None
    if pool.until <= now:
        return _is_out(label, then, speech)
    if then is None:
        return speech.say(
            "Tight: {label} runs out about {time}, and no other takes over.", label=label, time=time
        )
    return speech.say(
        "Tight: {label} runs out about {time}, {then} takes over.",
        label=label,
        time=time,
        then=then,
    )


def _is_out(label: str, then: str | None, speech: Speech) -> str:
    """The account in use has nothing left, and is asked once more all the same."""
    if then is None:
        return speech.say("Tight: {label} has nothing left, and no other takes over.", label=label)
    return speech.say("Tight: {label} has nothing left, {then} takes over.", label=label, then=then)


def _lost(window: WindowForecast, now: datetime, speech: Speech) -> str:
    unused = window.expires_unused
    if unused is None or unused < WORTH_SAYING or window.resets_at is None:
        return ""
    when = speech.clock(window.resets_at, now)
    return speech.say(
        "About {percent} will expire unused at {time}.", percent=percent(unused, speech), time=when
    )
