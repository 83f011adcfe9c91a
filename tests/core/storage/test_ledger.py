"""The ledger keeps what went through, costs no first byte, and may be lost without harm."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings

from core.domain.errors import CoreError
from core.domain.facts import ThreadId
from core.domain.report import LastHour
from core.domain.rules import PoolId, Project, RuleNumber
from core.domain.usage import RequestRecord, Result, Tokens
from core.storage.database import open_database
from core.storage.ledger import (
    LEDGER_SCHEMA,
    Ledger,
    by_prefix,
    count_last_hour,
    insert,
    newest,
    open_ledger,
    read_ledger,
)
from core.storage.records import LONGEST, LONGEST_PATH, micros, moment_of, row_of
from core.storage.usage_sums import usage_since
from tests.core.storage.reluctant import ReluctantDisk
from tests.core.storage.samples import NOW, everything_under, request, with_result
from tests.core.storage.strategies import moments, requests


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(path, now=NOW, append_behind_s=60)
    yield ledger
    await ledger.close()


def fits(record: RequestRecord) -> RequestRecord:
    """The record as a row can hold it: long names cut, counts within 64 bits."""

    def clamp(number: int) -> int:
        return max(0, min(number, 2**63 - 1))

    def cut(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode()[:LONGEST]

    def path(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode()[:LONGEST_PATH]

    facts = replace(
        record.facts,
        thread=None if record.facts.thread is None else ThreadId(cut(record.facts.thread)),
        parent=None if record.facts.parent is None else ThreadId(cut(record.facts.parent)),
        model=cut(record.facts.model),
        client=cut(record.facts.client),
        only=None,  # who was forced shows in the verdicts
        unread=False,  # it was refused for that, and says so
        pool=None,  # it shows in the record's own
        project=None if record.facts.project is None else Project(path(record.facts.project)),
    )
    tokens = record.tokens
    if tokens is not None:
        counts = {name: getattr(tokens, name) for name in Tokens.__slots__}
        tokens = Tokens(**{name: clamp(count) for name, count in counts.items()})
    status = None if record.status is None else clamp(record.status)
    return replace(
        record,
        facts=facts,
        status=status,
        tokens=tokens,
        rule=None if record.rule is None else RuleNumber(clamp(record.rule)),
        pool=None if record.pool is None else PoolId(cut(record.pool)),
    )


@given(requests())
@settings(max_examples=50)
@example(
    replace(
        request(),
        facts=replace(request().facts, model="\ud800" + "m" * 5000, client="a\0b"),
        tokens=Tokens(input=10**30, cached_input=-1, output=0, reasoning_output=0),
    )
)
def test_any_request_can_be_written_and_comes_back(record: RequestRecord) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in (one for step in LEDGER_SCHEMA.steps for one in step):
            connection.execute(statement)
        insert(connection, [row_of(record)])
        assert newest(connection, 9) == (fits(record),)


@given(moments)
def test_a_time_is_kept_to_the_microsecond(moment: object) -> None:
    assert moment_of(micros(moment)) == moment  # type: ignore[arg-type]


async def test_the_newest_come_first(ledger: Ledger) -> None:
    for number in range(10):
        ledger.append(request(number, ago=timedelta(minutes=10 - number)))
    assert [record.id for record in await ledger.last(3)] == [request(n).id for n in (9, 8, 7)]


async def test_a_request_comes_back_as_it_was(ledger: Ledger) -> None:
    ledger.append(request())
    assert await ledger.last(1) == (request(),)


async def test_a_request_is_found_by_the_start_of_its_id(ledger: Ledger) -> None:
    for number in (0x10, 0x11, 0x20):
        ledger.append(request(number))
    found = await ledger.find("req_000000000000001")
    assert {record.id for record in found} == {request(0x10).id, request(0x11).id}
    assert await ledger.find(request(0x20).id) == (request(0x20),)
    assert await ledger.find("req_%") == ()


async def test_the_last_hour_is_counted_by_what_became_of_requests(ledger: Ledger) -> None:
    for number, result in enumerate(Result):
        ledger.append(with_result(request(number), result))
        ledger.append(with_result(request(100 + number, ago=timedelta(minutes=59)), result))
        ledger.append(with_result(request(200 + number, ago=timedelta(minutes=61)), result))
    assert await ledger.last_hour(NOW) == LastHour(
        requests=10, served=2, moved=2, refused=2, failed=2
    )


async def test_old_requests_are_pruned(ledger: Ledger) -> None:
    ledger.append(request(1, ago=timedelta(days=401)))
    ledger.append(request(2, ago=timedelta(days=399)))
    await ledger.flush()
    assert await ledger.prune(NOW - timedelta(days=400)) == 1
    assert [record.id for record in await ledger.last(9)] == [request(2).id]


async def test_appending_writes_nothing_in_that_moment(ledger: Ledger, path: Path) -> None:
    before = everything_under(path.parent)
    ledger.append(request())
    assert everything_under(path.parent) == before


async def test_what_was_appended_is_written_behind_by_itself(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW, append_behind_s=0)
    for number in range(100):
        ledger.append(request(number))
    assert ledger._behind is not None
    await ledger._behind
    assert len(read_ledger(path, lambda connection: newest(connection, 200)) or ()) == 100
    await ledger.close()


async def test_what_was_appended_is_there_after_a_restart(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW)
    ledger.append(request())
    await ledger.close()
    ledger = await open_ledger(path, now=NOW)
    assert await ledger.last(9) == (request(),)
    await ledger.close()


async def test_a_request_costs_less_than_a_kilobyte(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW)
    for number in range(2000):
        ledger.append(request(number, accounts=5))
    await ledger.close()
    assert path.stat().st_size / 2000 < 1024


async def test_the_disk_may_refuse_for_a_while(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW, append_behind_s=60)
    await ledger._database.read(lambda connection: connection.execute("PRAGMA query_only = ON"))
    ledger.append(request(1))
    with pytest.raises(CoreError):
        await ledger.flush()
    ledger.append(request(2))
    await ledger._database.read(lambda connection: connection.execute("PRAGMA query_only = OFF"))
    assert {record.id for record in await ledger.last(9)} == {request(1).id, request(2).id}
    await ledger.close()


async def test_writing_behind_is_tried_until_the_disk_takes_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.storage.ledger.RETRY_S", 0)
    disk = ReluctantDisk(await open_database(path, LEDGER_SCHEMA), refusals=3)
    ledger = Ledger(disk, set_aside=None, append_behind_s=0)
    ledger.append(request())
    assert ledger._behind is not None
    await ledger._behind
    assert disk.refusals == 0
    assert read_ledger(path, lambda connection: newest(connection, 9)) == (request(),)
    assert caplog.text.count("the ledger is behind") == 3
    await ledger.close()


async def test_memory_is_bounded_while_the_disk_refuses(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.ledger.KEPT_IN_MEMORY", 3)
    for number in range(10):
        ledger.append(request(number, ago=timedelta(minutes=10 - number)))
    assert [record.id for record in await ledger.last(9)] == [request(n).id for n in (9, 8, 7)]


async def test_a_ledger_that_cannot_be_written_does_not_keep_us_from_ending(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW)
    await ledger._database.read(lambda connection: connection.execute("PRAGMA query_only = ON"))
    ledger.append(request(1))
    await ledger.close()


async def counted(ledger: Ledger) -> int:
    """How many requests the sums by the hour hold."""
    since, none = NOW - timedelta(days=1), timedelta(0)
    found = await ledger.read(lambda file: usage_since(file, since, by="account", offset=none))
    return sum(one.requests for one in found)


async def test_two_that_flush_at_once_write_and_count_each_request_once(ledger: Ledger) -> None:
    for number in range(200):
        ledger.append(request(number))
    await asyncio.gather(ledger.flush(), ledger.flush(), ledger.last(5))
    assert len(await ledger.last(1000)) == 200
    assert await counted(ledger) == 200


async def test_a_write_that_was_cut_off_is_made_good_and_counts_once(ledger: Ledger) -> None:
    for turns_of_the_loop in range(4):
        ledger.append(request(turns_of_the_loop))
        flushing = asyncio.ensure_future(ledger.flush())
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
    assert len(await ledger.last(9)) == 4
    assert await counted(ledger) == 4


async def test_verdicts_of_one_request_are_not_written_for_the_next(ledger: Ledger) -> None:
    each = [
        replace(request(number), verdicts=request(accounts=n).verdicts)
        for number, n in enumerate((2, 2, 1, 3))
    ]
    for record in each:
        ledger.append(record)
    assert await ledger.last(9) == tuple(reversed(each))


async def test_a_damaged_ledger_is_put_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rubbish " * 1000)
    ledger = await open_ledger(path, now=NOW)
    assert ledger.set_aside == path.with_name("ledger-damaged-20260302T090000Z.db")
    assert ledger.set_aside.read_bytes() == b"rubbish " * 1000
    ledger.append(request())
    assert await ledger.last(9) == (request(),)
    await ledger.close()


async def test_a_ledger_in_order_is_not_put_aside(ledger: Ledger) -> None:
    assert ledger.set_aside is None


async def test_a_ledger_that_was_deleted_begins_anew(path: Path) -> None:
    ledger = await open_ledger(path, now=NOW)
    ledger.append(request())
    await ledger.close()
    path.unlink()
    ledger = await open_ledger(path, now=NOW)
    assert await ledger.last(9) == ()
    await ledger.close()


async def test_a_ledger_of_a_newer_program_is_left_alone(path: Path) -> None:
    database = await open_database(path, LEDGER_SCHEMA)
    await database.write(lambda connection: connection.execute("PRAGMA user_version = 9"))
    await database.close()
    with pytest.raises(CoreError) as failure:
        await open_ledger(path, now=NOW)
    assert failure.value.code == "data_newer"
    assert [found.name for found in path.parent.iterdir()] == ["ledger.db"]


async def test_a_row_that_cannot_be_read_is_left_out(ledger: Ledger) -> None:
    ledger.append(request(1))
    ledger.append(request(2))
    await ledger.flush()

    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE request SET verdicts = '[' WHERE id = ?", (request(1).id,))

    await ledger._database.write(damage)
    assert await ledger.last(9) == (request(2),)


async def test_readers_without_the_lock_see_what_is_written(path: Path) -> None:
    assert read_ledger(path, lambda connection: newest(connection, 9)) is None
    ledger = await open_ledger(path, now=NOW)
    ledger.append(request())
    await ledger.flush()
    assert read_ledger(path, lambda connection: newest(connection, 9)) == (request(),)
    assert read_ledger(path, lambda connection: by_prefix(connection, "req_", 9)) == (request(),)
    hour = read_ledger(path, lambda connection: count_last_hour(connection, NOW))
    assert hour is not None
    assert hour.requests == 1
    await ledger.close()


def test_readers_of_a_damaged_ledger_find_nothing(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rubbish " * 1000)
    assert read_ledger(path, lambda connection: newest(connection, 9)) is None
