"""Several Codex homes at once: each is routed, given back and followed by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from socket import create_server, socket

import pytest

from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(120)

WATCHED = {"TURNTABLE_BIND_WATCH": "true", "PATH": os.defpath}
BEFORE = {"one": b'model = "a"\n', "two": b'\xef\xbb\xbfmodel = "b"\r\n', "three": None}


@pytest.fixture
async def guarded(turntable: Turntable) -> AsyncIterator[Turntable]:
    yield turntable
    with suppress(ProcessLookupError, FileNotFoundError, IndexError):
        os.kill(turntable.guard, signal.SIGKILL)


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Path]:
    """Codex homes of one user, one of them without a config.toml."""
    homes = {name: tmp_path / name for name in BEFORE}
    for name, home in homes.items():
        home.mkdir()
        content = BEFORE[name]
        if content is not None:
            (home / "config.toml").write_bytes(content)
    return homes


def contents(homes: dict[str, Path]) -> dict[str, bytes | None]:
    files = {name: home / "config.toml" for name, home in homes.items()}
    return {name: file.read_bytes() if file.exists() else None for name, file in files.items()}


def secrets(homes: dict[str, Path]) -> set[bytes]:
    return {(content or b"").split(b"/c/")[-1][:43] for content in contents(homes).values()}


async def given_back(homes: dict[str, Path]) -> None:
    async with asyncio.timeout(10):
        while contents(homes) != BEFORE:  # noqa: ASYNC110 - the guard writes them
            await asyncio.sleep(0.01)


async def stolen(port: int) -> socket:
    """Another program listens there, as soon as it is free."""
    async with asyncio.timeout(10):
        while True:
            try:
                return create_server(("127.0.0.1", port))
            except OSError:
                await asyncio.sleep(0.02)


async def test_all_are_given_back_at_once_and_all_follow_a_new_port(
    guarded: Turntable, homes: dict[str, Path]
) -> None:
    async with guarded.serve(**WATCHED) as first:
        for home in homes.values():
            await guarded.done("bind", CODEX_HOME=str(home))
        assert len(secrets(homes)) == 3, "each has a secret of its own"
        known = secrets(homes)
        first.kill()
        await first.ended(5)
        await given_back(homes)
        # Its guard is not to answer there: another program takes the port.
        os.kill(guarded.guard, signal.SIGKILL)
    with await stolen(first.port):
        async with guarded.serve(**WATCHED) as second:
            assert second.port != first.port
            port = f":{second.port}/".encode()
            assert all(port in (content or b"") for content in contents(homes).values())
            assert secrets(homes) == known
            await guarded.done("unbind", CODEX_HOME=str(homes["two"]))
            assert contents(homes)["two"] == BEFORE["two"]
            assert port in (contents(homes)["one"] or b""), "the others stay routed"
            second.kill()
            await second.ended(5)
            await given_back(homes)
