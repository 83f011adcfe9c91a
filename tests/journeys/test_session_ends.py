"""A session of the desktop: it starts the tray app at login, and ends under it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.codex import Codex
from tests.fakes.desktop import Desktop
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.desktop, pytest.mark.timeout(120)]

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
AT_ONCE_S = 10.0
DESKTOP = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")


@pytest.fixture
def own_desktop(tmp_path: Path) -> Iterator[Desktop]:
    """A desktop that may be broken: nobody else is on it."""
    with Desktop(tmp_path / "desktop") as desktop:
        yield desktop


@pytest.fixture
async def tray(
    turntable: Turntable, own_desktop: Desktop
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The tray app of this user, on that desktop."""
    env = turntable.env | {name: own_desktop.env[name] for name in DESKTOP}
    env |= {"TURNTABLE_BIND_WATCH": "true", "QT_QPA_PLATFORM": "xcb"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tray",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    async with asyncio.timeout(60):
        while (await turntable.done("status")).get("mode") != "tray":
            assert process.returncode is None, "it has ended"
    yield process
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    with suppress(ProcessLookupError, FileNotFoundError, IndexError):
        os.kill(turntable.guard, signal.SIGKILL)


@pytest.mark.usefixtures("imported")
async def test_when_the_display_goes_codex_is_given_back(
    turntable: Turntable,
    signed_in_codex: Codex,
    own_desktop: Desktop,
    tray: asyncio.subprocess.Process,
) -> None:
    signed_in_codex.config.write_bytes(BEFORE)
    await turntable.done("bind")
    assert signed_in_codex.config.read_bytes() != BEFORE
    own_desktop.lose("Xvfb")
    async with asyncio.timeout(AT_ONCE_S):
        await tray.wait()
        while signed_in_codex.config.read_bytes() != BEFORE:  # noqa: ASYNC110 - the guard's
            await asyncio.sleep(0.01)
    async with asyncio.timeout(AT_ONCE_S):
        run = await signed_in_codex.exec("say hi")
    assert (len(run.answers), run.exit_code) == (1, 0)


@pytest.mark.usefixtures("imported", "tray")
async def test_when_the_bus_goes_new_chats_still_work(
    turntable: Turntable, signed_in_codex: Codex, own_desktop: Desktop
) -> None:
    """The icon is gone with its host; routed or given back, nobody waits."""
    signed_in_codex.config.write_bytes(BEFORE)
    await turntable.done("bind")
    own_desktop.lose("dbus-daemon")
    async with asyncio.timeout(AT_ONCE_S):
        run = await signed_in_codex.exec("say hi")
    assert (len(run.answers), run.exit_code) == (1, 0)


@pytest.mark.usefixtures("signed_in_codex")
async def test_a_login_starts_the_tray_app(turntable: Turntable, own_desktop: Desktop) -> None:
    """`dex` starts what a desktop would: the entry, the launcher, the app itself."""
    desktop = {name: own_desktop.env[name] for name in DESKTOP}
    done = await turntable.done("startup", "enable", **desktop)
    assert done["enabled"] is True
    env = turntable.env | desktop | {"XDG_CONFIG_DIRS": "/nowhere", "QT_QPA_PLATFORM": "xcb"}
    session = await asyncio.create_subprocess_exec(
        "dex", "--autostart", "--environment", "None", env=env, stderr=asyncio.subprocess.DEVNULL
    )
    assert await session.wait() == 0
    try:
        async with asyncio.timeout(60):
            while (await turntable.done("status")).get("mode") != "tray":
                pass
    finally:
        assert (await turntable.run("stop")).exit_code == 0
    assert (await turntable.done("startup", "disable"))["enabled"] is False
