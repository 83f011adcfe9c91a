"""What is learned: threads and their owners, sign-ins, quotas; how blocks go is in test_health."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.account import AccountId
from core.domain.choices import forget_old_threads
from core.domain.decision import Because
from core.domain.events import (
    AccountBack,
    AccountBlocked,
    QuotaLearned,
    SignInEnded,
    ThreadMoved,
)
from core.domain.facts import ThreadId
from core.domain.observed import (
    Observed,
    Owner,
    block_at,
    learn_outcome,
    learn_quota,
    sign_in_ended,
    signed_in_again,
)
from core.domain.outcome import (
    ClientGone,
    Failing,
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
from core.domain.quota import Window, WindowKind
from core.domain.thread_owners import chosen_without_thread, own_thread
from tests.core.domain.test_quota import quota, window
from tests.core.routing.pool import NOW

A, B = AccountId("A"), AccountId("B")
T1, T2 = ThreadId("thread-1"), ThreadId("thread-2")
MODEL = "gpt-6.1-sol"
FRESH = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def owned(account: AccountId, *, ago: timedelta = timedelta(0)) -> Owner:
    return Owner(account=account, seen_at=NOW - ago)


def limited(until: timedelta | None, model: str = "") -> Limited:
    end = None if until is None else NOW + until
    return Limited(reason=LimitReason.USAGE_LIMIT, until=end, model=model)


def learned(outcome: Outcome, observed: Observed | None = None) -> Observed:
    return learn_outcome(A, outcome, model=MODEL, now=NOW)(observed or Observed())[0]


# --- threads ---------------------------------------------------------------------------------


def test_a_new_thread_lives_where_it_was_served_and_counts_as_chosen() -> None:
    after, events = own_thread(T1, A, now=NOW, fresh_for=FRESH)(Observed(last_chosen=B))

    assert after == Observed(owners={T1: owned(A)}, last_chosen=A)
    assert events == ()


def test_a_busy_thread_costs_nothing() -> None:
    before = Observed(owners={T1: owned(A, ago=FRESH - timedelta(seconds=1))})

    after, events = own_thread(T1, A, now=NOW, fresh_for=FRESH)(before)

    assert after is before
    assert events == ()


def test_a_thread_that_speaks_again_is_seen_and_does_not_count_as_chosen() -> None:
    before = Observed(owners={T1: owned(A, ago=FRESH)}, last_chosen=B)

    after, events = own_thread(T1, A, now=NOW, fresh_for=FRESH)(before)

    assert after == Observed(owners={T1: owned(A)}, last_chosen=B)
    assert events == ()


def test_a_thread_that_moves_is_told_and_the_others_stay() -> None:
    before = Observed(owners={T1: owned(A), T2: owned(A)})

    after, events = own_thread(T1, B, now=NOW, fresh_for=FRESH)(before)

    assert after.owners == {T1: owned(B), T2: owned(A)}
    assert after.last_chosen == B
    assert events == (ThreadMoved(thread=T1, moved_from=A, moved_to=B),)


def test_a_request_without_a_thread_counts_as_chosen() -> None:
    after, events = chosen_without_thread(B)(Observed(last_chosen=A))

    assert after.last_chosen == B
    assert events == ()
    assert chosen_without_thread(B)(after)[0] is after


def test_only_threads_that_were_silent_for_too_long_are_forgotten() -> None:
    before = Observed(
        owners={T1: owned(A, ago=HOUR), T2: owned(B, ago=HOUR + timedelta(seconds=1))}
    )

    after, events = forget_old_threads(now=NOW, affinity=HOUR)(before)

    assert after.owners == {T1: owned(A, ago=HOUR)}
    assert events == ()
    assert forget_old_threads(now=NOW, affinity=HOUR)(after)[0] is after


# --- sign-ins --------------------------------------------------------------------------------


def test_a_sign_in_that_ended_is_told_once_with_its_first_reason() -> None:
    after, events = sign_in_ended(A, Because.TOKEN_EXPIRED)(Observed())
    again, no_events = sign_in_ended(A, Because.SIGN_IN_ENDED)(after)

    assert after.signed_out == {A: Because.TOKEN_EXPIRED}
    assert events == (SignInEnded(account=A),)
    assert again is after
    assert no_events == ()


def test_a_refused_token_that_the_issuer_then_ends_is_told_no_second_time() -> None:
    before = Observed(signed_out={A: Because.TOKEN_REFUSED})

    after, events = sign_in_ended(A, Because.SIGN_IN_ENDED)(before)

    assert after.signed_out == {A: Because.SIGN_IN_ENDED}
    assert events == ()


def test_who_signs_in_again_is_back() -> None:
    before = Observed(signed_out={A: Because.SIGN_IN_ENDED, B: Because.SIGN_IN_ENDED})

    after, events = signed_in_again(A)(before)

    assert after.signed_out == {B: Because.SIGN_IN_ENDED}
    assert events == (AccountBack(account=A),)
    assert signed_in_again(A)(after) == (after, ())


# --- quotas ----------------------------------------------------------------------------------


def test_numbers_are_merged_into_what_is_known_of_that_account_alone() -> None:
    before = Observed(quotas={A: quota(window(10080, 80.0)), B: quota(window(300, 5.0))})

    after, events = learn_quota(A, quota(window(300, 40.0)))(before)

    assert set(after.quotas[A].windows) == {
        ("all", WindowKind.SESSION, 300),
        ("all", WindowKind.WEEK, 10080),
    }
    assert after.quotas[B] == before.quotas[B]
    assert events == (QuotaLearned(account=A),)


# --- outcomes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Rejected(status=400), id="what the client asked wrongly"),
        pytest.param(Unreachable(detail="refused"), id="a back end that cannot be reached"),
        pytest.param(Unanswered(status=504, timed_out=False), id="a silence"),
        pytest.param(ClientGone(), id="a client that left"),
    ],
)
def test_what_is_no_accounts_fault_teaches_nothing(outcome: Outcome) -> None:
    before = Observed()

    assert learn_outcome(A, outcome, model=MODEL, now=NOW)(before) == (before, ())


def test_a_served_request_is_remembered_as_the_accounts_last_use() -> None:
    assert learned(Served(status=200)).last_used == {A: NOW}


def test_an_account_that_is_used_all_the_time_is_noted_once_a_second() -> None:
    once = learned(Served(status=200))
    for later, noted in ((0.9, NOW), (1.0, NOW + timedelta(seconds=1))):
        now = NOW + timedelta(seconds=later)
        after, _ = learn_outcome(A, Served(status=200), model=MODEL, now=now)(once)
        assert after.last_used == {A: noted}


def test_a_limit_blocks_until_its_end_and_is_told() -> None:
    after, events = learn_outcome(A, limited(HOUR), model=MODEL, now=NOW)(Observed())

    block = block_at(after, A, MODEL, NOW)
    assert block is not None
    assert (block.because, block.model, block.until) == (Because.USAGE_LIMIT, "", NOW + HOUR)
    assert events == (
        AccountBlocked(account=A, because=Because.USAGE_LIMIT.value, until=NOW + HOUR),
    )


@pytest.mark.parametrize(
    ("said", "resets", "until"),
    [
        pytest.param(HOUR, [2 * HOUR], HOUR, id="what the back end says"),
        pytest.param(None, [2 * HOUR, HOUR], 2 * HOUR, id="else when the last empty window fills"),
        pytest.param(None, [], timedelta(seconds=60), id="else soon"),
        pytest.param(timedelta(0), [], timedelta(seconds=60), id="an end that has passed is none"),
        pytest.param(-HOUR, [HOUR], HOUR, id="then the window counts"),
        pytest.param(
            timedelta(days=366), [], timedelta(days=366), id="a year and a day is the longest"
        ),
        pytest.param(
            timedelta(days=367), [], timedelta(seconds=60), id="what is longer is rubbish"
        ),
        pytest.param(
            None, [timedelta(days=400)], timedelta(seconds=60), id="so it is with a window"
        ),
        pytest.param(None, [-HOUR], timedelta(seconds=60), id="a window that has filled is none"),
    ],
)
def test_when_a_limit_ends(
    said: timedelta | None, resets: list[timedelta], until: timedelta
) -> None:
    windows = [
        replace(window(300 + n, 0.0), resets_at=NOW + reset) for n, reset in enumerate(resets)
    ]

    after = learned(limited(said), Observed(quotas={A: quota(*windows)}))

    block = block_at(after, A, MODEL, NOW)
    assert block is not None
    assert block.until == NOW + until


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(window(300, 1.0, resets_at=NOW + HOUR), id="one that is not empty"),
        pytest.param(window(300, None, resets_at=NOW + HOUR), id="one that is unknown"),
        pytest.param(window(300, 0.0, resets_at=NOW + HOUR, scope="x"), id="one of a single model"),
        pytest.param(window(300, 0.0), id="one that tells no reset"),
    ],
)
def test_only_an_empty_window_tells_when_a_limit_ends(other: Window) -> None:
    block = block_at(learned(limited(None), Observed(quotas={A: quota(other)})), A, MODEL, NOW)

    assert block is not None
    assert block.until == NOW + timedelta(seconds=60)


def test_a_limit_that_does_not_say_its_end_does_not_shorten_the_one_that_did() -> None:
    after = learned(limited(None), learned(limited(2 * HOUR)))

    block = block_at(after, A, MODEL, NOW)
    assert block is not None
    assert block.until == NOW + 2 * HOUR


def test_a_limit_of_one_model_blocks_no_other() -> None:
    after = learned(limited(HOUR, MODEL))

    assert block_at(after, A, MODEL, NOW) is not None
    assert block_at(after, A, "another", NOW) is None
    assert block_at(after, A, "", NOW) is None
    assert block_at(after, B, MODEL, NOW) is None


def test_of_two_blocks_the_longer_counts() -> None:
    after = learned(limited(2 * HOUR, MODEL), learned(limited(HOUR)))

    longest = block_at(after, A, MODEL, NOW)
    assert longest is not None
    assert longest.until == NOW + 2 * HOUR


def test_a_good_answer_ends_what_concerned_it_and_nothing_else() -> None:
    before = learned(limited(HOUR, "another"), learned(limited(HOUR)))

    after, events = learn_outcome(A, Served(status=200), model=MODEL, now=NOW)(before)

    assert block_at(after, A, MODEL, NOW) is None
    assert block_at(after, A, "another", NOW) is not None
    assert events == (AccountBack(account=A),)


def test_a_token_that_is_not_taken_ends_the_sign_in() -> None:
    after, events = learn_outcome(A, Unauthorized(code=""), model=MODEL, now=NOW)(Observed())

    assert after.signed_out == {A: Because.TOKEN_REFUSED}
    assert events == (SignInEnded(account=A),)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Failing(status=500, code=""), id="a failure"),
        pytest.param(
            Failing(status=200, code="x", retry_after_s=1e12), id="one that says nonsense"
        ),
        pytest.param(Gone(status=403, code="account_deactivated"), id="a workspace that is gone"),
    ],
)
def test_trouble_lets_an_account_rest_and_ends_by_the_clock(outcome: Outcome) -> None:
    after = learned(outcome)

    assert block_at(after, A, MODEL, NOW) is not None
    assert block_at(after, A, MODEL, NOW + timedelta(days=366)) is None
