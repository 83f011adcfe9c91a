"""What may still be used of an account, window by window: one row a sentence."""

from datetime import timedelta

import pytest

from core.domain.account import Reserve
from core.domain.quota import Quota, QuotaSource, Window, WindowKind, kind_of
from core.routing.headroom import UNKNOWN, HeadRoom, at_reserve, floor_of, headroom, is_low
from tests.core.routing.pool import NOW, account

SESSION, DAY, WEEK, MONTH = 300, 1_440, 10_080, 43_200
SOON, LATER = timedelta(hours=2), timedelta(days=3)


def window(
    minutes: int,
    left: float | None,
    resets_in: timedelta | None = SOON,
    *,
    scope: str = "all",
    kind: WindowKind | None = None,
) -> Window:
    return Window(
        kind=kind or kind_of(minutes),
        minutes=minutes,
        remaining=left,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope=scope,
        observed_at=NOW,
        source=QuotaSource.HEADERS,
    )


def quota(*windows: Window) -> Quota:
    return Quota(windows={(w.scope, w.kind, w.minutes): w for w in windows})


ROOMS = [
    pytest.param(quota(), UNKNOWN, id="nothing is known"),
    pytest.param(quota(window(SESSION, None)), UNKNOWN, id="nobody has said how much is left"),
    pytest.param(quota(window(SESSION, 40, -SOON)), UNKNOWN, id="its reset has passed"),
    pytest.param(quota(window(SESSION, 40, scope="Fox")), UNKNOWN, id="a limit of one model"),
    pytest.param(
        quota(window(0, 40, kind=WindowKind.SPEND)), UNKNOWN, id="a limit of spending, no window"
    ),
    pytest.param(
        quota(window(SESSION, 40)),
        HeadRoom(40, None, 40, NOW + SOON, SESSION),
        id="a session alone: it is what would be lost",
    ),
    pytest.param(
        quota(window(WEEK, 70, LATER)),
        HeadRoom(None, 70, 70, NOW + LATER, WEEK),
        id="a week alone",
    ),
    pytest.param(
        quota(window(SESSION, 40), window(WEEK, 70, LATER)),
        HeadRoom(40, 70, 70, NOW + LATER, WEEK),
        id="session and week: the week is what would be lost",
    ),
    pytest.param(
        quota(window(60, 90), window(SESSION, 40)),
        HeadRoom(90, None, 90, NOW + SOON, 60),
        id="two short windows: the shorter one is the session",
    ),
    pytest.param(
        quota(window(WEEK, 20, LATER), window(MONTH, 60, None)),
        HeadRoom(None, 20, 20, NOW + LATER, WEEK),
        id="two long windows: the one that runs out first",
    ),
    pytest.param(
        quota(window(WEEK, 60, LATER), window(MONTH, 20, None)),
        HeadRoom(None, 20, 20, None, MONTH),
        id="two long windows, the later one is emptier",
    ),
    pytest.param(
        quota(window(DAY, 30)), HeadRoom(None, 30, 30, NOW + SOON, DAY), id="a day counts as long"
    ),
]


@pytest.mark.parametrize(("known", "room"), ROOMS)
def test_the_room_of_an_account(known: Quota, room: HeadRoom) -> None:
    assert headroom(account("A", 1), known, NOW) == room


KEPT = Reserve(session=10, week=20, month=30)


@pytest.mark.parametrize(
    ("minutes", "floor"),
    [
        pytest.param(SESSION, 10, id="of the session"),
        pytest.param(WEEK, 20, id="of the week"),
        pytest.param(MONTH, 30, id="of the month"),
        pytest.param(DAY, 0, id="of a window that no reserve can name: nothing"),
    ],
)
def test_a_reserve_is_kept(minutes: int, floor: float) -> None:
    assert floor_of(KEPT, kind_of(minutes)) == floor
    room = headroom(account("A", 1, reserve=KEPT), quota(window(minutes, 50)), NOW)
    assert room.lost == 50 - floor


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        pytest.param(quota(window(WEEK, 21)), None, id="above it"),
        pytest.param(quota(window(WEEK, 20)), WEEK, id="at it"),
        pytest.param(quota(window(WEEK, None)), None, id="nobody knows"),
        pytest.param(quota(window(WEEK, 5, -SOON)), None, id="its reset has passed"),
        pytest.param(quota(window(WEEK, 5, scope="Fox")), None, id="a limit of one model"),
        pytest.param(quota(window(DAY, 0)), None, id="a window that no reserve can name"),
        pytest.param(
            quota(window(SESSION, 5), window(WEEK, 5, LATER)), WEEK, id="two: what resets last"
        ),
        pytest.param(
            quota(window(SESSION, 5, None), window(WEEK, 5, LATER)),
            SESSION,
            id="two: of one nobody knows when",
        ),
    ],
)
def test_only_the_reserve_is_left(known: Quota, kept: int | None) -> None:
    found = at_reserve(account("A", 1, reserve=KEPT), known, NOW)
    assert (None if found is None else found.minutes) == kept


@pytest.mark.parametrize(
    ("room", "low"),
    [
        pytest.param(UNKNOWN, False, id="unknown is not low"),
        pytest.param(HeadRoom(5, None, 5, None, SESSION), True, id="its session is"),
        pytest.param(HeadRoom(6, 11, 11, None, WEEK), False, id="neither is"),
        pytest.param(HeadRoom(50, 10, 10, None, WEEK), True, id="its week is"),
    ],
)
def test_a_window_at_its_soft_threshold(room: HeadRoom, low: bool) -> None:
    assert is_low(room, session=5, longer=10) is low
