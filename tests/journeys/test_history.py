"""Threads made before, during and after a bind: the real Codex lists and resumes every one."""

import json

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex, CodexRun
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex


def thread_of(run: CodexRun) -> str:
    assert (run.errors, run.exit_code) == ((), 0)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    (thread,) = [e["thread_id"] for e in events if e["type"] == "thread.started"]
    return str(thread)


async def listed(codex: Codex) -> set[str]:
    """What the default list shows: Codex filters it by provider."""
    async with codex.app_server() as server:
        answer = await server.request("thread/list", {"sourceKinds": ["exec", "cli", "appServer"]})
    return {str(thread["id"]) for thread in answer["data"]}


async def resumed(codex: Codex, thread: str) -> None:
    run = await codex.run(
        "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox",
        "resume", thread, "say it again",
    )  # fmt: skip
    assert thread_of(run) == thread


@pytest.mark.usefixtures("imported")
async def test_no_thread_is_lost_by_a_bind_or_its_end(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    before = thread_of(await codex.exec("say hi"))
    async with turntable.serve():
        await turntable.done("bind")
        during = thread_of(await codex.exec("say hi"))
        assert await listed(codex) == {before, during}
        await resumed(codex, before)
        await turntable.done("unbind")
        after = thread_of(await codex.exec("say hi"))
        everything = {before, during, after}
        assert await listed(codex) == everything
        for thread in (before, during):
            await resumed(codex, thread)
        await turntable.done("bind")
        assert await listed(codex) == everything
        await resumed(codex, after)
    assert back_end.violations == []
