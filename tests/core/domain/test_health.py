"""How blocks come and go: one row a sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import health
from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import AccountBack, AccountBlocked, NetworkChallenged, PoolPaused
from core.domain.health import Block, Blocks, BlockSource
from core.domain.observed import (
    Observed,
    begin_trial,
    block_at,
    clear_blocks,
    is_challenged,
    learn_outcome,
    learn_usage,
    pool_pause_at,
)
from core.domain.outcome import Challenged, Failing, Gone, Limited, LimitReason, Served
from core.domain.quota import Quota, QuotaSource, Window, WindowKind

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
A, B, C = AccountId("A"), AccountId("B"), AccountId("C")
OVERLOADED = Failing(status=503, code="server_is_overloaded")
GONE = Gone(status=402, code="deactivated_workspace")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failures(count: int, *, gap_s: float = 60) -> tuple[Blocks, datetime]:
    blocks: Blocks = ()
    now = NOW
    for number in range(count):
        now = after(number * gap_s)
        blocks = health.failed(blocks, retry_after_s=None, now=now)
    return blocks, now


@pytest.mark.parametrize(
    ("count", "wait_s"),
    [
        pytest.param(1, 10, id="once: a moment"),
        pytest.param(2, 10, id="twice: a moment again"),
        pytest.param(3, 20, id="three times in a row: the breaker opens"),
        pytest.param(4, 40, id="then twice as long each time"),
        pytest.param(30, 600, id="ten minutes at most"),
    ],
)
def test_an_account_that_fails_rests(count: int, wait_s: int) -> None:
    blocks, now = failures(count)
    (block,) = blocks
    assert (block.until - now).total_seconds() == wait_s


def test_retry_after_is_believed() -> None:
    (block,) = health.failed((), retry_after_s=90, now=NOW)
    assert block.until == after(90)


def test_an_open_breaker_lets_one_trial_through_at_a_time() -> None:
    blocks, now = failures(3)
    observed = Observed(blocks={A: blocks})
    assert not health.wants_trial(blocks, now=now)
    later = now + timedelta(seconds=20)
    assert block_at(observed, A, "", later) is None
    trying, _ = begin_trial(A, now=later)(observed)
    resting = block_at(trying, A, "", later)
    assert resting is not None
    assert resting.until == later + health.TRIAL


def test_a_trial_that_is_served_closes_the_breaker() -> None:
    blocks, now = failures(5)
    later = now + timedelta(seconds=80)
    trying, _ = begin_trial(A, now=later)(Observed(blocks={A: blocks}))
    healed, events = learn_outcome(A, Served(status=200), model="m", now=later)(trying)
    assert healed.blocks[A] == ()
    assert events == (AccountBack(account=A),)
    again, _ = learn_outcome(A, OVERLOADED, model="m", now=later)(healed)
    assert again.blocks[A][0].times == 1


def test_an_account_that_failed_twice_needs_no_trial() -> None:
    blocks, now = failures(2)
    later = now + timedelta(minutes=1)
    observed = Observed(blocks={A: blocks})
    assert begin_trial(A, now=later)(observed) == (observed, ())


def test_a_workspace_said_to_be_gone_once_only_rests_for_a_moment() -> None:
    observed, events = learn_outcome(A, GONE, model="m", now=NOW)(Observed())
    (block,) = observed.blocks[A]
    assert (block.because, block.until) == (Because.GONE_ONCE, after(30))
    assert isinstance(events[0], AccountBlocked)


@pytest.mark.parametrize(
    ("second_s", "because"),
    [
        pytest.param(1, Because.GONE_ONCE, id="in the same breath: confirms nothing"),
        pytest.param(20, Because.GONE, id="said again: gone"),
        pytest.param(3600, Because.GONE, id="said again an hour later: gone"),
    ],
)
def test_a_workspace_is_gone_after_two_confirmations(second_s: float, because: Because) -> None:
    once, _ = learn_outcome(A, GONE, model="m", now=NOW)(Observed())
    twice, _ = learn_outcome(A, GONE, model="m", now=after(second_s))(once)
    assert twice.blocks[A][0].because is because


def test_a_workspace_that_stays_gone_is_asked_again_ever_more_rarely() -> None:
    blocks: Blocks = ()
    waits = []
    now = NOW
    for _ in range(9):
        blocks = health.called_gone(blocks, now=now, source=BlockSource.USAGE)
        waits.append((blocks[0].until - now).total_seconds() / 60)
        now = blocks[0].until
    assert waits == [0.5, 10, 20, 40, 80, 160, 320, 360, 360]


def test_requests_under_way_do_not_make_a_gone_workspace_wait_longer() -> None:
    once, _ = learn_outcome(A, GONE, model="m", now=NOW)(Observed())
    twice, _ = learn_outcome(A, GONE, model="m", now=after(20))(once)
    more, _ = learn_outcome(A, GONE, model="m", now=after(21))(twice)
    assert more == twice


def test_the_usage_endpoint_brings_a_workspace_back() -> None:
    once, _ = learn_outcome(A, GONE, model="m", now=NOW)(Observed())
    twice, _ = learn_outcome(A, GONE, model="m", now=after(20))(once)
    back, events = learn_usage(A, Quota(plan="plus"), now=after(60))(twice)
    assert back.blocks[A] == ()
    assert AccountBack(account=A) in events


def main_window(remaining: float | None, *, resets_s: float = 3600) -> Quota:
    window = Window(
        kind=WindowKind.SESSION,
        minutes=300,
        remaining=remaining,
        resets_at=after(resets_s),
        scope="all",
        observed_at=NOW,
        source=QuotaSource.USAGE,
    )
    return Quota(windows={("all", WindowKind.SESSION, 300): window})


LIMITED = Limited(reason=LimitReason.USAGE_LIMIT, until=after(7200))
OF_A_MODEL = Limited(reason=LimitReason.USAGE_LIMIT, until=after(7200), model="m")


@pytest.mark.parametrize(
    ("limit", "remaining", "asked_s", "waits"),
    [
        pytest.param(LIMITED, 60.0, 120, False, id="there is something left again: it ends"),
        pytest.param(LIMITED, 60.0, 30, True, id="right after the answer: it may lag, so it stays"),
        pytest.param(LIMITED, 2.0, 120, True, id="next to nothing left: it stays"),
        pytest.param(LIMITED, None, 120, True, id="nothing known: it stays"),
        pytest.param(OF_A_MODEL, 60.0, 120, True, id="of one model: the windows do not tell"),
    ],
)
def test_a_limit_ends_early_on_fresher_evidence(
    limit: Limited, remaining: float | None, asked_s: float, waits: bool
) -> None:
    limited, _ = learn_outcome(A, limit, model="m", now=NOW)(Observed())
    asked, _ = learn_usage(A, main_window(remaining), now=after(asked_s))(limited)
    assert (block_at(asked, A, "m", after(asked_s)) is not None) is waits


def test_an_account_at_its_limit_waits_before_a_request_meets_it() -> None:
    usage = Quota(windows=main_window(0.0).windows, reached=True)
    observed, events = learn_usage(A, usage, now=NOW)(Observed())
    (block,) = observed.blocks[A]
    assert (block.because, block.until, block.source) == (
        Because.USAGE_LIMIT,
        after(3600),
        BlockSource.USAGE,
    )
    assert events[-1] == AccountBlocked(account=A, because="usage_limit_reached", until=after(3600))


def test_an_account_at_its_limit_for_nobody_knows_how_long_is_not_benched_on_a_guess() -> None:
    usage = Quota(windows=main_window(40.0).windows, reached=True)
    assert learn_usage(A, usage, now=NOW)(Observed())[0].blocks == {}


def test_credits_that_still_serve_are_no_limit() -> None:
    usage = Quota(windows=main_window(0.0).windows, reached=False)
    assert learn_usage(A, usage, now=NOW)(Observed())[0].blocks == {}


def test_three_accounts_that_fail_in_ten_seconds_pause_the_pool() -> None:
    observed = Observed()
    for number, account in enumerate((A, B, C)):
        observed, events = learn_outcome(account, OVERLOADED, model="m", now=after(number * 4))(
            observed
        )
    assert pool_pause_at(observed, after(8)) == after(18)
    assert pool_pause_at(observed, after(18)) is None
    assert PoolPaused(until=after(18)) in events


def test_a_challenge_of_the_network_pauses_the_pool_and_benches_nobody() -> None:
    observed, events = learn_outcome(A, Challenged(), model="m", now=NOW)(Observed())
    assert pool_pause_at(observed, NOW) == after(10)
    assert is_challenged(observed, after(9))
    assert not is_challenged(observed, after(10))
    assert pool_pause_at(observed, after(10)) is None
    assert events == (NetworkChallenged(until=after(10)),)
    assert observed.blocks == {}


def test_a_clock_that_is_set_back_ends_a_pause_of_the_pool() -> None:
    observed, _ = learn_outcome(A, Challenged(), model="m", now=NOW)(Observed())
    hour_before = NOW - timedelta(hours=1)
    assert pool_pause_at(observed, hour_before) is None
    assert not is_challenged(observed, hour_before)


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param([(A, 0), (A, 1), (A, 2), (A, 3)], id="one account alone"),
        pytest.param([(A, 0), (B, 1), (A, 2)], id="two accounts"),
        pytest.param([(A, 0), (B, 6), (C, 12)], id="three, but slowly"),
    ],
)
def test_the_pool_goes_on(failing: list[tuple[AccountId, int]]) -> None:
    observed = Observed()
    for account, second in failing:
        observed, _ = learn_outcome(account, OVERLOADED, model="m", now=after(second))(observed)
    assert pool_pause_at(observed, after(failing[-1][1])) is None


def test_the_users_hand_ends_every_wait() -> None:
    limited, _ = learn_outcome(A, LIMITED, model="m", now=NOW)(Observed())
    assert clear_blocks(A)(limited) == (Observed(), (AccountBack(account=A),))
    assert clear_blocks(B)(limited) == (limited, ())


def test_a_limit_of_one_model_does_not_end_another_models() -> None:
    one = Limited(reason=LimitReason.RATE_LIMIT, until=after(60), model="one")
    two = Limited(reason=LimitReason.RATE_LIMIT, until=after(90), model="two")
    observed, _ = learn_outcome(A, one, model="one", now=NOW)(Observed())
    observed, _ = learn_outcome(A, two, model="two", now=NOW)(observed)
    observed, _ = learn_outcome(A, Served(status=200), model="one", now=after(1))(observed)
    assert block_at(observed, A, "one", after(1)) is None
    assert block_at(observed, A, "two", after(1)) is not None


def rests(because: Because, *, since_s: float, until_s: float, model: str = "") -> Block:
    return Block(because=because, model=model, since=after(since_s), until=after(until_s))


@pytest.mark.parametrize(
    ("block", "stays"),
    [
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=-60, until_s=900),
            False,
            id="a limit known when it was sent: the answer is fresher",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=60, until_s=900),
            True,
            id="a limit that another request met meanwhile: the answer is older",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=60, until_s=900, model="m"),
            True,
            id="of this model, met meanwhile: the answer is older",
        ),
        pytest.param(
            rests(Because.GONE_ONCE, since_s=90, until_s=120),
            True,
            id="called gone meanwhile: half of two confirmations is not lost",
        ),
        pytest.param(
            rests(Because.FAILING, since_s=70, until_s=80),
            True,
            id="failed meanwhile and rested already: still one failure in a row",
        ),
        pytest.param(
            rests(Because.FAILING, since_s=-30, until_s=-20),
            False,
            id="failed before it was sent: the row is broken",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=-60, until_s=900, model="another"),
            True,
            id="of another model: says nothing of this one",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=-60, until_s=50, model="another"),
            False,
            id="of another model, ended by the clock: swept",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=86_400, until_s=90_000),
            False,
            id="learned in a future that the clock was set back from: not newer",
        ),
        pytest.param(
            rests(Because.USAGE_LIMIT, since_s=0, until_s=900),
            False,
            id="known in the moment of sending: the answer is fresher",
        ),
    ],
)
def test_a_good_answer_ends_only_what_was_known_when_it_was_asked_for(
    block: Block, stays: bool
) -> None:
    sent_at, now = NOW, after(100)
    before = Observed(blocks={A: (block,)})
    lesson = learn_outcome(A, Served(status=200), model="m", sent_at=sent_at, now=now)
    assert lesson(before)[0].blocks[A] == ((block,) if stays else ())


def test_a_workspace_called_gone_again_is_newer_than_what_was_sent_before() -> None:
    once = health.called_gone((), now=NOW, source=BlockSource.ANSWER)
    twice = health.called_gone(once, now=after(20), source=BlockSource.ANSWER)
    again = health.called_gone(twice, now=after(700), source=BlockSource.USAGE)
    assert health.served(again, model="m", sent_at=after(640), now=after(710)) == again
    assert health.served(again, model="m", sent_at=after(701), now=after(710)) == ()


moments = st.integers(0, 200_000).map(after)
outcomes = st.one_of(
    st.just(GONE),
    st.just(OVERLOADED),
    st.just(Served(status=200)),
    st.builds(
        Limited,
        reason=st.sampled_from(LimitReason),
        until=moments,
        model=st.sampled_from(["", "m"]),
    ),
)


@given(st.lists(st.tuples(st.integers(0, 7200), outcomes), max_size=40))
def test_nothing_waits_for_ever_and_nothing_piles_up(history: list[tuple[int, object]]) -> None:
    observed, now = Observed(), NOW
    for step, outcome in history:
        now += timedelta(seconds=step)
        observed, _ = learn_outcome(A, outcome, model="m", now=now)(observed)  # type: ignore[arg-type]
        blocks = observed.blocks.get(A, ())
        assert len(blocks) <= 2 * len(Because)
        assert all(now - timedelta(days=1) < b.until <= now + health.FARTHEST for b in blocks)


@given(st.lists(st.tuples(st.integers(0, 7200), outcomes), max_size=20))
def test_one_good_answer_makes_an_account_serve_again(history: list[tuple[int, object]]) -> None:
    observed, now = Observed(), NOW
    for step, outcome in history:
        now += timedelta(seconds=step)
        observed, _ = learn_outcome(A, outcome, model="m", now=now)(observed)  # type: ignore[arg-type]
    observed, _ = learn_outcome(A, Served(status=200), model="m", now=now)(observed)
    assert block_at(observed, A, "m", now) is None


def test_a_block_of_an_older_data_folder_counts() -> None:
    old = Block(because=Because.USAGE_LIMIT, model="", since=NOW, until=after(5))
    assert (old.source, old.times) == (BlockSource.ANSWER, 1)
