"""A program that stood still knows so afterwards, whichever clock went on meanwhile."""

from datetime import timedelta

import pytest

from core.proxy.standstill import Standstill
from tests.fakes.clock import FakeClock

MINUTE = 60.0
NIGHT = 8 * 3600.0


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "stood_still", "slept"),
    [
        pytest.param(30, 30, False, False, id="half a minute of work"),
        pytest.param(NIGHT, 0, True, True, id="a night, on Linux and macOS"),
        pytest.param(NIGHT, NIGHT, True, False, id="a night on Windows, or stopped"),
        pytest.param(-NIGHT, 30, False, False, id="the clock was set back"),
        pytest.param(NIGHT + 30, 30, True, True, id="the clock was set ahead"),
        pytest.param(-NIGHT, 2 * MINUTE, True, False, id="stopped, and the clock set back"),
    ],
)
def test_a_standstill_is_known_afterwards(
    wall_s: float, monotonic_s: float, stood_still: bool, slept: bool
) -> None:
    clock = FakeClock()
    often, rarely = (Standstill(clock, longest_s=MINUTE) for _ in range(2))
    began = clock.now()
    clock.advance(monotonic_s)
    clock.set_wall(began + timedelta(seconds=wall_s))
    assert (often.was(), rarely.was_slept()) == (stood_still, slept)
    assert (often.was(), rarely.was_slept()) == (False, False), "once"
