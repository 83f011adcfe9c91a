"""The fake clock moves only by hand, and both its faces move together."""

from datetime import UTC, datetime, timedelta

import pytest

from core.runtime.clock import Clock
from tests.fakes.clock import START, FakeClock


def test_clock_stands_still_until_it_is_moved(clock: FakeClock) -> None:
    seen: Clock = clock
    assert seen.now() == seen.now() == START
    assert seen.monotonic() == seen.monotonic()


@pytest.mark.parametrize("step", [timedelta(minutes=5), 300.0], ids=["a duration", "seconds"])
def test_moving_it_moves_wall_and_monotonic_alike(
    clock: FakeClock, step: timedelta | float
) -> None:
    before = clock.monotonic()
    clock.advance(step)
    assert clock.now() == START + timedelta(minutes=5)
    assert clock.monotonic() - before == 300


def test_corrected_wall_clock_leaves_waits_alone(clock: FakeClock) -> None:
    before = clock.monotonic()
    clock.set_wall(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2020
    assert clock.monotonic() == before


def test_time_does_not_go_back(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
