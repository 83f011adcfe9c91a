"""The machine sleeps and wakes while somebody works: nothing is lost, and nothing is sent twice."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from core.standin.recorded import Ending
from core.standin.script import Delay, Gate
from core.standin.server import StandIn
from tests.journeys.turntable import Serving, Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]
ASKED = {"model": "gpt-6.1-sol", "input": "hi", "stream": True}


@asynccontextmanager
async def tool(turntable: Turntable, serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """Another tool with a token, and one kept connection."""
    token = (await turntable.done("client", "create", "--label", "editor"))["token"]
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{serving.port}/v1",
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=20,
    ) as client:
        yield client


def kinds(text: str) -> list[str]:
    """The types of the events of a stream."""
    return [
        json.loads(line[6:])["type"] for line in text.splitlines() if line.startswith("data: {")
    ]


async def test_a_stream_that_was_under_way_goes_on_though_its_patience_has_run_out_meanwhile(
    turntable: Turntable, back_end: StandIn
) -> None:
    back_end.next(None, Delay(event_s=0.25))
    async with (
        turntable.serve(TURNTABLE_UPSTREAM_IDLE_TIMEOUT_S="1") as serving,
        tool(turntable, serving) as client,
        client.stream("POST", "/responses", json=ASKED) as answer,
    ):
        lines = answer.aiter_text()
        text = await anext(lines)
        serving.process.send_signal(signal.SIGSTOP)
        (turn,) = back_end.turns()
        await back_end.until(lambda: turn.ending is Ending.ANSWERED)
        serving.process.send_signal(signal.SIGCONT)
        async for more in lines:
            text += more
    assert kinds(text)[-1] == "response.completed"
    assert len(back_end.turns()) == 1


async def test_connections_that_died_in_the_sleep_are_not_used(
    turntable: Turntable, back_end: StandIn
) -> None:
    async with turntable.serve() as serving, tool(turntable, serving) as client:
        for _ in range(3):
            assert (await client.post("/responses", json=ASKED)).status_code == 200
            asked = len(back_end.turns())
            serving.process.send_signal(signal.SIGSTOP)
            await back_end.close()  # whoever is asleep does not hear of it
            await back_end.start()
            serving.process.send_signal(signal.SIGCONT)
            answer = await client.post("/responses", json=ASKED)
            assert kinds(answer.text)[-1] == "response.completed"
            assert len(back_end.turns()) == asked + 1


async def test_a_request_that_was_out_when_it_slept_is_answered_after_it_woke(
    turntable: Turntable, back_end: StandIn
) -> None:
    gate = Gate()
    back_end.next(None, gate)
    async with (
        turntable.serve(TURNTABLE_UPSTREAM_HEADER_TIMEOUT_S="30") as serving,
        tool(turntable, serving) as client,
    ):
        asking = asyncio.get_running_loop().create_task(client.post("/responses", json=ASKED))
        await gate.reached()
        serving.process.send_signal(signal.SIGSTOP)
        gate.release()
        (turn,) = back_end.turns()
        await back_end.until(lambda: turn.ending is Ending.ANSWERED)
        serving.process.send_signal(signal.SIGCONT)
        assert kinds((await asking).text)[-1] == "response.completed"
    assert len(back_end.turns()) == 1
