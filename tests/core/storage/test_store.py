"""What the user chose is on the disk before it counts; what was learned counts at once."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.events import AccountChanged, Event, RotationChanged, ThreadMoved
from core.domain.facts import ThreadId
from core.domain.observed import (
    Lesson,
    Observed,
)
from core.domain.state import Change, Rotation, RotationMode, State, put_account, steer
from core.domain.thread_owners import own_thread
from core.storage.database import Database, open_database
from core.storage.rows import differences, state_kinds
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import Loaded, Store, load_store, read_store
from tests.core.storage.reluctant import ReluctantDisk
from tests.core.storage.samples import NOW, account

ONE, TWO = account(1), account(2)


class Listener:
    """Hears what is announced, and looks at the file in that moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.heard: list[tuple[Event, ...]] = []
        self.on_disk: list[State] = []

    def publish(self, events: tuple[Event, ...]) -> None:
        self.heard.append(events)
        self.on_disk.append(read_store(self._path).state)


@pytest.fixture
def listener(path: Path) -> Listener:
    return Listener(path)


@pytest.fixture
async def store(database: Database, listener: Listener) -> AsyncIterator[Store]:
    store = await load_store(database, publish=listener.publish, write_behind_s=60)
    yield store
    await store.close()


def live_on(account: AccountId, thread: str = "thread-1") -> Lesson:
    return own_thread(ThreadId(thread), account, now=NOW, fresh_for=timedelta(minutes=1))


