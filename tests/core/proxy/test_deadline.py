"""One timer for many waits."""

import asyncio
import time

import pytest

from core.proxy import deadline as deadline_module
from core.proxy.deadline import Deadline

pytestmark = pytest.mark.both_loops


async def test_it_is_late_once_after_the_time_that_was_given_last() -> None:
    late = asyncio.Event()
    calls: list[float] = []
    loop = asyncio.get_running_loop()

    def told() -> None:
        calls.append(loop.time())
        late.set()

    deadline = Deadline(told)
    began = loop.time()
    deadline.within(60)
    deadline.within(0.01)
    deadline.within(0.05)
    await asyncio.wait_for(late.wait(), 5)
    assert calls[0] - began >= 0.049, "some loops count whole milliseconds"
    late.clear()
    deadline.within(0.01)
    await asyncio.wait_for(late.wait(), 5)
    assert len(calls) == 2


async def test_what_is_cleared_or_ended_is_never_late() -> None:
    calls: list[str] = []
    cleared = Deadline(lambda: calls.append("cleared"))
    cleared.within(0.01)
    cleared.clear()
    ended = Deadline(lambda: calls.append("ended"))
    ended.within(0.01)
    ended.end()
    after = asyncio.Event()
    last = Deadline(after.set)
    last.within(0.03)
    await asyncio.wait_for(after.wait(), 5)
    assert calls == []


async def test_who_stood_still_looks_first_at_what_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline_module, "OVERSLEPT_S", 0.02)
    monkeypatch.setattr(deadline_module, "GRACE_S", 0.05)
    late = asyncio.Event()
    stopped = Deadline(late.set)
    loop, began = asyncio.get_running_loop(), time.monotonic()
    stopped.within(0.001)
    loop.call_soon(time.sleep, 0.05)  # the process is stopped
    await late.wait()
    assert time.monotonic() - began >= 0.1
