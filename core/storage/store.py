"""The one owner of `State` and `Observed`: what is in memory is the truth, the file follows.

`change` is for what the user chose: committed, then announced. `learn` is for what was observed: it
counts and is announced at once, and is written behind, because it must never stand in the way of a
first byte. After kill -9 the last second of what was learned may be missing; what the user chose is
not.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.domain.errors import CoreError
from core.domain.events import Event
from core.domain.observed import Lesson, Observed
from core.domain.state import Change, State
from core.runtime.tasks import Tasks
from core.storage.database import Database, read_only
from core.storage.rows import (
    DamagedRow,
    Row,
    checksum,
    differences,
    observed_kinds,
    read_observed,
    read_state,
    state_kinds,
)
from core.storage.schema import VAULT_SCHEMA

WRITE_BEHIND_S = 1.0
"""How long what was learned may wait before it is written."""
RETRY_S = 60.0
"""The longest wait between two attempts while the disk refuses."""

_log = logging.getLogger(__name__)

type Publish = Callable[[tuple[Event, ...]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a file holds; `damaged` names the rows that could not be read."""

    state: State = field(default_factory=State)
    observed: Observed = field(default_factory=Observed)
    damaged: tuple[DamagedRow, ...] = ()


class Store:
    """Holds the two values and is the only one to replace them. One for each data folder."""

    def __init__(
        self,
        database: Database,
        loaded: Loaded,
        *,
        publish: Publish,
        write_behind_s: float = WRITE_BEHIND_S,
    ) -> None:
        """`publish` is called on the loop, with what a transition brought about."""
        self._database = database
        self._publish = publish
        self._write_behind_s = write_behind_s
        self._state = loaded.state
        self._observed = loaded.observed
        self._written = loaded.observed
        self._tasks = Tasks("store")
        self._writing = asyncio.Lock()
        self._behind: asyncio.Task[Any] | None = None
        self._trouble: CoreError | None = None
        self.damaged = loaded.damaged

    @property
    def state(self) -> State:
        """What the user chose, as committed."""
        return self._state

    @property
    def observed(self) -> Observed:
        """What was learned, this instant."""
        return self._observed

    @property
    def trouble(self) -> CoreError | None:
        """Why what was learned could not be written; None again once it could."""
        return self._trouble

    async def change(self, change: Change) -> tuple[Event, ...]:
        """Run a transition of the state: on the disk first, then in memory and announced.

        A caller that is cancelled does not stop a commit: it happens whole, or not at all.

        Raises:
            CoreError: as the transition refuses or the disk fails; state, memory and file are as
                they were.
        """
        # A task of its own, so that memory follows the file also when nobody waits any more.
        task = self._tasks.start(self._change(change), name="change")
        done = await asyncio.shield(task)
        if isinstance(done, CoreError):
            raise done
        return done

    def learn(self, lesson: Lesson) -> tuple[Event, ...]:
        """Run a transition of what was learned, now; it is written within `write_behind_s`."""
        self._observed, events = lesson(self._observed)
        if self._observed is not self._written and self._behind is None:
            self._behind = self._tasks.start(self._write_behind(), name="write behind")
        if events:
            self._publish(events)
        return events

    async def flush(self) -> None:
        """Write what was learned so far.

        Raises:
            CoreError: as the disk fails; it is kept in memory and tried again.
        """
        async with self._writing:
            observed = self._observed
            rows = differences(observed_kinds(self._written), observed_kinds(observed))
            try:
                if rows:
                    await self._database.write(
                        lambda connection: _put(connection, "observed", rows)
                    )
            except CoreError as error:
                self._trouble = error
                raise
            self._written = observed
            self._trouble = None

    async def close(self) -> None:
        """Write what is left. The database is closed by who opened it.

        Raises:
            CoreError: as `flush`.
        """
        if self._behind is not None:
            self._behind.cancel()
        try:
            await self.flush()
        finally:
            await self._tasks.close()

    async def _change(self, change: Change) -> tuple[Event, ...] | CoreError:
        async with self._writing:
            before = self._state
            try:
                after, events = change(before)
            except CoreError as refused:  # the caller's to hear, and no failure of this task
                return refused
            rows = differences(state_kinds(before), state_kinds(after))
            if rows:
                await self._database.write(lambda connection: _put(connection, "state", rows))
            self._state = after
        if events:
            self._publish(events)
        return events

    async def _write_behind(self) -> None:
        wait_s = self._write_behind_s
        while True:
            await asyncio.sleep(wait_s)
            # From here on a lesson starts the next wait: this write may not hold it any more.
            self._behind = None
            try:
                await self.flush()
            except CoreError as error:
                _log.warning("what was learned is not written yet: %s", error)
            if self._trouble is None or self._behind is not None:
                return
            self._behind = asyncio.current_task()
            wait_s = min(wait_s * 2, RETRY_S)


async def load_store(
    database: Database, *, publish: Publish, write_behind_s: float = WRITE_BEHIND_S
) -> Store:
    """The store of an open `vault.db`.

    Raises:
        CoreError: the file cannot be read. A single row that cannot is left out and logged; one
            that can, but is not as it was written, is logged.
    """
    loaded = await database.read(_load)
    for row in loaded.damaged:
        done = "kept" if row.counts else "left out"
        _log.warning("%s a damaged row: %s (%s)", done, row.kind, row.reason)
    if await database.read(_without_checksum):
        await database.write(_add_checksums)
    return Store(database, loaded, publish=publish, write_behind_s=write_behind_s)


def read_store(path: Path) -> Loaded:
    """What the file holds, without the owner's lock; nothing when there is no file. Blocks.

    Raises:
        CoreError: `data_newer`, `data_damaged`, or as the disk fails.
    """
    return read_only(path, VAULT_SCHEMA, _load) or Loaded()


def _load(connection: sqlite3.Connection) -> Loaded:
    state, damaged_state = read_state(_rows(connection, "state"))
    observed, damaged_observed = read_observed(_rows(connection, "observed"))
    return Loaded(state=state, observed=observed, damaged=damaged_state + damaged_observed)


def _rows(connection: sqlite3.Connection, table: str) -> Iterable[Row]:
    # The table's name is one of two constants.
    found = connection.execute(f"SELECT kind, key, document, checksum FROM {table}")  # noqa: S608
    return (
        Row(kind=kind, key=key, document=document, checksum=written)
        for kind, key, document, written in found
    )


def _without_checksum(connection: sqlite3.Connection) -> bool:
    """Whether there are rows of a time before checksums."""
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE checksum IS NULL LIMIT 1").fetchone()  # noqa: S608 - as above
        for table in ("state", "observed")
    )


def _add_checksums(connection: sqlite3.Connection) -> None:
    for table in ("state", "observed"):
        _put(connection, table, [row for row in _rows(connection, table) if row.checksum is None])


def _put(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        if row.document is None:
            connection.execute(
                f"DELETE FROM {table} WHERE kind = ? AND key = ?",  # noqa: S608 - as above
                (row.kind, row.key),
            )
        else:
            connection.execute(
                f"INSERT OR REPLACE INTO {table} (kind, key, document, checksum)"  # noqa: S608 - as above
                " VALUES (?, ?, ?, ?)",
                (row.kind, row.key, row.document, checksum(row.kind, row.key, row.document)),
            )
