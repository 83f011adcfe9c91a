from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.standin.meters import Window, at, filled, spent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_window_begins_with_its_first_use() -> None:
    fresh = at(Window(minutes=300), NOW)
    assert fresh.resets_at is None
    used = spent(fresh, 100_000, NOW)
    assert used.used_percent == 10
    assert used.resets_at == NOW + 5 * HOUR


def test_later_use_does_not_move_the_reset() -> None:
    used = spent(spent(Window(minutes=300), 1, NOW), 1, NOW + HOUR)
    assert used.resets_at == NOW + 5 * HOUR


def test_it_fills_to_a_hundred_and_no_further() -> None:
    full = spent(Window(minutes=300), 10_000_000, NOW)
    assert full.used_percent == 100
    assert full.exhausted


def test_it_is_empty_again_at_its_reset_and_not_before() -> None:
    full = filled(Window(minutes=300), 100, NOW + HOUR)
    assert at(full, NOW + HOUR - timedelta(seconds=1)).exhausted
    empty = at(full, NOW + HOUR)
    assert empty.used_percent == 0
    assert empty.resets_at is None


def test_a_used_window_without_a_reset_begins_now() -> None:
    assert at(Window(minutes=300, used_percent=40), NOW).resets_at == NOW + 5 * HOUR


def test_a_drifting_window_runs_out_by_itself_and_starts_again() -> None:
    minute = timedelta(minutes=1)
    window = Window(
        minutes=300, lasts=10 * minute, drift=20, as_of=NOW, resets_at=NOW + 10 * minute
    )
    assert at(window, NOW + 2 * minute).used_percent == pytest.approx(40)
    assert at(window, NOW + 5 * minute).exhausted
    again = at(window, NOW + 11 * minute)
    assert again.used_percent == pytest.approx(20)
    assert again.resets_at == NOW + 20 * minute


@given(
    used=st.floats(0, 100),
    drift=st.floats(0, 50),
    steps=st.lists(st.integers(0, 10_000), min_size=1, max_size=10),
)
def test_looking_more_often_changes_nothing(used: float, drift: float, steps: list[int]) -> None:
    window = Window(
        minutes=300, used_percent=used, drift=drift, as_of=NOW, resets_at=NOW + 5 * HOUR
    )
    end = NOW + timedelta(seconds=sum(steps))
    looked, moment = window, NOW
    for step in steps:
        moment += timedelta(seconds=step)
        looked = at(looked, moment)
        assert 0 <= looked.used_percent <= 100
    once = at(window, end)
    assert looked.used_percent == pytest.approx(once.used_percent)
    assert looked.resets_at == once.resets_at
