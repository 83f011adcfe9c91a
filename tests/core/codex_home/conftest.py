"""The real Codex, whose stragglers are gone before its world is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakes.codex import Codex

_QUIET_S = 0.3


@pytest.fixture
async def codex(codex: Codex) -> AsyncIterator[Codex]:
    """As everywhere; but what still runs in its home, because nobody waits for it, is ended here.

    Not in the middle of a handshake with the proxy, though.
    """
    yield codex
    seen = -1
    while (now := len(codex.proxy.opened) + len(codex.proxy.refused)) != seen:
        seen = now
        await asyncio.sleep(_QUIET_S)
    for process in _living_in(codex.home):
        os.kill(process, signal.SIGKILL)


def _living_in(home: Path) -> Iterator[int]:
    """Processes whose CODEX_HOME this is."""
    wanted = f"CODEX_HOME={home}".encode()
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name)
            except OSError:
                pass  # another user's, or it has just ended
