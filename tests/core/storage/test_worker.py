"""Blocking work is done in order on a thread of its own; nothing is lost and nobody hangs."""

import asyncio
import threading

import pytest

from core.storage.worker import Worker


def thread_name() -> str:
    return threading.current_thread().name


async def test_work_is_done_in_order_on_a_named_thread() -> None:
    worker, done = Worker("fake disk"), list[int]()
    await asyncio.gather(*(worker.run(lambda n=n: done.append(n)) for n in range(50)))  # type: ignore[misc]
    assert done == list(range(50))
    assert await worker.run(thread_name) == "fake disk"
    worker.stop()


async def test_what_work_raises_comes_out_where_it_is_awaited() -> None:
    def broken() -> None:
        raise LookupError("not there")

    worker = Worker("fake disk")
    with pytest.raises(LookupError, match="not there"):
        await worker.run(broken)
    assert await worker.run(thread_name) == "fake disk"
    worker.stop()


async def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    worker, go_on, done = Worker("fake disk"), threading.Event(), list[str]()
    first = asyncio.ensure_future(worker.run(lambda: go_on.wait(5)))
    second = asyncio.ensure_future(worker.run(lambda: done.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    go_on.set()
    assert await first
    await worker.run(lambda: done.append("third"))
    assert done == ["third"]
    worker.stop()


async def test_stopping_lets_waiting_work_be_done_and_ends_the_thread() -> None:
    worker, done = Worker("a thread that ends"), list[int]()
    works = [asyncio.ensure_future(worker.run(lambda n=n: done.append(n))) for n in range(9)]  # type: ignore[misc]
    await asyncio.sleep(0)
    worker.stop()
    await asyncio.gather(*works)
    assert done == list(range(9))
    for thread in threading.enumerate():
        if thread.name == "a thread that ends":
            await asyncio.get_running_loop().run_in_executor(None, thread.join, 5)
    assert "a thread that ends" not in {thread.name for thread in threading.enumerate()}


async def test_work_after_the_end_does_not_hang() -> None:
    worker = Worker("fake disk")
    worker.stop()
    assert await worker.run(thread_name) == "fake disk"
    worker.stop()
    worker.stop()
    assert await worker.run(thread_name) == "fake disk"
    worker.stop()


async def test_a_thread_that_is_never_needed_is_never_started() -> None:
    Worker("never needed").stop()
    assert "never needed" not in {thread.name for thread in threading.enumerate()}
