"""The main job, with the real Codex: a limit is reached, and the user sees no error."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.standin import answers
from core.standin.people import Login
from core.standin.server import StandIn
from core.standin.turns import Turn
from core.standin.world import Account
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex

CONFIG = b'# mine\r\nmodel = "gpt-6.1-sol" # the good one\r\n\r\n[history]\r\npersistence = "none"'


def in_two_hours() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


async def test_two_homes_imported_one_after_the_other_are_two_accounts(
    turntable: Turntable, people: dict[str, Login], tmp_path: Path, back_end: StandIn
) -> None:
    before = {n: (tmp_path / "homes" / n / "auth.json").read_bytes() for n in people}
    for name in people:
        home = str(tmp_path / "homes" / name)
        answer = await turntable.done("import", "--from", "codex", CODEX_HOME=home)
        assert (answer["outcome"], answer["checked"]) == ("added", True)
    accounts = (await turntable.done("accounts"))["accounts"]
    assert [(a["number"], a["email"], a["refresher"], a["state"]) for a in accounts] == [
        (1, people["A"].person.email, "elsewhere", "ready"),
        (2, people["B"].person.email, "elsewhere", "ready"),
    ]
    assert {n: (tmp_path / "homes" / n / "auth.json").read_bytes() for n in people} == before
    assert [r for r in back_end.requests if r.path == "/oauth/token"] == []


@pytest.mark.usefixtures("imported")
async def test_the_answer_comes_from_the_second_account_and_nobody_sees_an_error(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    codex.config.write_bytes(CONFIG)
    async with turntable.serve() as serving:
        bound = await turntable.done("bind")
        assert bound["verification"]["result"] == "in_force"
        assert f"127.0.0.1:{serving.port}/c/".encode() in codex.config.read_bytes()
        await turntable.done("use", "#1")
        back_end.limit("A", until=in_two_hours())
        run = await codex.exec("say hi")
        assert (run.answers, run.errors, run.exit_code) == (("Hello from B.",), (), 0)
        assert [(t.account, t.status) for t in back_end.turns()] == [("A", 429), ("B", 200)]
        assert back_end.violations == []
        requests = (await turntable.done("log"))["requests"]
        (turn,) = [r for r in requests if r["kind"] == "responses"]
        assert (turn["result"], turn["status"]) == ("moved", 200)
        assert [a["outcome"] for a in turn["attempts"]] == ["limited", "served"]
        assert (await turntable.done("unbind"))["result"] == "restored"
    assert codex.config.read_bytes() == CONFIG


@pytest.mark.usefixtures("imported")
async def test_with_both_limited_codex_says_when_to_try_again_after_one_request(
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
        assert f"Try again at {until.astimezone():%-I:%M %p}" in run.errors[-1]
        requests = (await turntable.done("log"))["requests"]
        turns = [r for r in requests if r["kind"] == "responses"]
        assert [(r["result"], r["status"]) for r in turns] == [("refused", 429)]


@pytest.mark.usefixtures("imported")
async def test_a_long_turn_with_tools_goes_on_while_the_first_account_runs_out(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    tools = answers.tool_turns(5, shell="echo made-by-a-tool")
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        seen.append(account.name)
        if len(seen) == 3:
            # Once this turn has been counted: the account runs out between two tool calls.
            loop.call_soon(lambda: back_end.limit("A", until=in_two_hours()))
        return tools(body, account)

    back_end.answer_with(answer)
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        run = await signed_in_codex.exec("work")
        assert (run.answers, run.errors, run.exit_code) == (("All done.",), (), 0)
        assert "".join(seen) == "AAABBB"
        assert back_end.violations == []
