"""What all accounts together have left from now on: used by all, filled again at each reset."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.quota import Quota
from core.routing.ahead import STEPS, Room, look_ahead, room_of
from core.routing.pace import Pace
from tests.core.routing.pool import NOW, pool
from tests.core.routing.test_forecast import session, week

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def room(
    left: float, per_hour: float = 0.0, *, resets_in: timedelta | None = None, width: float = 0.0
) -> Room:
    return Room(
        left=left,
        full=100.0,
        resets_at=None if resets_in is None else NOW + resets_in,
        length=WEEK,
        pace=Pace(low=per_hour - width, likely=per_hour, high=per_hour + width),
    )


def likely(*rooms: Room, hours: int, span: timedelta = WEEK) -> float:
    points = look_ahead(rooms, NOW, span)
    return next(p.likely for p in points if p.at == NOW + hours * HOUR)


@pytest.mark.parametrize(
    ("rooms", "hours", "left"),
    [
        pytest.param([room(80)], 100, 80, id="what nobody uses stays"),
        pytest.param([room(80, 1)], 20, 60, id="it is used at its pace"),
        pytest.param([room(80, 1)], 100, 0, id="there is never less than nothing"),
        pytest.param([room(80, 1, resets_in=20 * HOUR)], 20, 100, id="a reset fills it"),
        pytest.param([room(10, 1, resets_in=20 * HOUR)], 15, 0, id="nothing is left before it"),
        pytest.param([room(100), room(0, 2)], 10, 40, id="what one had in use, all have in use"),
        pytest.param([room(50, 1, resets_in=DAY)], 168, 0, id="and used up after its reset"),
    ],
)
def test_pool_ahead(rooms: list[Room], hours: int, left: float) -> None:
    assert likely(*rooms, hours=hours) == pytest.approx(left)


def test_band_is_as_wide_as_what_is_known_of_the_pace() -> None:
    last = look_ahead([room(80, 1, width=0.5)], NOW, 40 * HOUR)[-1]
    assert (last.low, last.likely, last.high) == pytest.approx((20, 40, 60))


def test_nothing_known_is_no_line() -> None:
    assert look_ahead([], NOW, WEEK) == ()
    assert look_ahead([room(80)], NOW, timedelta(0)) == ()


def test_large_plans_count_for_what_they_are() -> None:
    account = next(iter(pool("A").accounts.values()))
    shown = Quota(windows={("all", w.kind, w.minutes): w for w in (week(50, resets_in=DAY),)})
    plus = room_of(account, shown, NOW)
    larger = room_of(account, Quota(windows=shown.windows, plan="pro"), NOW)
    assert plus is not None
    assert larger is not None
    assert larger.left == 10 * plus.left


def test_session_alone_says_nothing_about_the_days_to_come() -> None:
    account = next(iter(pool("A").accounts.values()))
    window = session(50)
    assert room_of(account, Quota(windows={("all", window.kind, 300): window}), NOW) is None


rooms = st.builds(
    room,
    st.floats(0, 100),
    st.floats(5, 20),
    resets_in=st.none() | st.timedeltas(timedelta(0), WEEK),
    width=st.floats(0, 5),
)


@given(st.lists(rooms, min_size=1, max_size=4), st.timedeltas(HOUR, 30 * DAY))
def test_line_stays_between_nothing_and_everything(known: list[Room], span: timedelta) -> None:
    points = look_ahead(known, NOW, span)
    assert len(points) == STEPS + 1
    assert all(-1e-6 <= p.low <= p.likely + 1e-6 <= p.high + 2e-6 <= 100 + 3e-6 for p in points)
