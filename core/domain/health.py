"""Why an account rests and for how long: blocks, the breaker, and two confirmations for *gone*.

A block keeps its source, its reason and its end; it ends by the clock, by fresher evidence, or by
the user's hand. One that has ended by the clock is kept for a while as memory: how often in a row
an account failed decides how long it rests the next time (the breaker), and a workspace counts as
gone only when that was said twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.decision import Because

UNSAID_WAIT = timedelta(seconds=60)
"""How long a limit counts whose end the back end did not say, and no window tells."""
FAILING_WAIT = timedelta(seconds=10)
"""How long an account rests after a 5xx or an overload that named no `Retry-After`."""
LONGEST_FAILING_WAIT = timedelta(minutes=10)
"""How long an open breaker rests at most between two trials."""
OPENS_AFTER = 3
"""Failures in a row that open the breaker: from then on one request at a time is a trial."""
TRIAL = timedelta(seconds=20)
"""How long a trial may take before another one is made."""
SAID_ONCE_WAIT = timedelta(seconds=30)
"""How long an account rests whose workspace was called gone once."""
CONFIRMED_AFTER = timedelta(seconds=5)
"""What is said again sooner than this is the same breath, and confirms nothing."""
GONE_WAIT = timedelta(minutes=10)
"""When a workspace that is gone is asked again; twice as long each time."""
LONGEST_GONE_WAIT = timedelta(hours=6)
"""When it is asked again at the latest."""
FARTHEST = timedelta(days=366)
"""An end farther away than this is rubbish, not a time."""
REMEMBERED = timedelta(hours=12)
"""How long an ended block is remembered: longer than the longest wait."""

_REMEMBERED = frozenset({Because.FAILING, Because.GONE_ONCE, Because.GONE})
_ASKED_ALL_THE_SAME = frozenset({Because.FAILING, Because.GONE_ONCE})


class BlockSource(StrEnum):
    """Through what a block was learned."""

    ANSWER = "answer"
    """The back end's answer to a request."""
    USAGE = "usage"
    """The usage endpoint."""
    USER = "user"
    """The user's own word; no evidence ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why an account serves nothing, or not one model.

    Attributes:
        because: the reason.
        model: the model it is about; empty = all.
        since: when it was learned, or last said again.
        until: when it ends by itself.
        source: through what it was learned.
        times: how often in a row.
    """

    because: Because
    model: str
    since: datetime
    until: datetime
    source: BlockSource = BlockSource.ANSWER
    times: int = 1


type Blocks = tuple[Block, ...]


def blocked(
    blocks: Blocks,
    because: Because,
    model: str,
    *,
    until: datetime,
    now: datetime,
    source: BlockSource = BlockSource.ANSWER,
) -> Blocks:
    """The blocks with a limit added, or its end moved."""
    fresh = Block(because=because, model=model, since=now, until=until, source=source)
    return (*_others(blocks, {because}, model, now), fresh)


def failed(blocks: Blocks, *, retry_after_s: float | None, now: datetime) -> Blocks:
    """The blocks after one more failure in a row: a longer rest each time, once that is a habit.

    `Retry-After` is believed, where the back end says one.
    """
    times = _times(blocks, Because.FAILING, now) + 1
    wait = min(FAILING_WAIT * 2 ** min(max(times - OPENS_AFTER + 1, 0), 10), LONGEST_FAILING_WAIT)
    if retry_after_s is not None:
        wait = min(timedelta(seconds=retry_after_s), FARTHEST)
    fresh = Block(because=Because.FAILING, model="", since=now, until=now + wait, times=times)
    return (*_others(blocks, {Because.FAILING}, "", now), fresh)


