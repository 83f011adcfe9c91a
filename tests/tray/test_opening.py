"""The tray program with the real engine: one owner, whoever starts first."""

import asyncio
import json
import logging
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.fakes.desktop import Desktop
from tests.fakes.process import die_with_parent
from tests.fakes.tray_host import TrayHost
from tests.tray.notifications import Notifications
from tests.tray.test_tray import windows
from tray.__main__ import NO_DESKTOP
from tray.engine import Engine
from tray.opening import opener

_BOUND_S = 15.0

type Start = Callable[..., Awaitable[Process]]


@asynccontextmanager
async def _starter(usual: dict[str, str]) -> AsyncIterator[Start]:
    """Starts our programs with `python -m`; what still runs at the end is killed."""
    started: list[Process] = []

    async def start(*words: str, env: Mapping[str, str] = MappingProxyType({})) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words,
            env={**usual, **env}, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
                await process.communicate()


@pytest.fixture
async def start(desktop: Desktop, tmp_path: Path) -> AsyncIterator[Start]:
    homes = {
        "TURNTABLE_HOME": str(tmp_path / "turntable"),
        "CODEX_HOME": str(tmp_path / "codex"),
        "TURNTABLE_BIND_WATCH": "false",
    }
    (tmp_path / "codex").mkdir()
    async with _starter(desktop.env | homes) as start:
        yield start


@pytest.fixture
async def host(desktop: Desktop) -> AsyncIterator[TrayHost]:
    async with TrayHost(desktop.bus_address) as host:
        yield host


