"""What is to be expected: estimates with their range, and honest about little data."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId, Reserve
from core.domain.decision import Because
from core.domain.forecast import PoolState
from core.domain.health import Block
from core.domain.observed import Observed
from core.domain.quota import Quota, QuotaSource, Window, WindowKind, merge
from core.domain.settings import RoutingSettings
from core.domain.state import Rotation, RotationMode, State
from core.routing.forecast import forecast
from core.routing.pace import Pace, left_at_reset, pace_of, runs_out
from core.routing.select import Chances
from core.words.forecast import pool_sentence, window_sentence
from core.words.speech import english
from tests.core.routing.pool import NOW, pool

A, B = AccountId("A"), AccountId("B")
H = timedelta(hours=1)
SPEECH = english()


def session(
    remaining: float | None,
    *,
    resets_in: timedelta | None = 3 * H,
    since: timedelta | None = None,
    since_remaining: float | None = None,
) -> Window:
    return Window(
        kind=WindowKind.SESSION,
        minutes=300,
        remaining=remaining,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.HEADERS,
        since=None if since is None else NOW - since,
        since_remaining=since_remaining,
    )


def week(remaining: float, *, resets_in: timedelta) -> Window:
    return replace(session(remaining, resets_in=resets_in), kind=WindowKind.WEEK, minutes=10_080)


PACES = [
    pytest.param(
        session(60, resets_in=3 * H), Pace(low=20, likely=20, high=20), id="40 % in two hours"
    ),
    pytest.param(
        session(60, resets_in=3 * H, since=H, since_remaining=70),
        Pace(low=10, likely=10, high=20),
        id="slower of late: that is likely, the other is the range",
    ),
    pytest.param(
        session(60, resets_in=3 * H, since=timedelta(minutes=5), since_remaining=61),
        Pace(low=20, likely=20, high=20),
        id="five minutes are too little to go by",
    ),
    pytest.param(session(100, resets_in=5 * H), None, id="it has only just begun: collecting"),
    pytest.param(session(None), None, id="nobody has said how much is left"),
    pytest.param(session(60, resets_in=timedelta(0)), None, id="its reset has passed"),
    pytest.param(session(60, resets_in=None), None, id="nobody knows when it began"),
    pytest.param(
        session(100, resets_in=2 * H), Pace(low=0, likely=0, high=0), id="nothing is used"
    ),
    pytest.param(
        session(60, resets_in=None, since=H, since_remaining=40),
        Pace(low=0, likely=0, high=0),
        id="more than before is no negative pace",
    ),
]


@pytest.mark.parametrize(("window", "pace"), PACES)
def test_the_pace_of_a_window(window: Window, pace: Pace | None) -> None:
    assert pace_of(window, NOW) == pace


def test_a_window_runs_out_between_its_two_paces() -> None:
    window = session(60, resets_in=8 * H)
    out = runs_out(window, Pace(low=10, likely=15, high=20), floor=0, now=NOW)
    assert (out.earliest, out.likely, out.latest) == (NOW + 3 * H, NOW + 4 * H, NOW + 6 * H)


def test_what_would_run_out_after_its_reset_lasts() -> None:
    out = runs_out(session(60), Pace(low=10, likely=10, high=30), floor=0, now=NOW)
    assert (out.earliest, out.likely) == (NOW + 2 * H, None)


def test_what_would_last_for_years_is_not_said_to_run_out() -> None:
    crawling = Pace(low=0.001, likely=0.001, high=0.001)
    out = runs_out(session(60, resets_in=None), crawling, floor=0, now=NOW)
    assert (out.earliest, out.likely, out.latest) == (None, None, None)


def test_a_reserve_is_reached_before_the_end() -> None:
    out = runs_out(session(60), Pace(low=20, likely=20, high=20), floor=20, now=NOW)
    assert out.likely == NOW + 2 * H


def test_what_will_expire_unused_is_what_is_left_at_the_reset() -> None:
    slow = Pace(low=5, likely=5, high=5)
    assert left_at_reset(session(60), slow, floor=0) == 45
    assert left_at_reset(session(60), slow, floor=50) == 0
    assert left_at_reset(session(60), None, floor=0) is None


def known(*windows: Window) -> Quota:
    return Quota(windows={(w.scope, w.kind, w.minutes): w for w in windows})


def expect(state: State, observed: Observed) -> str:
    found = forecast(state, observed, chances())
    labels = {account.id: account.label for account in state.accounts.values()}
    return pool_sentence(found.pool, labels, NOW, SPEECH)


def chances(strategy: str = "sticky") -> Chances:
    return Chances(settings=RoutingSettings(strategy=strategy), now=NOW)


def waiting(until: timedelta) -> tuple[Block, ...]:
    return (Block(because=Because.USAGE_LIMIT, model="", since=NOW, until=NOW + until),)


VERDICTS = [
    pytest.param(pool(""), Observed(), "No account yet.", id="no account"),
    pytest.param(pool("AB"), Observed(), "Collecting.", id="nothing known"),
    pytest.param(
        pool("AB"),
        Observed(quotas={A: known(session(80)), B: known(session(95))}),
        "Enough: B has 95 % left.",
        id="plenty, and no pace to go by",
    ),
    pytest.param(
        pool("AB"),
        Observed(quotas={A: known(session(20)), B: known(session(95))}),
        "Tight: A runs out about 12:30, B takes over.",
        id="the account in use runs out soon, another takes over",
    ),
    pytest.param(
        pool("AB"),
        Observed(quotas={A: known(session(20))}, blocks={B: waiting(5 * H)}),
        "Tight: A runs out about 12:30, and no other takes over.",
        id="the account in use runs out soon, and there is no other",
    ),
    pytest.param(
        pool("AB", Rotation(mode=RotationMode.STAY, account=A)),
        Observed(quotas={A: known(session(20)), B: known(session(95))}),
        "Tight: A runs out about 12:30, and no other takes over.",
        id="during stay nobody takes over",
    ),
    pytest.param(
        pool("AB"),
        Observed(quotas={A: known(session(15, resets_in=timedelta(minutes=20)))}),
        "Tight: A has 15 % left.",
        id="little is left, and it lasts until the reset",
    ),
    pytest.param(
        pool("AB"),
        Observed(blocks={A: waiting(2 * H), B: waiting(H)}),
        "Nothing left until 13:00 (B).",
        id="all wait",
    ),
    pytest.param(
        pool("AB", A={"paused": True}, B={"paused": True}),
        Observed(),
        "No account can serve.",
        id="all paused",
    ),
    pytest.param(
        pool("A"),
        Observed(quotas={A: known(week(60, resets_in=132 * H))}),
        "Enough until Sun 18:00; A has 60 % left.",
        id="the week runs out before its reset, but not today",
    ),
    pytest.param(
        pool("AB"),
        Observed(
            quotas={A: known(week(60, resets_in=132 * H)), B: known(week(90, resets_in=24 * H))}
        ),
        "Enough: B has 90 % left.",
        id="another account's reset comes in time",
    ),
]


@pytest.mark.parametrize(("state", "observed", "sentence"), VERDICTS)
def test_the_pool_is_said_to_be(state: State, observed: Observed, sentence: str) -> None:
    assert expect(state, observed) == sentence


WINDOWS = [
    pytest.param(
        session(20),
        "5 h 20 % left; runs out about 12:30.",
        id="one pace",
    ),
    pytest.param(
        session(60, resets_in=4 * H, since=H, since_remaining=90),
        "5 h 60 % left; runs out about 14:00 (between 13:30 and 14:00).",
        id="a range",
    ),
    pytest.param(
        session(60, resets_in=2.5 * H, since=H, since_remaining=90),
        "5 h 60 % left; runs out about 14:00 at this pace, or lasts until its reset.",
        id="it may last",
    ),
    pytest.param(
        session(95, resets_in=3 * H),
        "5 h 95 % left; lasts until its reset. About 87 % will expire unused at 15:00.",
        id="most will be lost",
    ),
    pytest.param(
        session(100, resets_in=5 * H), "5 h 100 % left; collecting.", id="too little is known"
    ),
    pytest.param(
        session(100, resets_in=2 * H),
        "5 h 100 % left; not in use. About 100 % will expire unused at 14:00.",
        id="nobody uses it",
    ),
    pytest.param(
        session(40, resets_in=timedelta(0)),
        "5 h: nothing known since its reset.",
        id="its reset has passed",
    ),
]


@pytest.mark.parametrize(("window", "sentence"), WINDOWS)
def test_a_window_is_said_to(window: Window, sentence: str) -> None:
    found = forecast(pool("A"), Observed(quotas={A: known(window)}), chances())
    assert window_sentence(found.windows[0], NOW, SPEECH) == sentence


def test_who_serves_now_and_who_would_be_next() -> None:
    found = forecast(pool("AB"), Observed(last_chosen=B), chances())
    assert (found.in_use, found.next) == (B, A)


def test_a_pause_of_the_pool_hides_nobody() -> None:
    found = forecast(pool("A"), Observed(paused_until=NOW + H), chances())
    assert found.in_use == A


def looks(*remaining: float, resets_in: timedelta = 3 * H) -> Quota:
    """The same turn of a window, looked at once a quarter of an hour."""
    quota = Quota()
    for number, left in enumerate(remaining):
        at = NOW + number * timedelta(minutes=15)
        window = replace(session(left), observed_at=at, resets_at=NOW + resets_in)
        quota = merge(quota, known(window))
    return quota


def test_the_first_look_at_a_turn_is_remembered_and_a_reset_forgets_it() -> None:
    quota = looks(90, 80, 70)
    (window,) = quota.main_windows()
    assert (window.since, window.since_remaining) == (NOW, 90)
    later = NOW + timedelta(hours=4)
    anew = replace(session(100), observed_at=later, resets_at=later + 5 * H)
    (window,) = merge(quota, known(anew)).main_windows()
    assert (window.since, window.since_remaining) == (None, None)


percents = st.floats(0, 100)
hours = st.floats(-10, 400).map(lambda n: timedelta(hours=n))
windows = st.builds(
    lambda left, resets, since, first, long: replace(
        session(left, resets_in=resets, since=since, since_remaining=first),
        minutes=10_080 if long else 300,
        kind=WindowKind.WEEK if long else WindowKind.SESSION,
    ),
    st.none() | percents,
    st.none() | hours,
    st.none() | hours,
    st.none() | percents,
    st.booleans(),
)


@given(
    st.dictionaries(st.sampled_from([A, B]), st.lists(windows, max_size=2)),
    st.sampled_from(["balanced", "sticky"]),
    st.builds(Reserve, week=st.integers(0, 99), session=st.integers(0, 99)),
)
def test_a_forecast_never_promises_what_cannot_be(
    found: dict[AccountId, list[Window]], strategy: str, reserve: Reserve
) -> None:
    observed = Observed(quotas={account: known(*each) for account, each in found.items()})
    state = pool("AB", A={"reserve": reserve})
    expected = forecast(state, observed, chances(strategy))
    pool_until: datetime | None = expected.pool.until
    assert pool_until is None or pool_until >= NOW
    assert (expected.pool.state is PoolState.EMPTY) == (expected.in_use is None)
    for window in expected.windows:
        ordered = [m for m in (window.earliest, window.runs_out_at, window.latest) if m is not None]
        assert ordered == sorted(ordered)
        assert all(moment >= NOW for moment in ordered)
        assert window.resets_at is None or all(m < window.resets_at for m in ordered)
        assert window_sentence(window, NOW, SPEECH).endswith(".")
