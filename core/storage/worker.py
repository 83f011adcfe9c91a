"""One named thread that does blocking work in order, so that the event loop never waits for a disk.

Not an executor of the standard library: those are joined when the interpreter ends, and a keyring
that waits for its owner's password would then hold the whole program. This thread is a daemon;
whatever it was doing may be cut off like by kill -9, which everything in this package survives.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

type _Job = tuple[Future[Any], Callable[[], Any]]


class Worker:
    """Runs functions one after the other on a thread of its own, started by the first of them."""

    def __init__(self, name: str) -> None:
        """`name` is what a debugger and a crash report call the thread."""
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run[T](self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Cancelling the wait does not stop work that has begun."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_work_off, args=(self._jobs,), name=self._name, daemon=True
            )
            self._thread.start()
        future: Future[T] = Future()
        self._jobs.put((future, work))
        return await asyncio.wrap_future(future)

    def stop(self) -> None:
        """End the thread after the work that waits. Does not block; more work starts another."""
        if self._thread is not None:
            self._jobs.put(None)
            self._jobs, self._thread = SimpleQueue(), None


def _work_off(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        _perform(*job)
        del job  # results and exceptions may hold secrets: keep none until the next job


def _perform[T](future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
