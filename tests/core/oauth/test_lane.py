"""One refresh at a time, and a pause between two that nobody can set a watch by."""

import asyncio
from datetime import timedelta

import pytest

from core.oauth.lane import Lane
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("drawn", "pause_s"),
    [pytest.param(0.0, 0.02, id="the least"), pytest.param(1.0, 0.03, id="with all its jitter")],
)
async def test_the_next_waits_for_the_pause(drawn: float, pause_s: float) -> None:
    clock = FakeClock()  # stands still: whatever is waited for is waited for in real time
    lane = Lane(clock, draw=lambda: drawn, gap_s=lambda: 0.02)
    loop = asyncio.get_running_loop()
    async with lane.turn():
        pass
    began = loop.time()
    async with lane.turn():
        waited = loop.time() - began
    # A loop's clock is as fine as its selector.
    assert waited >= pause_s - 0.002


async def test_the_first_waits_for_nobody_and_so_does_one_after_the_pause() -> None:
    clock = FakeClock()
    lane = Lane(clock, draw=lambda: 0.0, gap_s=lambda: 3600.0)
    for _ in range(3):
        async with asyncio.timeout(1), lane.turn():
            pass
        clock.advance(timedelta(hours=1))


async def test_a_turn_that_fails_is_followed_by_its_pause_too() -> None:
    clock = FakeClock()
    lane = Lane(clock, draw=lambda: 0.0, gap_s=lambda: 3600.0)
    with pytest.raises(ValueError, match="no answer"):
        async with lane.turn():
            raise ValueError("no answer")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), lane.turn():
            pass


async def test_turns_do_not_overlap() -> None:
    lane = Lane(FakeClock(), draw=lambda: 0.0, gap_s=lambda: 0.0)
    inside = most = 0

    async def refresh() -> None:
        nonlocal inside, most
        async with lane.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(refresh() for _ in range(5)))
    assert most == 1
