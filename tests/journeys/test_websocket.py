"""The real Codex over WebSocket, through the program: as fast as it was made, and moved unseen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.standin import answers, replies
from core.standin.recorded import Recorded
from core.standin.script import Closes, Cut, Effect, Endpoint, Pings
from core.standin.server import StandIn
from core.standin.turns import Turn
from core.standin.world import Account
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    """A stand-in that speaks WebSocket, on the machine's time."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=True) as back_end:
        yield back_end


def in_two_hours() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


def methods(back_end: StandIn) -> list[str]:
    return [turn.method for turn in back_end.turns()]


def handshakes(back_end: StandIn) -> list[Recorded]:
    return [one for one in back_end.requests if one.upgrade]


async def rows(turntable: Turntable) -> list[dict[str, Any]]:
    requests = (await turntable.done("log"))["requests"]
    return [r for r in requests if r["kind"] == "responses"]


async def test_a_turn_with_tools_runs_on_one_socket_and_each_response_has_a_row(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(3, shell="echo made-by-a-tool"))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        run = await signed_in_codex.exec("work")
        assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
        assert methods(back_end) == ["WS"] * 4
        assert len(handshakes(back_end)) == 1
        assert all(frame.compressed for frame in handshakes(back_end)[0].frames)
        assert back_end.violations == []
        found = await rows(turntable)
        assert [(r["result"], r["status"]) for r in found] == [("served", 200)] * 4
        assert (await turntable.done("status"))["proxy"]["websockets"] == 0


def runs_out_after(turn: int, back_end: StandIn, **more: Any) -> Callable[..., Turn]:
    """Tool calls; A reaches its limit once so many of its turns are counted."""
    tools = answers.tool_turns(5, shell="echo made-by-a-tool")
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        seen.append(account.name)
        if len(seen) == turn:
            loop.call_soon(lambda: back_end.limit("A", until=in_two_hours()))
        said = tools(body, account)
        return Turn(text=said.text, calls=said.calls, **more)

    return answer


async def test_when_the_account_runs_out_between_two_tool_calls_another_goes_on(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(runs_out_after(3, back_end))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        run = await signed_in_codex.exec("work")
        assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
        turns = [(t.account, t.method, t.status) for t in back_end.turns()]
        assert [t for t in turns if t[2] == 200] == [
            *[("A", "WS", 200)] * 3,
            *[("B", "WS", 200)] * 3,
        ]
        assert [t for t in turns if t[2] != 200] == [("A", "WS", 429)]
        assert back_end.violations == []
        assert [r["result"] for r in await rows(turntable)] == [
            *["served"] * 3,
            "moved",
            *["served"] * 3,
        ]


async def test_what_the_first_account_has_sealed_stays_behind(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(runs_out_after(2, back_end, reasoning=True))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        run = await signed_in_codex.exec("work")
        assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
        assert back_end.violations == []


async def test_with_both_limited_codex_says_when_to_try_again(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        until = in_two_hours()
        back_end.limit("A", until=until + timedelta(hours=1))
        back_end.limit("B", until=until)
        run = await signed_in_codex.exec("say hi")
        assert run.exit_code == 1
        assert "usage limit" in run.errors[-1]
        assert f"ry again at {until.astimezone():%-I:%M %p}" in run.errors[-1]
        asked = len(back_end.turns())
        assert asked <= 2
        again = await signed_in_codex.exec("say hi")
        assert "usage limit" in again.errors[-1]
        assert len(back_end.turns()) == asked, "nobody is asked who is known to be limited"


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Cut(after_events=0), id="cut before any event"),
        pytest.param(Closes(code=1001), id="closed before any event"),
        pytest.param(Cut(after_events=7), id="cut in the middle"),
        pytest.param(Cut(after_events=3, mid_chunk=True, reset=True), id="reset in a frame"),
        pytest.param(replies.socket_limit(), id="an hour is over"),
        pytest.param(replies.previous_response_not_found("resp_x"), id="forgotten"),
        pytest.param(Pings(payload=b"still there", after_events=2), id="pinged"),
    ],
)
async def test_codex_goes_on_by_itself_after_trouble_on_the_socket(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn, effect: Effect
) -> None:
    back_end.next(None, effect)
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi")
        assert (len(run.answers), run.errors, run.exit_code) == (1, (), 0)
        assert set(methods(back_end)) == {"WS"}
        assert len(back_end.turns()) <= 2
        assert back_end.violations == []


async def test_a_socket_that_does_not_get_through_costs_nothing_but_the_try(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.always(None, replies.server_error(status=502), on=Endpoint.HANDSHAKE)
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi")
        assert (len(run.answers), run.errors, run.exit_code) == (1, (), 0)
        assert methods(back_end) == ["POST"]


async def test_websocket_can_be_turned_off(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve(TURNTABLE_PROXY_WEBSOCKET="off"):
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi")
        assert (len(run.answers), run.errors, run.exit_code) == (1, (), 0)
        assert handshakes(back_end) == []