def called_gone(blocks: Blocks, *, now: datetime, source: BlockSource) -> Blocks:
    """The blocks after the back end said that account or workspace is out of service.

    The first time it only rests for a moment; said again, and not in the same breath, it counts.
    """
    known = next((b for b in blocks if b.because is Because.GONE), None)
    once = next((b for b in blocks if b.because is Because.GONE_ONCE), None)
    if known is None and once is None:
        until = now + SAID_ONCE_WAIT
        fresh = Block(because=Because.GONE_ONCE, model="", since=now, until=until, source=source)
        return (*_others(blocks, set(), "", now), fresh)
    if known is None and once is not None and now - once.since < CONFIRMED_AFTER:
        return blocks
    if known is not None and known.until > now and source is BlockSource.ANSWER:
        return blocks  # of a request that was under way when it was confirmed
    times = 1 if known is None else known.times + 1
    wait = min(GONE_WAIT * 2 ** min(times - 1, 10), LONGEST_GONE_WAIT)
    fresh = Block(
        because=Because.GONE, model="", since=now, until=now + wait, source=source, times=times
    )
    return (*_others(blocks, {Because.GONE, Because.GONE_ONCE}, "", now), fresh)


def served(blocks: Blocks, *, model: str, sent_at: datetime, now: datetime) -> Blocks:
    """The blocks after a good answer: fresher evidence than what was known when it was asked for.

    What was learned while the request was under way is newer than what the back end made of it,
    and stays. A block from a future that never came (the clock was set back) is no newer.
    """
    return blocks and tuple(
        b
        for b in blocks
        if sent_at < b.since <= now
        or (b.until > now and (b.model not in ("", model) or b.source is BlockSource.USER))
    )


def answers_again(blocks: Blocks) -> Blocks:
    """The blocks after the usage endpoint took the account: neither account nor workspace is gone.

    It says nothing about turns that fail.
    """
    return tuple(b for b in blocks if b.because not in (Because.GONE, Because.GONE_ONCE))


def without_troubles(blocks: Blocks) -> Blocks:
    """The blocks without what says that the account does not work; its limits, and waits, stay."""
    return tuple(b for b in blocks if b.because not in _REMEMBERED)


def limit_lifted(blocks: Blocks, *, now: datetime) -> Blocks:
    """The blocks after the usage endpoint said that there is something left again."""
    return tuple(
        b
        for b in blocks
        if not (b.because in (Because.USAGE_LIMIT, Because.QUOTA) and not b.model)
        or now - b.since < UNSAID_WAIT  # the usage endpoint can lag behind an answer
    )


def on_trial(blocks: Blocks, *, now: datetime) -> Blocks:
    """The blocks while one request finds out whether the account serves again."""
    return tuple(replace(b, until=now + TRIAL) if _half_open(b, now) else b for b in blocks)


def wants_trial(blocks: Blocks, *, now: datetime) -> bool:
    """Whether the next request is a trial: the breaker is half open."""
    return bool(blocks) and any(_half_open(b, now) for b in blocks)


def lasting(blocks: Blocks, model: str, now: datetime) -> Block | None:
    """The block that counts for `model` at `now`: the one that lasts longest.

    A trouble that an account is asked in spite of, where nobody else is left, hides no other.
    """
    active = [b for b in blocks if b.until > now and b.model in ("", model)]
    return max(active, key=lambda b: (b.because not in _ASKED_ALL_THE_SAME, b.until), default=None)


def _half_open(block: Block, now: datetime) -> bool:
    return (
        block.because is Because.FAILING
        and block.times >= OPENS_AFTER
        and block.until <= now < block.until + REMEMBERED
    )


def _times(blocks: Blocks, because: Because, now: datetime) -> int:
    return max(
        (b.times for b in blocks if b.because is because and now < b.until + REMEMBERED), default=0
    )


def _others(blocks: Blocks, replaced: set[Because], model: str, now: datetime) -> Blocks:
    """Every block but the one that is replaced and those that need not be remembered."""
    return tuple(
        b
        for b in blocks
        if not (b.because in replaced and b.model == model)
        and (b.until > now or (b.because in _REMEMBERED and now < b.until + REMEMBERED))
    )
