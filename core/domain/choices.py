"""What decisions want remembered, and when: turns by weight, tokens spent, questions, owners."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.account import AccountId
from core.domain.decision import Shares, Turn
from core.domain.events import Event, ThreadAsks
from core.domain.facts import ThreadId
from core.domain.health import FARTHEST
from core.domain.observed import Lesson, Observed, Spent
from core.domain.quota import Quota

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a question is taken to have been asked that the user has answered with *move*."""
USUAL_WINDOW = timedelta(days=7)
"""How long tokens are counted together where no window is known."""


def ask_about(
    thread: ThreadId, account: AccountId, *, until: datetime, moves_at: datetime, now: datetime
) -> Lesson:
    """The user is asked, once, whether the thread may leave `account`."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if thread in observed.asked:
            return observed, ()
        asks = ThreadAsks(thread=thread, account=account, until=until, moves_at=moves_at)
        return replace(observed, asked={**observed.asked, thread: now}), (asks,)

    return lesson


def settled(thread: ThreadId) -> Lesson:
    """The question about this thread has its answer."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if thread not in observed.asked:
            return observed, ()
        return replace(
            observed, asked={t: at for t, at in observed.asked.items() if t != thread}
        ), ()

    return lesson


def may_move(thread: ThreadId) -> Lesson:
    """The user's answer: the thread may move now."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        return replace(observed, asked={**observed.asked, thread: LONG_AGO}), ()

    return lesson


def learn_choice(shares: Shares) -> Lesson:
    """Remember a choice by weight."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        return replace(observed, shares=shares), ()

    return lesson


def learn_turn(among: str, turn: Turn) -> Lesson:
    """Remember a strategy's choice for the work of one rule or pool."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if observed.turns.get(among) == turn:
            return observed, ()
        return replace(observed, turns={**observed.turns, among: turn}), ()

    return lesson


def learn_spent(account: AccountId, tokens: int, *, now: datetime) -> Lesson:
    """Count tokens that went through `account`; a new longest window begins at nothing."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.spent.get(account)
        if known is not None and known.until > now:
            counted = replace(known, tokens=known.tokens + tokens)
        else:
            longest = max(
                observed.quotas.get(account, Quota()).main_windows(),
                key=lambda w: w.minutes,
                default=None,
            )
            until = None if longest is None else longest.resets_at
            fresh = until is not None and now < until <= now + FARTHEST
            end = until if fresh and until is not None else now + USUAL_WINDOW
            counted = Spent(tokens=tokens, until=end)
        return replace(observed, spent={**observed.spent, account: counted}), ()

    return lesson


def forget_old_threads(*, now: datetime, affinity: timedelta) -> Lesson:
    """Drop owners of threads that have been silent for longer than `affinity`."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        owners = {t: o for t, o in observed.owners.items() if now - o.seen_at <= affinity}
        if len(owners) == len(observed.owners):
            return observed, ()
        return replace(observed, owners=owners), ()

    return lesson
