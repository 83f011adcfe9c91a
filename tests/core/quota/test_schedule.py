"""When the usage endpoint is asked about whom: one row a sentence."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.health import Block
from core.domain.observed import Observed
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.quota.schedule import interval, next_question, turned_away
from tests.core.routing.pool import NOW, pool

A, B = AccountId("A"), AccountId("B")
EVERY = timedelta(minutes=10)


def ago(minutes: float) -> timedelta:
    return timedelta(minutes=-minutes)


def told(
    minutes_ago: float, *, resets_in: timedelta | None = None, kind: WindowKind = WindowKind.SESSION
) -> Quota:
    window = Window(
        kind=kind,
        minutes=300,
        remaining=50.0,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope="all",
        observed_at=NOW + ago(minutes_ago),
        source=QuotaSource.HEADERS,
    )
    return Quota(windows={("all", kind, 300): window})


def gone(until: timedelta) -> tuple[Block, ...]:
    return (Block(because=Because.GONE, model="", since=NOW, until=NOW + until),)


ROWS = [
    pytest.param(Observed(), {}, timedelta(0), id="nothing is known: at once"),
    pytest.param(
        Observed(quotas={A: told(4)}),
        {},
        timedelta(minutes=6),
        id="told by traffic: when it is old",
    ),
    pytest.param(
        Observed(quotas={A: told(40)}), {}, timedelta(minutes=-30), id="told long ago: overdue"
    ),
    pytest.param(
        Observed(quotas={A: told(40)}),
        {A: NOW + ago(1)},
        timedelta(minutes=9),
        id="asked a moment ago without an answer: not again at once",
    ),
    pytest.param(
        Observed(quotas={A: told(4, resets_in=timedelta(minutes=2))}),
        {},
        timedelta(minutes=3, seconds=30),
        id="a reset is near: soon after it",
    ),
    pytest.param(
        Observed(quotas={A: told(1, resets_in=timedelta(minutes=-3))}),
        {},
        timedelta(minutes=9),
        id="what was told after a reset needs no question",
    ),
    pytest.param(
        Observed(quotas={A: told(4)}, blocks={A: gone(timedelta(seconds=70))}),
        {},
        timedelta(minutes=1),
        id="a workspace that is gone: before a request would meet it",
    ),
    pytest.param(
        Observed(quotas={A: told(-500)}), {}, EVERY, id="a clock that was set back silences nobody"
    ),
    pytest.param(
        Observed(quotas={A: told(4, kind=WindowKind.SPEND)}),
        {},
        timedelta(minutes=6),
        id="a plan that only has a spending limit",
    ),
    pytest.param(
        Observed(quotas={A: Quota(plan="plus")}), {}, timedelta(0), id="a plan's name is no number"
    ),
]


@pytest.mark.parametrize(("observed", "asked", "due"), ROWS)
def test_an_account_is_asked_about(
    observed: Observed, asked: dict[AccountId, object], due: timedelta
) -> None:
    found = next_question(pool("A"), observed, asked=asked, every=EVERY, now=NOW)  # type: ignore[arg-type]
    assert found == (NOW + due, A)


@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        pytest.param({"enabled": False}, Observed(), id="a disabled account"),
        pytest.param({}, Observed(signed_out={A: Because.SIGN_IN_ENDED}), id="a signed-out one"),
    ],
)
def test_nothing_is_asked_about(changes: dict[str, object], observed: Observed) -> None:
    assert next_question(pool("A", A=changes), observed, asked={}, every=EVERY, now=NOW) is None


def test_the_account_whose_numbers_are_oldest_comes_first() -> None:
    observed = Observed(quotas={A: told(12), B: told(15)})
    found = next_question(pool("AB"), observed, asked={}, every=EVERY, now=NOW)
    assert found == (NOW + ago(5), B)


@pytest.mark.parametrize(
    ("idle_min", "minutes"),
    [
        pytest.param(0, 2, id="somebody looks: every two minutes"),
        pytest.param(6, 2, id="a moment later still"),
        pytest.param(30, 10, id="half an hour idle: every ten"),
        pytest.param(6000, 30, id="for days: every half hour"),
    ],
)
def test_numbers_are_kept_fresher_while_somebody_looks(idle_min: int, minutes: int) -> None:
    every = interval(
        idle=timedelta(minutes=idle_min), least=timedelta(minutes=2), most=timedelta(minutes=30)
    )
    assert every == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("idle_min", "minutes"),
    [
        pytest.param(0, 6, id="somebody looks"),
        pytest.param(30, 30, id="half an hour ago"),
        pytest.param(600, 30, id="never more rarely than at the most"),
    ],
)
def test_on_its_battery_a_machine_asks_more_rarely(idle_min: int, minutes: int) -> None:
    every = interval(
        idle=timedelta(minutes=idle_min),
        least=timedelta(minutes=2),
        most=timedelta(minutes=30),
        on_battery=True,
    )
    assert every == timedelta(minutes=minutes)


def test_a_refusal_backs_off_twice_as_long_each_time_up_to_an_hour() -> None:
    waits = []
    known = None
    for _ in range(6):
        known = turned_away(known, retry_after_s=None, now=NOW)
        waits.append((known.until - NOW) / timedelta(minutes=1))
    assert waits == [5, 10, 20, 40, 60, 60]


def test_a_longer_retry_after_is_kept_to() -> None:
    assert turned_away(None, retry_after_s=7200, now=NOW).until == NOW + timedelta(hours=2)
    assert turned_away(None, retry_after_s=1, now=NOW).until == NOW + timedelta(minutes=5)


minutes = st.floats(-1000, 1000).map(lambda m: timedelta(minutes=m))


@given(minutes, minutes, st.none() | minutes)
def test_nobody_is_asked_again_right_after_a_question(
    told_ago: timedelta, resets_in: timedelta, asked_ago: timedelta | None
) -> None:
    observed = Observed(quotas={A: told(told_ago / timedelta(minutes=1), resets_in=resets_in)})
    asked = {} if asked_ago is None else {A: NOW + asked_ago}
    first = next_question(pool("A"), observed, asked=asked, every=EVERY, now=NOW)
    assert first is not None
    again = next_question(pool("A"), observed, asked={A: NOW}, every=EVERY, now=NOW)
    assert again is not None
    assert again[0] > NOW
