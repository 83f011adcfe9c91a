"""The program dies while the real Codex is routed through it: Codex works on, by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex

WATCHED = {"TURNTABLE_BIND_WATCH": "true"}
BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'


@pytest.fixture
async def guarded(turntable: Turntable) -> AsyncIterator[Turntable]:
    """A Turntable whose guard ends with the test."""
    yield turntable
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(turntable.guard, signal.SIGKILL)


async def holds(codex: Codex, content: bytes, *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while codex.config.read_bytes() != content:  # noqa: ASYNC110 - the guard writes it
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("imported")
async def test_after_kill_9_codex_has_its_own_login_back_and_the_next_start_takes_over(
    guarded: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    codex = signed_in_codex
    codex.config.write_bytes(BEFORE)
    async with guarded.serve(**WATCHED) as first:
        await guarded.done("bind")
        bound = codex.config.read_bytes()
        assert bound != BEFORE
        first.kill()
        await first.ended(5)
        await holds(codex, BEFORE, within_s=10)
        run = await codex.exec("say hi", config={"openai_base_url": f'"{back_end.base_url}/codex"'})
        assert (run.answers, run.exit_code) == (("Hello from A.",), 0)
    async with guarded.serve(**WATCHED) as second:
        assert second.port == first.port, "open chats still call the old port"
        assert codex.config.read_bytes() == bound, "the bind is taken up again, secret and all"
        run = await codex.exec("say hi")
        assert (len(run.answers), run.errors, run.exit_code) == (1, (), 0)
        second.terminate()
        assert await second.ended(4) == 0
    assert codex.config.read_bytes() == BEFORE


@pytest.mark.usefixtures("imported")
async def test_a_restart_with_keep_bound_leaves_codex_bound_in_between(
    guarded: Turntable, signed_in_codex: Codex
) -> None:
    codex = signed_in_codex
    async with guarded.serve("--keep-bound", **WATCHED) as first:
        await guarded.done("bind")
        bound = codex.config.read_bytes()
        first.terminate()
        assert await first.ended(5) == 0
        assert codex.config.read_bytes() == bound
    async with guarded.serve(**WATCHED) as second:
        assert second.port == first.port
        assert codex.config.read_bytes() == bound
        run = await codex.exec("say hi")
        assert (len(run.answers), run.exit_code) == (1, 0)


async def test_without_a_guard_keep_bound_leaves_nobody_locked_out(
    turntable: Turntable, codex: Codex
) -> None:
    codex.config.write_bytes(BEFORE)
    async with turntable.serve("--keep-bound") as serving:
        await turntable.done("bind")
        serving.terminate()
        assert await serving.ended(5) == 0
    assert codex.config.read_bytes() == BEFORE


@pytest.mark.usefixtures("imported")
async def test_when_the_guard_too_was_killed_the_next_login_gives_codex_back(
    guarded: Turntable, signed_in_codex: Codex
) -> None:
    codex = signed_in_codex
    codex.config.write_bytes(BEFORE)
    async with guarded.serve(**WATCHED) as serving:
        dry = await guarded.run("bind", "--dry-run", **WATCHED)
        await guarded.done("bind")
        entries = (await guarded.done("startup", "status"))["entries"]
        (guard,) = [entry for entry in entries if entry["kind"] == "guard"]
        assert guard["standing"] == "ready"
        assert guard["place"] in dry.stdout, "shown before it is made"
        os.kill(guarded.guard, signal.SIGKILL)
        serving.kill()
        await serving.ended(5)
    assert codex.config.read_bytes() != BEFORE
    # What the entry starts, wherever it lies: a launcher in the data folder.
    login = await asyncio.create_subprocess_exec(
        guarded.home / "launch" / "turntable",
        "guard-process", "--login", "--home", str(guarded.home),
        env={"HOME": guarded.env["HOME"], "PATH": "/usr/bin:/bin"},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await login.wait() == 0
    assert codex.config.read_bytes() == BEFORE
    await guarded.done("unbind")
    assert not Path(guard["place"]).exists(), "nothing is bound: the entry has gone"


@pytest.mark.usefixtures("imported")
async def test_a_chat_that_was_open_is_told_in_one_sentence(
    guarded: Turntable, signed_in_codex: Codex
) -> None:
    async with guarded.serve(**WATCHED) as serving:
        await guarded.done("bind")
        address = signed_in_codex.config.read_text().split('"')[1]
        serving.kill()
        await serving.ended(5)
        # As an open chat does: it keeps the address that it was started with.
        run = await signed_in_codex.exec("say hi", config={"openai_base_url": f'"{address}"'})
        assert run.exit_code == 1
        assert run.errors[-1] == "Turntable has stopped; open this chat again."
