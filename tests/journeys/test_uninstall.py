"""`turntable uninstall` while it runs: afterwards nothing of ours is left that is not data."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
WATCHED = {"TURNTABLE_BIND_WATCH": "true"}


def ours(home: Path) -> list[Path]:
    """Every file below the user's home whose name or content says that it is ours."""
    files = [path for path in home.rglob("*") if path.is_symlink() or path.is_file()]
    return [
        path
        for path in files
        if "turntable" in path.name or b"turntable" in path.read_bytes().lower()
    ]


def everything(home: Path) -> dict[str, tuple[int, bytes]]:
    """Each file below the user's home that is not Codex's own business: mode and content.

    Folders that entries were put into stay: they are the desktop's.
    """
    return {
        str(path.relative_to(home)): (path.lstat().st_mode, path.read_bytes())
        for path in sorted(home.rglob("*"))
        if path.is_file() and ("/.codex/" not in str(path) or path.name == "config.toml")
    }


async def test_uninstall_stops_gives_back_and_leaves_only_data(
    turntable: Turntable, codex: Codex
) -> None:
    home = Path(turntable.env["HOME"])
    codex.config.write_bytes(BEFORE)
    before = everything(home)
    async with turntable.serve(**WATCHED) as serving:
        await turntable.done("bind")
        guard = turntable.guard
        await turntable.done("startup", "enable")
        await turntable.done("launcher", "install")
        assert ours(home), "entries for the login, and the address in config.toml"
        told = (await turntable.done("uninstall", "--dry-run"))["messages"]
        assert await turntable.done("status")
        done = await turntable.done("uninstall")
        assert await serving.ended(5) == 0
    assert codex.config.read_bytes() == BEFORE
    assert ours(home) == []
    assert len(done["entries"]) == 3
    assert everything(home) == before, "what was there is there, and nothing else"
    assert str(codex.home) in " ".join(told)
    assert (turntable.home / "vault.db").exists()
    assert not list((turntable.home / "binds").iterdir())
    await turntable.done("uninstall", "--purge")
    assert not turntable.home.exists()
    with suppress(ProcessLookupError):
        os.kill(guard, signal.SIGKILL)
    await asyncio.sleep(0)
