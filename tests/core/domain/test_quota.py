"""What is left: windows told by their length, looks merged by their time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.domain.quota import (
    Credits,
    Quota,
    QuotaSource,
    Window,
    WindowKind,
    as_of,
    kind_of,
    merge,
)
from tests.core.routing.pool import NOW

HOUR, DAY = 60, 1440
SOONER, LATER = NOW - timedelta(minutes=5), NOW + timedelta(minutes=5)


def window(
    minutes: int = 300,
    remaining: float | None = 50.0,
    *,
    scope: str = "all",
    resets_at: datetime | None = None,
    observed_at: datetime = NOW,
) -> Window:
    return Window(
        kind=kind_of(minutes),
        minutes=minutes,
        remaining=remaining,
        resets_at=resets_at,
        scope=scope,
        observed_at=observed_at,
        source=QuotaSource.HEADERS,
    )


def quota(*windows: Window) -> Quota:
    return Quota(windows={(w.scope, w.kind, w.minutes): w for w in windows})


@pytest.mark.parametrize(
    ("minutes", "kind"),
    [
        pytest.param(1, WindowKind.SESSION, id="a minute"),
        pytest.param(5 * HOUR, WindowKind.SESSION, id="five hours"),
        pytest.param(6 * HOUR, WindowKind.SESSION, id="six hours are the longest session"),
        pytest.param(6 * HOUR + 1, WindowKind.OTHER, id="a minute more is none"),
        pytest.param(DAY, WindowKind.OTHER, id="a day has no name of its own"),
        pytest.param(6 * DAY - 1, WindowKind.OTHER, id="short of six days"),
        pytest.param(6 * DAY, WindowKind.WEEK, id="six days are the shortest week"),
        pytest.param(7 * DAY, WindowKind.WEEK, id="a week"),
        pytest.param(8 * DAY, WindowKind.WEEK, id="eight days are the longest week"),
        pytest.param(8 * DAY + 1, WindowKind.OTHER, id="a minute more is no week"),
        pytest.param(28 * DAY - 1, WindowKind.OTHER, id="short of four weeks"),
        pytest.param(28 * DAY, WindowKind.MONTH, id="four weeks are the shortest month"),
        pytest.param(365 * DAY, WindowKind.MONTH, id="whatever is longer"),
    ],
)
def test_a_window_is_told_by_its_length(minutes: int, kind: WindowKind) -> None:
    assert kind_of(minutes) is kind


@pytest.mark.parametrize(
    ("known", "fresh", "left"),
    [
        pytest.param(
            window(remaining=50.0, observed_at=SOONER),
            window(remaining=40.0),
            40.0,
            id="the later look wins",
        ),
        pytest.param(
            window(remaining=50.0, observed_at=LATER),
            window(remaining=40.0),
            50.0,
            id="a late answer of an earlier look does not",
        ),
        pytest.param(
            window(remaining=50.0), window(remaining=40.0), 40.0, id="of the same time, the newer"
        ),
        pytest.param(
            window(remaining=50.0, observed_at=SOONER),
            window(remaining=None),
            None,
            id="what is unknown now is not what it was",
        ),
    ],
)
def test_two_looks_at_one_window(known: Window, fresh: Window, left: float | None) -> None:
    merged = merge(quota(known), quota(fresh)).window(WindowKind.SESSION)

    assert merged is not None
    assert merged.remaining == left


def test_windows_that_a_look_does_not_name_stay() -> None:
    merged = merge(quota(window(300), window(7 * DAY)), quota(window(300, 10.0)))

    assert {minutes for _, _, minutes in merged.windows} == {300, 7 * DAY}


def test_a_limit_of_one_model_is_another_window_than_everybodys() -> None:
    merged = merge(quota(window(300, 50.0)), quota(window(300, 10.0, scope="gpt-x")))

    everybody, one = (
        merged.window(WindowKind.SESSION),
        merged.window(WindowKind.SESSION, scope="gpt-x"),
    )
    assert everybody is not None
    assert one is not None
    assert (everybody.remaining, one.remaining) == (50.0, 10.0)


def test_credits_and_plan_stay_until_they_are_said_anew() -> None:
    some = Credits(has=True, unlimited=False, balance="12.50")
    known = Quota(credits=some, plan="plus")

    assert merge(known, Quota()) == known
    none = replace(some, has=False, balance="0")
    assert merge(known, Quota(credits=none, plan="pro")) == Quota(credits=none, plan="pro")


def test_of_two_sessions_the_shorter_is_the_session() -> None:
    found = quota(window(300), window(60)).window(WindowKind.SESSION)

    assert found is not None
    assert found.minutes == 60
    assert quota(window(300)).window(WindowKind.WEEK) is None


@pytest.mark.parametrize(
    ("resets_at", "counts"),
    [
        pytest.param(NOW + timedelta(seconds=1), True, id="before its reset it counts"),
        pytest.param(NOW, False, id="at its reset it is unknown"),
        pytest.param(NOW - timedelta(days=1), False, id="and stays so"),
        pytest.param(None, True, id="without a reset it counts on"),
    ],
)
def test_a_window_counts_until_its_reset(resets_at: datetime | None, counts: bool) -> None:
    seen = window(resets_at=resets_at)

    assert as_of(seen, NOW) == (seen if counts else None)
