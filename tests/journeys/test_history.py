"""Threads made before, during and after a bind: the real Codex lists and resumes every one."""

import json
from datetime import UTC, datetime, timedelta

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


async def told(turntable: Turntable, *words: str) -> dict[str, str]:
    """What `history` shows: each thread with the label of the account that it lives on."""
    answer = await turntable.done("history", *words)
    return {chat["thread"]: chat["label"] for chat in answer["chats"]}


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
        assert set(await told(turntable)) == everything
        assert (await told(turntable))[during] != "", "it lives on an account of ours"
    assert set(await told(turntable)) == everything, "without a running Turntable too"
    assert back_end.violations == []


@pytest.mark.usefixtures("imported")
async def test_threads_of_another_provider_are_listed_on_request(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    usual = thread_of(await signed_in_codex.exec("say hi"))
    own = {
        "model_provider": '"mine"',
        "model_providers.mine.name": '"Mine"',
        "model_providers.mine.base_url": f'"{back_end.base_url}/codex"',
        "model_providers.mine.wire_api": '"responses"',
        "model_providers.mine.requires_openai_auth": "true",
    }
    other = thread_of(await signed_in_codex.exec("say hi", config=own))
    assert set(await told(turntable)) == {usual}
    assert set(await told(turntable, "--all-providers")) == {usual, other}


@pytest.mark.usefixtures("imported")
async def test_a_chat_that_ended_on_a_limit_is_found_and_goes_on_after_it(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    async with turntable.serve():
        await turntable.done("bind")
        thread = thread_of(await codex.exec("say hi"))
        assert (await turntable.done("resume-stopped"))["chats"] == []
        until = datetime.now(UTC) + timedelta(minutes=30)
        for name in "AB":
            back_end.limit(name, until=until)
        stopped = await codex.run(
            "exec", "--json", "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox", "resume", thread, "go on",
        )  # fmt: skip
        assert stopped.exit_code != 0
        (chat,) = (await turntable.done("resume-stopped"))["chats"]
        assert (chat["thread"], chat["ready"]) == (thread, False)
        for name in "AB":
            back_end.unlimit(name)
        for number in ("#1", "#2"):
            await turntable.done("rotation", "clear-blocks", number)
        found = await turntable.done("resume-stopped", thread[:13])
        assert (found["thread"], found["chats"][0]["ready"]) == (thread, True)
        await resumed(codex, thread)
        assert (await turntable.done("resume-stopped"))["chats"] == []
