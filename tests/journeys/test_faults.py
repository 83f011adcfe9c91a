"""Each fault of the way, through the whole program, as the real Codex bears it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.faults import FAULTS, PAGE, Fault, page
from tests.journeys.turntable import Turntable

_EACH = [pytest.param(fault, id=fault.id) for fault in FAULTS]


@pytest.fixture
async def back_end(fault: Fault) -> AsyncIterator[StandIn]:
    """It speaks WebSocket where the fault is one of WebSocket."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=fault.websocket) as back_end:
        yield back_end


@pytest.mark.turns
@pytest.mark.codex
@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("fault", _EACH)
async def test_codex_says_what_the_page_says_and_nothing_is_sent_twice(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn, fault: Fault
) -> None:
    turntable.env |= fault.env
    async with turntable.serve():
        await turntable.done("bind")
        fault.happens(back_end)
        run = await signed_in_codex.exec("say hi")
        if fault.says:
            assert (run.answers, run.exit_code) == ((), 1)
            assert fault.says in run.errors[-1]
        else:
            assert (len(run.answers), run.exit_code) == (1, 0), run.errors
        rows = (await turntable.done("log"))["requests"]
    turns = back_end.turns()
    assert len(turns) == fault.asked
    accepted = sum(turn.accepted for turn in turns) - fault.accepted_and_refused
    assert accepted <= sum(row["kind"] == "responses" for row in rows)
    assert back_end.violations == []


def test_the_page_tells_what_is_played() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
