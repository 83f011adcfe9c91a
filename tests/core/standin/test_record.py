import asyncio

import pytest

from core.standin.record import Record
from tests.core.standin.recordings import recorded


def test_only_the_newest_are_kept() -> None:
    record = Record(keep=2)
    requests = [recorded(f"/{number}") for number in range(3)]
    for request in requests:
        record.add(request)
    assert record.requests == tuple(requests[1:])


async def test_what_is_so_already_is_not_waited_for() -> None:
    await Record(keep=1).until(lambda: True, timeout_s=0)


async def test_waiting_ends_with_the_change_that_was_waited_for() -> None:
    record = Record(keep=9)

    async def arrive() -> None:
        for number in range(3):
            record.add(recorded(f"/{number}"))
            record.changed()
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(record.until(lambda: len(record.requests) == 3, timeout_s=5))
        group.create_task(arrive())


async def test_waiting_has_a_bound() -> None:
    with pytest.raises(TimeoutError):
        await Record(keep=1).until(lambda: False, timeout_s=0)
