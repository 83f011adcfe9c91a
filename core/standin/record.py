"""The record of one stand-in: the newest requests, and waiting for something to happen."""

import asyncio
from collections import deque
from collections.abc import Callable

from core.standin.recorded import Recorded


class Record:
    """Keeps requests in their order; tells whoever waits when anything changes."""

    def __init__(self, keep: int) -> None:
        """`keep` is how many requests stay, the newest."""
        self._requests: deque[Recorded] = deque(maxlen=keep)
        self._watchers: set[asyncio.Event] = set()

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """Oldest first."""
        return tuple(self._requests)

    def add(self, recorded: Recorded) -> None:
        """One more request has come."""
        self._requests.append(recorded)

    def changed(self) -> None:
        """Something happened that somebody may wait for."""
        for watcher in self._watchers:
            watcher.set()

    async def until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until `ready()`. Raises `TimeoutError`."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            async with asyncio.timeout(timeout_s):
                while not ready():
                    watcher.clear()
                    await watcher.wait()
        finally:
            self._watchers.discard(watcher)
