"""An engine with its endpoint: reachable while it runs, gone when it ends, and one at a time."""

import asyncio
import logging
from pathlib import Path

import pytest

from core.control.owner import Owner, open_engine
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError
from core.domain.events import ShowRequested
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock


def owner(folder: Path, clock: FakeClock, *, mode: str = "serve") -> Owner:
    return Owner(make_app(folder, clock, proxy_port=str(free_port())), mode=mode)


def environment(folder: Path) -> dict[str, str]:
    return {
        "TURNTABLE_HOME": str(folder / "t"),
        "TURNTABLE_PROXY_PORT": str(free_port()),
        "CODEX_HOME": str(folder / "codex"),
        "TURNTABLE_BIND_WATCH": "false",
        "PATH": "",
    }


@pytest.fixture(autouse=True)
def _level() -> None:
    """The log's level is the process's; each test begins with the usual one."""
    logging.getLogger().setLevel(logging.WARNING)


async def test_an_owner_is_reached_while_it_runs_and_not_after(
    tmp_path: Path, clock: FakeClock
) -> None:
    running = owner(tmp_path, clock)
    remote = RemoteFacade(running.app.home.control)
    handlers = list(logging.getLogger().handlers)

    await running.start()
    status = await remote.status()
    await running.close()

    assert status.running
    assert status.mode == "serve"
    assert (status.proxy.address or "").startswith("127.0.0.1:")
    assert not await remote.answers()
    assert logging.getLogger().handlers == handlers
    assert "listening on" in (running.app.home.log / "turntable.log").read_text("utf-8")


async def test_the_next_owner_waits_for_this_one_and_is_reached_then(
    tmp_path: Path, clock: FakeClock
) -> None:
    first, second = owner(tmp_path, clock), owner(tmp_path, clock)
    await first.start()
    starting = asyncio.ensure_future(second.start())
    await asyncio.sleep(0)

    await first.close()
    await starting

    assert (await RemoteFacade(second.app.home.control).status()).running
    await second.close()


async def test_an_owner_that_cannot_start_leaves_nothing_running(
    tmp_path: Path, clock: FakeClock
) -> None:
    failing = owner(tmp_path, clock)
    failing.app.home.control.mkdir(parents=True)
    handlers = list(logging.getLogger().handlers)

    with pytest.raises(CoreError, match="cannot be reached"):
        await failing.start()

    assert logging.getLogger().handlers == handlers
    failing.app.home.control.rmdir()
    again = owner(tmp_path, clock)
    await again.start()
    await again.close()


# --- a face with a window --------------------------------------------------------------------


async def test_a_tray_alone_becomes_the_owner(tmp_path: Path) -> None:
    (tmp_path / "codex").mkdir()

    engine = await open_engine(environment(tmp_path))

    assert isinstance(engine, Owner)
    assert (await engine.facade.status()).mode == "tray"
    await engine.close()


async def test_a_tray_beside_a_server_attaches_to_it(tmp_path: Path, clock: FakeClock) -> None:
    running = owner(tmp_path, clock)
    await running.start()

    engine = await open_engine(environment(tmp_path))

    assert isinstance(engine, RemoteFacade)
    assert (await engine.status()).mode == "serve"
    await running.close()


async def test_a_second_tray_brings_the_first_to_the_front(
    tmp_path: Path, clock: FakeClock
) -> None:
    running, wishes = owner(tmp_path, clock, mode="tray"), list[object]()
    await running.start()
    running.app.bus.listen(wishes.append)

    assert await open_engine(environment(tmp_path)) is None

    assert wishes == [ShowRequested()]
    await running.close()


async def test_two_trays_started_at_once_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.app.WAIT_FOR_OWNER_S", 0.5)
    (tmp_path / "codex").mkdir()

    engines = await asyncio.gather(
        open_engine(environment(tmp_path)), open_engine(environment(tmp_path))
    )

    owners = [engine for engine in engines if isinstance(engine, Owner)]
    assert len(owners) == 1
    assert None in engines
    await owners[0].close()


async def test_the_passphrase_does_not_stay_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "codex").mkdir()
    given = environment(tmp_path) | {"TURNTABLE_PASSPHRASE": "fake words"}

    engine = await open_engine(given)

    assert "TURNTABLE_PASSPHRASE" not in given
    assert isinstance(engine, Owner)
    await engine.close()
