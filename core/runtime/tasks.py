"""The only starter of background tasks: each has a name, an owner and a place where it fails.

`asyncio` keeps only weak references to tasks and swallows their errors until they are collected;
a task started here is held until it ends, and what it raises is logged at once.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """The background tasks of one owner. `close` cancels what still runs and waits for it."""

    def __init__(self, owner: str) -> None:
        """`owner` is put before each task's name."""
        self._owner = owner
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many tasks have not ended."""
        return len(self._running)

    def start[T](self, coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start `coroutine` on the running loop; keep it until it ends."""
        task = asyncio.get_running_loop().create_task(coroutine, name=f"{self._owner}: {name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task %s failed", task.get_name(), exc_info=error)

    async def close(self) -> None:
        """Cancel every task and wait until each has ended."""
        current = asyncio.current_task()
        ending = [task for task in self._running if task is not current]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
