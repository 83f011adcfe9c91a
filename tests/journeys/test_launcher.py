"""Codex's app opened by our launcher: the proxy answers first, or Codex is given back first.

The app is a stand-in that bears the real one's id; the real one was opened by nobody here.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.codex import Codex
from tests.fakes.codex_app import CodexApp
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.timeout(120)]

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
WATCHED = {"TURNTABLE_BIND_WATCH": "true"}


@pytest.fixture
async def installed(turntable: Turntable, tmp_path: Path) -> AsyncIterator[CodexApp]:
    """The stand-in as the user's app; a Turntable that was started for it ends with the test."""
    share = Path(turntable.env["HOME"]) / ".local" / "share"
    app = CodexApp(tmp_path / "app", share)
    yield app
    app.close()
    await turntable.run("stop")
    with suppress(OSError, ValueError, IndexError):
        os.kill(turntable.guard, signal.SIGKILL)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)


async def clicked(turntable: Turntable) -> int:
    """What the desktop does with the entry, by a reader that is not ours."""
    entry = Path(turntable.env["HOME"]) / ".local/share/applications/turntable-codex.desktop"
    kept = {n: turntable.env[n] for n in ("HOME", "PATH", "CODEX_HOME", "TURNTABLE_PASSPHRASE")}
    kept |= {n: v for n, v in turntable.env.items() if n.startswith("TURNTABLE_")}
    process = await asyncio.create_subprocess_exec(
        "dex", "--wait", str(entry), env=kept, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        return await process.wait()


async def test_a_click_starts_turntable_then_the_app(
    turntable: Turntable, codex: Codex, installed: CodexApp
) -> None:
    done = await turntable.done("launcher", "install")
    assert done["standing"] == "ready"
    assert done["codex_app"] == str(installed.entry)
    await clicked(turntable)
    await until(lambda: len(installed.opened) == 1)
    status = await turntable.done("status")
    assert status["proxy"]["listening"] is True
    first = status["pid"]
    await clicked(turntable)
    await until(lambda: len(installed.opened) == 2)
    assert (await turntable.done("status"))["pid"] == first, "the one that runs is enough"
    environment = Path(f"/proc/{installed.opened[0]}/environ").read_bytes()
    assert b"correct horse" not in environment, "no secret of ours reaches the app"
    assert (await turntable.done("launcher", "remove"))["standing"] == "absent"


async def test_where_app_and_guard_were_killed_a_click_takes_the_bind_up_again(
    turntable: Turntable, codex: Codex, installed: CodexApp
) -> None:
    codex.config.write_bytes(BEFORE)
    await turntable.done("launcher", "install")
    async with turntable.serve(**WATCHED) as serving:
        await turntable.done("bind")
        bound = codex.config.read_bytes()
        os.kill(turntable.guard, signal.SIGKILL)
        serving.kill()
        await serving.ended(5)
    assert codex.config.read_bytes() == bound, "nobody was left who could give it back"
    await clicked(turntable)
    await until(lambda: len(installed.opened) == 1)
    assert codex.config.read_bytes() == bound
    assert (await turntable.done("status"))["proxy"]["address"].endswith(f":{serving.port}")


async def test_where_turntable_cannot_start_codex_is_given_back_and_the_app_opens(
    turntable: Turntable, codex: Codex, installed: CodexApp
) -> None:
    codex.config.write_bytes(BEFORE)
    async with turntable.serve(**WATCHED) as serving:
        await turntable.done("bind")
        os.kill(turntable.guard, signal.SIGKILL)
        serving.kill()
        await serving.ended(5)
    (turntable.home / "settings.toml").write_text("broken = ")
    ran = await turntable.run("launcher", "open")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("error: ")
    await until(lambda: len(installed.opened) == 1)
    assert codex.config.read_bytes() == BEFORE
    (turntable.home / "settings.toml").unlink()


async def test_without_the_app_the_launcher_says_so(turntable: Turntable) -> None:
    ran = await turntable.run("launcher", "open")
    assert ran.exit_code == 1
    assert "was not found on this machine" in ran.stderr
