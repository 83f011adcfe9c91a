"""Two projects on two pools, with the real Codex; a third folder is told why it is not served."""

import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex, CodexRun
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    """A stand-in that speaks WebSocket: Codex tries that first."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=True) as back_end:
        yield back_end


def git(*words: str, at: Path) -> None:
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", *who, *words], cwd=at, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    (folder / "deep").mkdir(parents=True)
    git("init", "-q", at=folder)
    git("commit", "-q", "--allow-empty", "-m", "first", at=folder)
    return folder


async def works(codex: Codex, folder: Path) -> CodexRun:
    return await codex.exec("say hi", "-C", str(folder))


async def turns(turntable: Turntable) -> list[dict[str, Any]]:
    requests = (await turntable.done("why", "--last", "20"))["requests"]
    return [one for one in requests if one["thread"] is not None]


async def test_each_project_is_served_by_its_pool_and_a_third_folder_by_nobody(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    work, home = repository(codex.work / "work & co"), repository(codex.work / "home")
    linked = codex.work / "linked"
    git("worktree", "add", "-q", str(linked), at=home)
    play = codex.work / "play"
    play.mkdir()
    async with turntable.serve():
        await turntable.done("bind")
        before = await works(codex, play)
        assert (len(before.answers), before.errors) == (1, ())
        assert {turn.method for turn in back_end.turns()} == {"WS"}
        asked = len(back_end.turns())
        await turntable.done("pool", "create", "Work", "#2")
        await turntable.done("pool", "create", "Home", "#1")
        await turntable.done("rule", "add", "--folder", str(work), "--pool", "Work")
        await turntable.done("rule", "add", "--folder", str(linked), "--pool", "Home")

        for folder in (work, work / "deep", linked, home):
            run = await works(codex, folder)
            assert (len(run.answers), run.errors, run.exit_code) == (1, (), 0)
        served = [(turn.account, turn.method) for turn in back_end.turns()[asked:]]
        assert served == [("B", "POST"), ("B", "POST"), ("A", "POST"), ("A", "POST")]

        run = await works(codex, play)
        assert run.exit_code == 1
        assert run.errors[-1].startswith(
            f"No rule covers the folder {play}, and such folders are refused. "
        )
        assert len(back_end.turns()) == asked + 4, "nobody is asked in the place of the pool"
        assert back_end.violations == []

        said = (await turns(turntable))[-5:]
        assert [(one["project"], one["rule"], one["pool"]) for one in said] == [
            (str(work), 1, "Work"),
            (str(work), 1, "Work"),
            (str(home), 2, "Home"),
            (str(home), 2, "Home"),
            (str(play), None, None),
        ]
        assert said[-1]["because"] == "rule_folder"
        (simulated,) = (await turntable.done("simulate", "--cwd", str(linked / "deep")))["requests"]
        assert (simulated["rule"], simulated["label"]) == (2, said[2]["label"])


async def test_an_open_chat_goes_on_in_its_project_when_a_rule_comes(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    work = repository(codex.work / "work")
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        first = await works(codex, work)
        assert first.errors == ()
        (begun,) = await turns(turntable)
        # Codex asks git beside its first turn, and names no folder where git was slower.
        assert begun["project"] in (str(work), None), "also over WebSocket, for the record"
        await turntable.done("pool", "create", "Work", "#2")
        await turntable.done("rule", "add", "--folder", str(work), "--pool", "Work")
        again = await codex.exec("go on", "-C", str(work), "resume", "--last")
        assert (len(again.answers), again.errors, again.exit_code) == (1, (), 0)
        assert [(t.account, t.method) for t in back_end.turns()] == [("A", "WS"), ("B", "POST")]
        assert back_end.violations == []
        last = (await turns(turntable))[-1]
        assert "lived on" in last["text"], "the chat has moved, and why says so"


async def test_a_chat_with_an_open_socket_changes_over_at_its_next_turn(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    work = repository(codex.work / "work")
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        async with codex.app_server() as server:
            options = {"cwd": str(work), "approvalPolicy": "never"}
            thread = (await server.request("thread/start", options))["thread"]["id"]

            async def turn() -> str:
                said = {"threadId": thread, "input": [{"type": "text", "text": "say hi"}]}
                await server.request("turn/start", said)
                ended = await server.notification("turn/completed")
                return str(ended["turn"]["status"])

            assert await turn() == "completed"
            await turntable.done("pool", "create", "Work", "#2")
            await turntable.done("rule", "add", "--folder", str(work), "--pool", "Work")
            assert await turn() == "completed"
            assert await turn() == "completed"
        answered = [(t.account, t.method) for t in back_end.turns() if t.status == 200]
        assert answered == [("A", "WS"), ("B", "POST"), ("B", "POST")]
        assert back_end.violations == []