async def _ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code and everything that was printed on both streams."""
    async with asyncio.timeout(_BOUND_S):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def _mode(start: Start) -> object:
    """Who owns the data folder now."""
    code, out, err = await _ended(await start("core", "status", "--json"))
    assert code == 0, err
    return json.loads(out)["mode"]


@pytest.mark.desktop
async def test_tray_owns_the_engine_and_leaves_nothing_behind(start: Start, host: TrayHost) -> None:
    tray = await start("tray")
    item = await host.wait_for_item(_BOUND_S)
    assert (await item.menu()).entries[0].label == "No account yet"
    assert await _mode(start) == "tray"
    await item.click("Quit")
    assert await _ended(tray) == (0, "", "")
    assert await _mode(start) is None


@pytest.mark.desktop
@pytest.mark.parametrize("way", ["Quit", "SIGTERM", "SIGINT", "stop"])
async def test_codex_is_given_back_byte_for_byte_whatever_ends_the_tray(
    start: Start, host: TrayHost, tmp_path: Path, way: str
) -> None:
    config = tmp_path / "codex" / "config.toml"
    before = b'# mine\r\nmodel = "gpt-6.1-sol"\r\n'
    config.write_bytes(before)
    tray = await start("tray")
    item = await host.wait_for_item(_BOUND_S)
    await item.click("Route Codex through Turntable")
    async with asyncio.timeout(_BOUND_S):
        while not (await item.menu()).find("Route Codex through Turntable").checked:
            pass
    async with asyncio.timeout(_BOUND_S):
        while b"openai_base_url" not in await asyncio.to_thread(config.read_bytes):
            pass
    match way:
        case "Quit":
            await item.click("Quit")
        case "stop":
            assert (await _ended(await start("core", "stop")))[0] == 0
        case name:
            tray.send_signal(signal.Signals[name])
    async with asyncio.timeout(4):
        assert await tray.wait() == 0
    assert config.read_bytes() == before


@pytest.mark.desktop
async def test_second_start_shows_the_first_and_steps_back(
    desktop: Desktop, start: Start, host: TrayHost
) -> None:
    await start("tray")
    await host.wait_for_item(_BOUND_S)
    # A first start without an account: the three steps are open.
    await asyncio.to_thread(desktop.wait_until, lambda: len(windows(desktop)) == 1, "the steps")
    second = await start("tray")
    assert await _ended(second) == (0, "Turntable is already running.\n", "")
    await asyncio.to_thread(desktop.wait_until, lambda: len(windows(desktop)) == 2, "the window")
    assert len(host.items) == 1


@pytest.mark.desktop
async def test_tray_shows_the_engine_that_serves_and_takes_over_when_it_ends(
    start: Start, host: TrayHost
) -> None:
    serve = await start("core", "serve")
    assert serve.stdout is not None
    async with asyncio.timeout(_BOUND_S):
        assert b"listens" in await serve.stdout.readline()
    await start("tray")
    item = await host.wait_for_item(_BOUND_S)
    assert await _mode(start) == "serve"
    serve.terminate()
    assert (await _ended(serve))[0] == 0
    async with asyncio.timeout(_BOUND_S):
        while await _mode(start) != "tray":
            pass
    assert host.items == (item,)
    assert (await item.menu()).entries[0].label == "No account yet"


@pytest.mark.desktop
async def test_quit_beside_a_server_leaves_the_server_alone(start: Start, host: TrayHost) -> None:
    serve = await start("core", "serve")
    assert serve.stdout is not None
    async with asyncio.timeout(_BOUND_S):
        assert b"listens" in await serve.stdout.readline()
    tray = await start("tray")
    item = await host.wait_for_item(_BOUND_S)
    await item.click("Quit")
    assert (await _ended(tray))[0] == 0
    assert await _mode(start) == "serve"
    serve.terminate()
    assert (await _ended(serve))[0] == 0


@pytest.mark.desktop
async def test_stop_from_the_command_line_takes_the_tray_away(start: Start, host: TrayHost) -> None:
    tray = await start("tray")
    await host.wait_for_item(_BOUND_S)
    assert (await _ended(await start("core", "stop")))[0] == 0
    assert (await _ended(tray))[0] == 0
    await host.wait_until_empty()


@pytest.mark.desktop
async def test_data_of_a_newer_version_is_said_in_a_window_where_there_is_no_terminal(
    desktop: Desktop, start: Start, host: TrayHost, tmp_path: Path
) -> None:
    folder = tmp_path / "turntable"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "vault.db")) as newer:
        newer.execute("PRAGMA user_version = 9999")
    tray = await start("tray")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
    assert host.items == ()
    desktop.run("xdotool", "key", "Escape")
    code, _, err = await _ended(tray)
    assert code == 1
    assert "was written by a newer Turntable" in err
    assert "point TURNTABLE_HOME at another folder" in err


@pytest.mark.desktop
async def test_what_kept_it_from_starting_can_be_mended_and_tried_again(
    desktop: Desktop, start: Start, host: TrayHost, tmp_path: Path
) -> None:
    folder = tmp_path / "turntable"
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "vault.db")) as newer:
        newer.execute("PRAGMA user_version = 9999")
    await start("tray")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
    (folder / "vault.db").unlink()
    desktop.run("xdotool", "key", "Return")
    assert await host.wait_for_item(_BOUND_S)


CHILD = {"TURNTABLE_UI_ENGINE": "child"}


async def _engine(start: Start) -> int | None:
    """The process that the engine runs in."""
    code, out, err = await _ended(await start("core", "status", "--json"))
    assert code == 0, err
    pid = json.loads(out)["pid"]
    return pid if isinstance(pid, int) else None


async def _other_engine(start: Start, than: int | None) -> int:
    async with asyncio.timeout(_BOUND_S):
        while (found := await _engine(start)) in (None, than):
            pass
    assert found is not None
    return found


@pytest.mark.desktop
async def test_engine_has_a_process_of_its_own_where_that_is_wished_and_ends_with_the_tray(
    start: Start, host: TrayHost, tmp_path: Path
) -> None:
    config = tmp_path / "codex" / "config.toml"
    config.write_bytes(b"# mine\n")
    tray = await start("tray", env=CHILD)
    item = await host.wait_for_item(_BOUND_S)
    assert await _engine(start) not in (None, tray.pid)
    assert await _mode(start) == "tray"
    await item.click("Route Codex through Turntable")
    async with asyncio.timeout(_BOUND_S):
        while b"openai_base_url" not in await asyncio.to_thread(config.read_bytes):
            pass
    await item.click("Quit")
    assert await _ended(tray) == (0, "", "")
    assert config.read_bytes() == b"# mine\n"
    assert await _mode(start) is None


@pytest.mark.desktop
async def test_engine_ends_when_the_tray_that_owns_it_is_killed(
    start: Start, host: TrayHost, tmp_path: Path
) -> None:
    config = tmp_path / "codex" / "config.toml"
    config.write_bytes(b"# mine\n")
    tray = await start("tray", env=CHILD)
    item = await host.wait_for_item(_BOUND_S)
    await item.click("Route Codex through Turntable")
    async with asyncio.timeout(_BOUND_S):
        while b"openai_base_url" not in await asyncio.to_thread(config.read_bytes):
            pass
    tray.kill()
    async with asyncio.timeout(_BOUND_S):
        while await _mode(start) is not None:
            pass
    assert config.read_bytes() == b"# mine\n"


@pytest.mark.desktop
async def test_engine_that_dies_is_replaced_and_comes_inside_when_it_dies_again(
    desktop: Desktop, start: Start, host: TrayHost
) -> None:
    async with Notifications(desktop.bus_address) as told:
        tray = await start("tray", env=CHILD)
        item = await host.wait_for_item(_BOUND_S)
        first = await _engine(start)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        second = await _other_engine(start, first)
        assert second != tray.pid
        os.kill(second, signal.SIGKILL)
        assert await _other_engine(start, second) == tray.pid
        assert "ended twice by itself" in (await told.next())[1]
    assert host.items == (item,)


async def test_without_a_child_the_engine_runs_inside_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    monkeypatch.setattr(logging.getLogger(), "level", logging.WARNING)
    (tmp_path / "codex").mkdir()
    environment = CHILD | {
        "TURNTABLE_HOME": str(tmp_path / "turntable"),
        "TURNTABLE_BIND_WATCH": "false",
        "CODEX_HOME": str(tmp_path / "codex"),
    }
    engine = await opener((), environment)()
    assert isinstance(engine, Engine)
    assert engine.owned
    assert engine.trouble.startswith("The engine’s own process could not be started")
    await engine.stop(lambda: None)


async def test_no_desktop_is_said_in_one_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("DISPLAY", "WAYLAND", "QT_"))}
    home = tmp_path / "turntable"
    async with _starter(bare | {"TURNTABLE_HOME": str(home)}) as start:
        code, out, err = await _ended(await start("tray"))
    assert (code, out) == (NO_DESKTOP, "")
    assert err == "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
    assert not home.exists()
