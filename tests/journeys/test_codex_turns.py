"""What the real Codex does in a day, over HTTPS and over WebSocket, through the whole program."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.standin import answers
from core.standin.recorded import Recorded
from core.standin.script import Says
from core.standin.server import StandIn
from core.standin.turns import CustomCall, FunctionCall, Turn
from core.standin.world import Account
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = [
    pytest.mark.turns,
    pytest.mark.codex,
    pytest.mark.usefixtures("imported"),
    pytest.mark.parametrize("websocket", [False, True], ids=["HTTPS", "WebSocket"]),
]
SEARCH = 'text(JSON.stringify(await tools.web__run({search_query: [{q: "hello world"}]})))'
DRAW = 'text(JSON.stringify(await tools.image_gen__imagegen({prompt: "a cat"})))'


@pytest.fixture
async def back_end(websocket: bool) -> AsyncIterator[StandIn]:
    """On the machine's time, with or without WebSocket."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=websocket) as back_end:
        yield back_end
        assert back_end.violations == []


def way(back_end: StandIn) -> set[str]:
    return {turn.method for turn in back_end.turns()}


def thread_of(turn: Recorded) -> str:
    return str(turn.json["client_metadata"]["thread_id"])


async def test_a_turn_with_tools_goes_the_way_it_should(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn, websocket: bool
) -> None:
    back_end.answer_with(answers.tool_turns(3, shell="echo made-by-a-tool"))
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("work")
    assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
    assert len(back_end.turns()) == 4
    assert way(back_end) == {"WS" if websocket else "POST"}


async def test_sub_agents_work_at_once_and_on_the_account_of_their_thread(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    together = asyncio.Event()
    under_way: set[str] = set()
    parent: list[str] = []

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        thread = str(body["client_metadata"]["thread_id"])
        parent.append(thread)
        if thread != parent[0]:
            under_way.add(thread)
            if len(under_way) == 3:
                together.set()
            return Turn(text=f"done by {account.name}")
        said = str(body["input"][-1])
        if "function_call_output" not in said:
            names = ("one", "two", "three")
            return Turn(calls=tuple(_spawn(name) for name in names))
        if len(under_way) < 3:
            return Turn(calls=(_WAIT,))
        return Turn(text="All done.")

    back_end.answer_with(answer)
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("work")
    assert (run.answers, run.errors) == (("All done.",), ())
    assert together.is_set()
    assert len({thread_of(turn) for turn in back_end.turns()}) == 4
    assert len({turn.account for turn in back_end.turns()}) == 1


async def test_a_chat_is_resumed_where_it_was(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        first = await signed_in_codex.exec("say hi")
        thread = str(first.events[0]["thread_id"])
        again = await signed_in_codex.run(
            "exec", "--json", "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox", "resume", thread, "go on",
        )  # fmt: skip
    assert (len(again.answers), again.errors) == (1, ())
    turns = back_end.turns()
    assert {thread_of(turn) for turn in turns} == {thread}
    assert len({turn.account for turn in turns}) == 1
    assert "say hi" in turns[-1].decoded.decode()


async def test_a_long_chat_is_compacted_and_goes_on(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    call = CustomCall(name="exec", input='text("made by a tool")')
    back_end.next(None, Says(Turn(calls=(call,), input_tokens=50_000)))
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec(
            "say hi", config={"model_auto_compact_token_limit": "40000"}
        )
    assert (len(run.answers), run.errors) == (1, ())
    _, compacting, after = back_end.turns()
    assert compacting.json["input"][-1]["type"] == "compaction_trigger"
    assert after.json["input"][-1]["type"] == "compaction"


async def test_a_compacted_chat_moves_when_its_account_runs_out(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    call = CustomCall(name="exec", input='text("made by a tool")')
    back_end.next("A", Says(Turn(calls=(call,), input_tokens=50_000)))
    compacts = {"model_auto_compact_token_limit": "40000"}
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        first = await signed_in_codex.exec("say hi", config=compacts)
        assert (first.answers, first.errors) == (("Hello from A.",), ())
        back_end.limit("A", until=datetime.now(UTC) + timedelta(hours=2))
        again = await signed_in_codex.run(
            "exec", "--json", "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            "resume", str(first.events[0]["thread_id"]), "go on",
        )  # fmt: skip
    assert (again.answers, again.errors) == (("Hello from B.",), ())


async def test_the_model_that_is_asked_for_serves(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi", "--model", "gpt-5.5")
        rows = (await turntable.done("log"))["requests"]
    assert (len(run.answers), run.errors) == (1, ())
    assert {turn.json["model"] for turn in back_end.turns()} == {"gpt-5.5"}
    assert {row["model"] for row in rows if row["kind"] == "responses"} == {"gpt-5.5"}


@pytest.mark.parametrize(
    ("script", "path"),
    [
        pytest.param(SEARCH, "/codex/alpha/search", id="search"),
        pytest.param(DRAW, "/codex/images/generations", id="pictures"),
    ],
)
async def test_search_and_pictures_go_with_an_account_of_the_pool(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn, script: str, path: str
) -> None:
    back_end.next(None, Says(Turn(calls=(CustomCall(name="exec", input=script),))))
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("work", config={"web_search": '"live"'})
    assert (len(run.answers), run.errors) == (1, ())
    asked = [one for one in back_end.requests if one.path.endswith(path)]
    assert [(one.method, one.status) for one in asked] == [("POST", 200)]
    assert asked[0].account in {"A", "B"}


_WAIT = FunctionCall(name="wait_agent", namespace="collaboration", arguments={"timeout_ms": 10_000})


def _spawn(name: str) -> FunctionCall:
    arguments = {"task_name": name, "message": f"work on {name}", "fork_turns": "none"}
    return FunctionCall(name="spawn_agent", namespace="collaboration", arguments=arguments)
