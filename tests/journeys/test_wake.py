"""A night's sleep, and a clock that is set: whoever works goes on, and time is judged anew.

In a sleep the program is stopped, and when it goes on its wall clock has jumped and its monotonic
one has not: that is what a sleep is on Linux and macOS. A clock that is set jumps while it works.
"""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.standin.people import make_login
from core.standin.script import Gate
from core.standin.server import StandIn
from tests.core.accounts.stores.documents import listed
from tests.fakes.cable import Cable
from tests.fakes.wall_clock import WallClock
from tests.journeys.test_sleep import ASKED, kinds, tool
from tests.journeys.turntable import Serving, Turntable

pytestmark = pytest.mark.codex
type Jump = Callable[[Serving, WallClock], Awaitable[None]]
NIGHT = timedelta(hours=9)
IMPATIENT = {
    "TURNTABLE_UPSTREAM_HEADER_TIMEOUT_S": "60",
    "TURNTABLE_UPSTREAM_IDLE_TIMEOUT_S": "60",
}
"""Less than any jump here: a deadline by the wall clock would be over."""


@pytest.fixture
def wall(tmp_path: Path, turntable: Turntable) -> WallClock:
    """The wall clock of every program of Turntable's in this test."""
    wall = WallClock(tmp_path)
    turntable.env |= {**wall.env, **IMPATIENT}
    return wall


async def sleep_through(serving: Serving, wall: WallClock) -> None:
    """A night, for the program; the world goes on meanwhile as the test says."""
    serving.process.send_signal(signal.SIGSTOP)
    wall.jump(NIGHT)
    serving.process.send_signal(signal.SIGCONT)


async def set_ahead(serving: Serving, wall: WallClock) -> None:
    wall.jump(NIGHT)


async def set_back(serving: Serving, wall: WallClock) -> None:
    wall.jump(-NIGHT)


def ends_well(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and kinds(answer.text)[-1] == "response.completed"


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("jump", [sleep_through, set_ahead, set_back])
async def test_whatever_is_under_way_goes_on_and_nothing_is_sent_twice(
    turntable: Turntable, back_end: StandIn, wall: WallClock, jump: Jump
) -> None:
    gates = [Gate(), Gate(), *(Gate(after_events=4) for _ in range(6))]
    async with turntable.serve() as serving, tool(turntable, serving) as client:
        for gate in gates:
            back_end.next(None, gate)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(client.post("/responses", json=ASKED)) for _ in gates]
            for gate in gates:
                await gate.reached()
            await jump(serving, wall)
            assert ends_well(await client.post("/responses", json=ASKED)), "and so does who comes"
            for gate in gates:
                gate.release()
        assert all(ends_well(one.result()) for one in asking)
    assert len(back_end.turns()) == len(gates) + 1


@pytest.mark.usefixtures("imported")
async def test_connections_that_died_in_the_night_without_a_word_are_not_used(
    turntable: Turntable, back_end: StandIn, wall: WallClock
) -> None:
    async with Cable(back_end.port) as cable:
        back_end.reached_at(f"127.0.0.1:{cable.port}")
        turntable.env["TURNTABLE_UPSTREAM_BASE_URL"] = f"http://127.0.0.1:{cable.port}/backend-api"
        async with turntable.serve() as serving, tool(turntable, serving) as client:
            several = (client.post("/responses", json=ASKED) for _ in range(4))
            assert all(map(ends_well, await asyncio.gather(*several)))
            cable.die()
            await sleep_through(serving, wall)
            for _ in range(3):
                assert ends_well(await client.post("/responses", json=ASKED, timeout=10))


@pytest.mark.usefixtures("imported")
async def test_a_limit_that_ended_in_the_night_holds_nobody_back(
    turntable: Turntable, back_end: StandIn, wall: WallClock
) -> None:
    for name in "AB":
        back_end.limit(name, until=datetime.now(UTC) + timedelta(hours=2))
    async with turntable.serve() as serving, tool(turntable, serving) as client:
        assert (await client.post("/responses", json=ASKED)).status_code == 429
        states = {one["state"] for one in (await turntable.done("status"))["accounts"]}
        assert states == {"waiting"}
        back_end.advance(NIGHT)
        await sleep_through(serving, wall)
        assert ends_well(await client.post("/responses", json=ASKED))


async def test_a_token_that_ran_out_in_the_night_is_renewed_before_it_is_used(
    turntable: Turntable, back_end: StandIn, wall: WallClock, tmp_path: Path
) -> None:
    login = make_login("A", expires_at=datetime.now(UTC) + timedelta(hours=2))
    back_end.add(login)
    store = tmp_path / "list.json"
    store.write_text(json.dumps(listed(login)))
    await turntable.done("import", str(store), "--take")
    async with turntable.serve() as serving, tool(turntable, serving) as client:
        assert ends_well(await client.post("/responses", json=ASKED))
        back_end.advance(NIGHT)
        await sleep_through(serving, wall)
        assert ends_well(await client.post("/responses", json=ASKED))
    assert [turn.status for turn in back_end.turns()] == [200, 200]
    renewals = [one for one in back_end.requests if one.path.endswith("/oauth/token")]
    assert len(renewals) == 1