def refuse_writes(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")


def allow_writes(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = OFF")


def trouble_of(store: Store) -> str | None:
    return None if store.trouble is None else store.trouble.code


async def test_a_new_folder_holds_nothing(store: Store) -> None:
    assert (store.state, store.observed) == (State(), Observed())


async def test_a_change_is_on_the_disk_before_it_is_announced(
    store: Store, listener: Listener
) -> None:
    events = await store.change(put_account(ONE))
    assert events == (AccountChanged(account=ONE.id),)
    assert listener.heard == [events]
    assert listener.on_disk == [store.state]


async def test_a_change_is_there_after_a_restart(path: Path, store: Store) -> None:
    await store.change(put_account(ONE))
    stay = Rotation(mode=RotationMode.STAY, account=ONE.id)
    await store.change(steer(Rotation(mode=RotationMode.PAUSED, before=stay)))
    assert read_store(path).state == store.state


async def test_a_change_that_changes_nothing_writes_nothing(store: Store, path: Path) -> None:
    await store.change(put_account(ONE))
    before = path.with_name("vault.db-wal").stat().st_size
    await store.change(put_account(account(1)))
    assert path.with_name("vault.db-wal").stat().st_size == before


async def test_changes_at_the_same_time_all_count(store: Store, path: Path) -> None:
    await asyncio.gather(*(store.change(put_account(account(n))) for n in range(1, 30)))
    assert len(store.state.accounts) == 29
    assert read_store(path).state == store.state


async def test_a_change_the_disk_refuses_did_not_happen(
    store: Store, database: Database, listener: Listener
) -> None:
    await store.change(put_account(ONE))
    before = store.state
    await database.read(refuse_writes)
    with pytest.raises(CoreError) as failure:
        await store.change(put_account(TWO))
    assert failure.value.code == "data_not_writable"
    assert store.state is before
    assert len(listener.heard) == 1
    await database.read(allow_writes)
    await store.change(put_account(TWO))
    assert set(store.state.accounts) == {ONE.id, TWO.id}


async def test_a_commit_that_is_cut_short_by_the_disk_did_not_happen(
    store: Store, path: Path
) -> None:
    await store.change(put_account(ONE))
    before = store.state
    size = path.with_name("vault.db-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel writes up to the limit and then refuses, in the middle of a page.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, hard))
    try:
        with pytest.raises(CoreError) as failure:
            await store.change(put_account(TWO))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failure.value.code in ("disk_failed", "disk_full")
    assert store.state is before
    assert read_store(path).state == before
    await store.change(put_account(TWO))
    assert read_store(path).state == store.state


async def test_a_transition_that_fails_changes_nothing(store: Store) -> None:
    def broken(state: State) -> tuple[State, tuple[Event, ...]]:
        raise LookupError("no such account")

    with pytest.raises(LookupError):
        await store.change(broken)
    await store.change(put_account(ONE))
    assert set(store.state.accounts) == {ONE.id}


async def test_who_stops_waiting_does_not_stop_the_change(
    store: Store, path: Path, listener: Listener
) -> None:
    computed = asyncio.Event()

    def told(change: Change) -> Change:
        def transition(state: State) -> tuple[State, tuple[Event, ...]]:
            computed.set()
            return change(state)

        return transition

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(store.change(told(put_account(ONE))))
        await computed.wait()
        waiting.cancel()
    await store.change(steer(Rotation(mode=RotationMode.PAUSED)))
    assert set(store.state.accounts) == {ONE.id}
    assert read_store(path).state == store.state
    assert [type(event) for events in listener.heard for event in events] == [
        AccountChanged,
        RotationChanged,
    ]


async def test_a_lesson_counts_at_once_and_is_not_written_yet(store: Store, path: Path) -> None:
    store.learn(live_on(ONE.id))
    assert store.observed.owners[ThreadId("thread-1")].account == ONE.id
    assert read_store(path).observed == Observed()


async def test_a_lesson_is_announced_at_once(store: Store, listener: Listener) -> None:
    store.learn(live_on(ONE.id))
    store.learn(live_on(TWO.id))
    moved = ThreadMoved(thread=ThreadId("thread-1"), moved_from=ONE.id, moved_to=TWO.id)
    assert listener.heard == [(moved,)]


async def test_a_lesson_is_written_behind_by_itself(database: Database, path: Path) -> None:
    store = await load_store(database, publish=lambda _: None, write_behind_s=0)
    for number in range(50):
        store.learn(live_on(ONE.id, f"thread-{number}"))
    assert store._behind is not None
    await store._behind
    assert len(read_store(path).observed.owners) == 50
    await store.close()


async def test_what_was_learned_is_written_when_the_store_closes(
    database: Database, path: Path
) -> None:
    store = await load_store(database, publish=lambda _: None)
    store.learn(live_on(ONE.id))
    await store.close()
    assert read_store(path).observed == store.observed


async def test_what_is_forgotten_goes_from_the_file(store: Store, path: Path) -> None:
    def forget(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        return replace(observed, owners={}, last_chosen=None), ()

    store.learn(live_on(ONE.id))
    await store.flush()
    store.learn(forget)
    await store.flush()
    assert read_store(path).observed == Observed()


async def test_lessons_the_disk_refuses_are_kept_and_tried_again(
    database: Database, path: Path
) -> None:
    disk = ReluctantDisk(database, refusals=3)
    store = Store(disk, Loaded(), publish=lambda _: None, write_behind_s=0)
    store.learn(live_on(ONE.id))
    with pytest.raises(CoreError):
        await store.flush()
    assert trouble_of(store) == "disk_full"
    assert store._behind is not None
    await store._behind
    assert (disk.refusals, trouble_of(store)) == (0, None)
    assert read_store(path).observed == store.observed
    await store.close()


async def test_a_last_write_that_fails_is_reported(database: Database) -> None:
    store = await load_store(database, publish=lambda _: None)
    store.learn(live_on(ONE.id))
    await database.read(refuse_writes)
    with pytest.raises(CoreError):
        await store.close()
    await database.read(allow_writes)


async def test_a_damaged_row_is_left_out_and_named(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = await load_store(database, publish=lambda _: None)
    await store.change(put_account(ONE))
    await store.change(put_account(TWO))
    await store.close()
    await database.write(
        lambda connection: connection.execute(
            "UPDATE state SET document = '{' WHERE key = ?", (TWO.id,)
        )
    )
    store = await load_store(database, publish=lambda _: None)
    assert set(store.state.accounts) == {ONE.id}
    assert store.state.next_number == 3
    assert [(row.kind, row.key) for row in store.damaged] == [("account", TWO.id)]
    assert "left out a damaged row: account" in caplog.text
    await store.close()


async def test_rows_of_a_time_before_checksums_are_taken_and_get_theirs(path: Path) -> None:
    before = replace(VAULT_SCHEMA, steps=VAULT_SCHEMA.steps[:1])
    database = await open_database(path, before)
    rows = differences(state_kinds(State()), state_kinds(put_account(ONE)(State())[0]))
    values = [(row.kind, row.key, row.document) for row in rows]
    await database.write(
        lambda file: file.executemany("INSERT INTO state VALUES (?, ?, ?)", values)
    )
    await database.close()
    assert read_store(path).state.accounts == {ONE.id: ONE}, "without the owner's lock"
    database = await open_database(path, VAULT_SCHEMA)
    store = await load_store(database, publish=lambda _: None)
    assert (store.state.accounts, store.damaged) == ({ONE.id: ONE}, ())
    await store.close()
    await database.write(
        lambda file: file.execute(
            "UPDATE state SET document = replace(document, ?, 'Wrok')", (ONE.label,)
        )
    )
    await database.close()
    assert [(row.kind, row.counts) for row in read_store(path).damaged] == [("account", True)]


def test_reading_without_a_file_finds_nothing(path: Path) -> None:
    assert read_store(path) == Loaded()


async def test_a_second_start_does_not_read_what_the_first_had_in_memory(path: Path) -> None:
    database = await open_database(path, VAULT_SCHEMA)
    store = await load_store(database, publish=lambda _: None)
    store.learn(live_on(ONE.id))
    assert read_store(path).observed == Observed()
    await store.close()
    await database.close()
    assert read_store(path).observed == store.observed
