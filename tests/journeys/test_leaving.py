"""The real Codex is killed in the middle of a turn: the back end is hung up on at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from core.standin.recorded import Ending
from core.standin.script import Gate
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [
    pytest.mark.codex,
    pytest.mark.usefixtures("imported"),
    pytest.mark.parametrize("websocket", [False, True], ids=["HTTPS", "WebSocket"]),
]


@pytest.fixture
async def back_end(websocket: bool) -> AsyncIterator[StandIn]:
    """On the machine's time, with or without WebSocket."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=websocket) as back_end:
        yield back_end


async def test_a_turn_of_a_codex_that_is_gone_costs_no_more_than_has_come(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    gate = Gate(after_events=7)
    back_end.next(None, gate)
    async with turntable.serve():
        await turntable.done("bind")
        run = asyncio.create_task(signed_in_codex.exec("say hi"))
        await gate.reached(30)
        run.cancel()
        with suppress(asyncio.CancelledError):  # it is killed, and all that it had started
            await run
        (turn,) = back_end.turns()
        async with asyncio.timeout(1):
            await back_end.until(lambda: turn.ending is not Ending.OPEN)
        rows = (await turntable.done("log"))["requests"]
    assert [row["result"] for row in rows if row["kind"] == "responses"] == ["cancelled"]
    assert len(back_end.turns()) == 1
