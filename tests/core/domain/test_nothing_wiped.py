"""What the back end said stays until the clock, fresher evidence or the user's hand ends it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.choices import forget_old_threads, learn_spent
from core.domain.decision import Because
from core.domain.facts import ThreadId
from core.domain.health import Block
from core.domain.observed import (
    Lesson,
    Observed,
    begin_trial,
    clear_blocks,
    learn_outcome,
    learn_quota,
    learn_usage,
    mended,
    sign_in_ended,
    signed_in_again,
)
from core.domain.outcome import (
    Challenged,
    ClientGone,
    Failing,
    Foreign,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
    Unreachable,
)
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.domain.thread_owners import chosen_without_thread, own_thread

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
A, B = AccountId("A"), AccountId("B")
RESET = NOW + timedelta(days=3)
LIMIT = Block(because=Because.USAGE_LIMIT, model="", since=NOW, until=RESET)

type Said = Callable[[datetime], Lesson]


def said(outcome: Outcome, *, model: str = "m", account: AccountId = A) -> Said:
    return lambda now: learn_outcome(account, outcome, model=model, now=now)


def quota(left: float | None, *, resets_at: datetime = RESET) -> Quota:
    key = ("all", WindowKind.WEEK, 10_080)
    window = Window(
        kind=WindowKind.WEEK,
        minutes=10_080,
        remaining=left,
        resets_at=resets_at,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.USAGE,
    )
    return Quota(windows={key: window})


def answered_before_the_limit(now: datetime) -> Lesson:
    before = NOW - timedelta(seconds=1)
    return learn_outcome(A, Served(status=200), model="m", now=now, sent_at=before)


NOT_ENOUGH: list[Said] = [
    said(Failing(status=503, code="")),
    said(Gone(status=402, code="deactivated_workspace")),
    said(Challenged()),
    said(Foreign()),
    said(Rejected(status=400)),
    said(Unreachable(detail="")),
    said(Unanswered(status=504, timed_out=False)),
    said(ClientGone()),
    said(Unauthorized(code="")),
    said(Limited(reason=LimitReason.RATE_LIMIT, until=None, model="m")),
    said(Limited(reason=LimitReason.USAGE_LIMIT, until=None, model="m")),
    said(Served(status=200), account=B),
    answered_before_the_limit,
    lambda now: learn_quota(A, quota(90)),
    lambda now: learn_usage(A, Quota(plan="plus"), now=now),
    lambda now: learn_usage(A, quota(None), now=now),
    lambda now: learn_usage(A, quota(1), now=now),
    lambda now: learn_usage(B, quota(90), now=now),
    lambda now: sign_in_ended(A, Because.TOKEN_REFUSED),
    lambda now: signed_in_again(A),
    lambda now: begin_trial(A, now=now),
    lambda now: own_thread(ThreadId("t"), A, now=now, fresh_for=timedelta(minutes=1)),
    lambda now: chosen_without_thread(A),
    lambda now: forget_old_threads(now=now, affinity=timedelta(days=1)),
    lambda now: learn_spent(A, 1000, now=now),
    lambda now: clear_blocks(B),
    lambda now: mended(A),
]


@given(st.lists(st.tuples(st.integers(0, 3600), st.sampled_from(NOT_ENOUGH)), max_size=40))
def test_a_reset_that_was_said_outlives_all_that_is_no_evidence_against_it(
    history: list[tuple[int, Said]],
) -> None:
    observed, now = Observed(blocks={A: (LIMIT,)}), NOW
    for step, lesson in history:
        now += timedelta(seconds=step)
        observed, _ = lesson(now)(observed)
        assert LIMIT in observed.blocks[A]


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(said(Served(status=200)), id="a turn that was served afterwards"),
        pytest.param(
            lambda now: learn_usage(A, quota(60), now=now), id="the usage endpoint: much is left"
        ),
        pytest.param(lambda now: clear_blocks(A), id="the user's hand"),
        pytest.param(
            said(Limited(reason=LimitReason.USAGE_LIMIT, until=NOW + timedelta(hours=1))),
            id="the back end names another time",
        ),
    ],
)
def test_a_reset_that_was_said_is_replaced_by(lesson: Said) -> None:
    observed, _ = lesson(NOW + timedelta(minutes=2))(Observed(blocks={A: (LIMIT,)}))
    assert LIMIT not in observed.blocks.get(A, ())


def test_a_limit_that_names_no_time_does_not_wipe_the_time_that_was_named() -> None:
    silent = Limited(reason=LimitReason.USAGE_LIMIT, until=None)
    lesson = learn_outcome(A, silent, model="m", now=NOW + timedelta(minutes=2))
    observed, _ = lesson(Observed(blocks={A: (LIMIT,)}))
    assert [block.until for block in observed.blocks[A]] == [RESET]
