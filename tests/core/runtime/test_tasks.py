"""Background tasks are held, named, heard of when they fail, and gone when their owner is."""

import asyncio
import logging

import pytest

from core.runtime.tasks import Tasks


async def test_a_task_bears_its_owners_name_and_counts_until_it_has_ended() -> None:
    tasks, go = Tasks("watch"), asyncio.Event()

    async def work() -> int:
        await go.wait()
        return 7

    task = tasks.start(work(), name="quota")
    assert task.get_name() == "watch: quota"
    assert len(tasks) == 1

    go.set()
    assert await task == 7
    await asyncio.sleep(0)
    assert len(tasks) == 0


async def test_what_a_task_raises_is_logged_at_once(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks("watch")

    async def fail() -> None:
        raise ValueError("no such window")

    with caplog.at_level(logging.ERROR):
        await asyncio.wait([tasks.start(fail(), name="quota")])
        await asyncio.sleep(0)

    assert "task watch: quota failed" in caplog.text
    assert "no such window" in caplog.text


async def test_closing_ends_every_task_and_waits_for_its_last_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks, said = Tasks("watch"), list[str]()

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            said.append(name)

    for name in ("a", "b"):
        tasks.start(work(name), name=name)
    await asyncio.sleep(0)

    await tasks.close()

    assert sorted(said) == ["a", "b"]
    assert len(tasks) == 0
    assert caplog.text == ""


async def test_a_task_may_close_its_own_owner() -> None:
    tasks = Tasks("watch")

    async def end_everything() -> str:
        await tasks.close()
        return "ended"

    other = tasks.start(asyncio.Event().wait(), name="other")
    assert await tasks.start(end_everything(), name="end") == "ended"
    assert other.cancelled()
