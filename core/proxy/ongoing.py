"""An answer in the making, and how whoever makes it hears that the client is gone."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol


class Ongoing(Protocol):
    """In callbacks, or in the task that a `Start` has started."""

    def cancel(self) -> object:
        """The client is gone; does nothing when the answer is over."""
        ...


type Start = Callable[[Coroutine[Any, Any, None]], Ongoing]
"""Answer by a coroutine; should it fail, or end without an answer, that is made good."""


class InTask:
    """An answer that a task makes."""

    __slots__ = ("_task",)

    def __init__(self, task: asyncio.Task[None]) -> None:
        """`task` was started a moment ago."""
        self._task = task

    def cancel(self) -> None:
        """After its first step: a task cancelled before it never runs, and writes no row."""
        asyncio.get_running_loop().call_soon(self._task.cancel)
