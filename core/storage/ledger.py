"""Requests and the decisions behind them: appended behind the traffic, summed, pruned.

Nothing else depends on this file: it may be deleted at any time, and a damaged one is put aside and
a new one begun. A row holds names, times and counts; no prompt, no answer.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.quota import QuotaPoint
from core.domain.report import LastHour
from core.domain.usage import RequestRecord, Result
from core.runtime.tasks import Tasks
from core.storage.database import Database, Durability, Schema, open_database, read_only
from core.storage.quota_history import note_points, thin_points
from core.storage.records import COLUMNS, Row, Rows, micros, record_of
from core.storage.usage_sums import (
    USAGE_BY_PROJECT_STEP,
    USAGE_STEP,
    count_usage,
    prune_usage,
)

APPEND_BEHIND_S = 1.0
"""How long a finished request may wait before it is written; lost at kill -9 within it."""
KEPT_IN_MEMORY = 10_000
"""Rows that wait while the disk refuses; beyond them the oldest are dropped."""
_ROWS_AT_ONCE = 64
"""Rows of one statement, where so many wait; always as many, because statements are kept."""
_MARKS = f"({', '.join('?' * (COLUMNS.count(',') + 1))})"
_INSERT, _INSERT_MANY = (
    f"INSERT INTO request ({COLUMNS}) VALUES {', '.join([_MARKS] * rows)}"  # noqa: S608 - constants
    " ON CONFLICT (id) DO NOTHING"
    for rows in (1, _ROWS_AT_ONCE)
)
RETRY_S = 60.0
"""The longest wait between two attempts while the disk refuses."""

LEDGER_SCHEMA = Schema(
    durability=Durability.NORMAL,
    check_on_open=False,
    steps=(
        (
            """CREATE TABLE request (
                id TEXT NOT NULL, started_at INTEGER NOT NULL, -- microseconds since 1970, UTC
                kind TEXT NOT NULL, thread TEXT, parent TEXT, model TEXT NOT NULL,
                client TEXT NOT NULL, mid_turn INTEGER NOT NULL, account TEXT,
                because TEXT NOT NULL, result TEXT NOT NULL, status INTEGER,
                first_byte_s REAL, total_s REAL NOT NULL,
                input INTEGER, cached_input INTEGER, output INTEGER, reasoning_output INTEGER,
                attempts TEXT NOT NULL, verdicts TEXT NOT NULL) STRICT""",
            "CREATE UNIQUE INDEX request_id ON request (id)",
            "CREATE INDEX request_time ON request (started_at, result)",
        ),
        (
            # Where a thread came from when it moved, and the strategy that named the account.
            "ALTER TABLE request ADD COLUMN moved_from TEXT",
            "ALTER TABLE request ADD COLUMN strategy TEXT NOT NULL DEFAULT ''",
            # What was left of each limit whenever it changed (`core.storage.quota_history`).
            """CREATE TABLE quota (
                account TEXT NOT NULL, scope TEXT NOT NULL, kind TEXT NOT NULL,
                minutes INTEGER NOT NULL, at INTEGER NOT NULL, remaining REAL,
                resets_at INTEGER) STRICT""",
            "CREATE INDEX quota_time ON quota (at)",
        ),
        USAGE_STEP,
        (
            # Where the work is, the rule that counted, and whose accounts might serve.
            "ALTER TABLE request ADD COLUMN project TEXT",
            "ALTER TABLE request ADD COLUMN rule INTEGER",
            "ALTER TABLE request ADD COLUMN pool TEXT",
        ),
        USAGE_BY_PROJECT_STEP,
    ),
)

_log = logging.getLogger(__name__)


class Ledger:
    """Appends without waiting; answers include what is not written yet."""

    def __init__(
        self, database: Database, *, set_aside: Path | None, append_behind_s: float
    ) -> None:
        """Made by `open_ledger`."""
        self._database = database
        self._append_behind_s = append_behind_s
        self._rows = Rows()
        self._waiting: list[Row] = []
        self._points: list[QuotaPoint] = []
        self._behind: asyncio.Task[None] | None = None
        self._tasks = Tasks("ledger")
        self.set_aside = set_aside
        """Where a damaged ledger was put when this one was begun; None when all was well."""

    def append(self, record: RequestRecord) -> None:
        """Keep a request that has ended; it is written within `APPEND_BEHIND_S`.

        Its row is made now: in the thread that writes, thousands at once would keep the interpreter
        from the loop. Values of a row are nothing that a garbage collector has to look at, either.
        """
        self._waiting.append(self._rows.of(record))
        if len(self._waiting) > KEPT_IN_MEMORY:
            del self._waiting[0]
        self._write_soon()

    async def last(self, count: int) -> tuple[RequestRecord, ...]:
        """The newest requests, newest first.

        Raises:
            CoreError: as the disk fails.
        """
        await self.flush()
        return await self._database.read(lambda connection: newest(connection, count))

    async def find(self, prefix: str, *, limit: int = 10) -> tuple[RequestRecord, ...]:
        """Requests whose id starts with `prefix`, newest first.

        Raises:
            CoreError: as the disk fails.
        """
        await self.flush()
        return await self._database.read(lambda connection: by_prefix(connection, prefix, limit))

    async def last_hour(self, now: datetime) -> LastHour:
        """Counts of the 60 minutes before `now`.

        Raises:
            CoreError: as the disk fails.
        """
        await self.flush()
        return await self._database.read(lambda connection: count_last_hour(connection, now))

    async def read[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` finds, with all that waits written first.

        Raises:
            CoreError: as the disk fails.
        """
        await self.flush()
        return await self._database.read(work)

    def note_quota(self, points: tuple[QuotaPoint, ...]) -> None:
        """Keep what was left of some limits; it is written with the next requests."""
        self._points.extend(points)
        if len(self._points) > KEPT_IN_MEMORY:
            del self._points[: len(self._points) - KEPT_IN_MEMORY]
        self._write_soon()

    async def thin_quota(self, now: datetime, *, keep: timedelta) -> None:
        """Let the history of limits grow coarser with age, and end after `keep`.

        Raises:
            CoreError: as the disk fails.
        """
        await self._database.write(lambda connection: thin_points(connection, now, keep))

    async def prune(self, before: datetime) -> int:
        """Delete requests that started before; how many.

        Raises:
            CoreError: as the disk fails.
        """
        return await self._database.write(lambda connection: _prune(connection, before))

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            CoreError: as the disk fails; the rows wait on.
        """
        if not self._waiting and not self._points:
            return
        rows, self._waiting = self._waiting, []
        points, self._points = self._points, []
        try:
            await self._database.write(lambda connection: _write(connection, rows, points))
        except BaseException:  # cut off, it may have been written all the same: that does no harm
            self._waiting = [*rows, *self._waiting][-KEPT_IN_MEMORY:]
            self._points = [*points, *self._points][-KEPT_IN_MEMORY:]
            raise

    async def close(self) -> None:
        """Write what waits, and close the file, whatever the disk says."""
        await self._tasks.close()
        try:
            await self.flush()
        except CoreError as error:
            _log.warning("%d requests are not in the ledger: %s", len(self._waiting), error)
        await self._database.close()

    def _write_soon(self) -> None:
        if self._behind is None:
            self._behind = self._tasks.start(self._append_behind(), name="append")

    async def _append_behind(self) -> None:
        wait_s = self._append_behind_s
        while self._waiting or self._points:
            await asyncio.sleep(wait_s)
            try:
                await self.flush()
            except CoreError as error:
                _log.warning("the ledger is behind: %s", error)
                wait_s = min(max(wait_s, 1.0) * 2, RETRY_S)
        self._behind = None


async def open_ledger(
    path: Path, *, now: datetime, append_behind_s: float = APPEND_BEHIND_S
) -> Ledger:
    """Open `ledger.db`, or begin one. A damaged one is put aside (`Ledger.set_aside`).

    Raises:
        CoreError: `data_newer`, or as the disk fails.
    """
    aside = None
    try:
        database = await open_database(path, LEDGER_SCHEMA)
    except CoreError as error:
        if error.code != "data_damaged":
            raise
        aside = _put_aside(path, now)
        _log.warning("the ledger was damaged; it is kept as %s", aside.name)
        database = await open_database(path, LEDGER_SCHEMA)
    return Ledger(database, set_aside=aside, append_behind_s=append_behind_s)


def read_ledger[T](path: Path, work: Callable[[sqlite3.Connection], T]) -> T | None:
    """`newest`, `by_prefix` or `count_last_hour` without the owner's lock. Blocks.

    None when there is no ledger, or a damaged one: its owner puts that aside.

    Raises:
        CoreError: `data_newer`, or as the disk fails.
    """
    try:
        return read_only(path, LEDGER_SCHEMA, work)
    except CoreError as error:
        if error.code != "data_damaged":
            raise
        _log.warning("%s", error)
        return None


def newest(connection: sqlite3.Connection, count: int) -> tuple[RequestRecord, ...]:
    """The newest requests, newest first."""
    return _records(
        connection.execute(
            f"SELECT {COLUMNS} FROM request ORDER BY started_at DESC, rowid DESC LIMIT ?",  # noqa: S608
            (count,),
        )
    )


def by_prefix(connection: sqlite3.Connection, prefix: str, limit: int) -> tuple[RequestRecord, ...]:
    """Requests whose id starts with `prefix`, newest first."""
    return _records(
        connection.execute(
            f"SELECT {COLUMNS} FROM request WHERE id >= ? AND id < ?"  # noqa: S608
            " ORDER BY started_at DESC, rowid DESC LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
    )


def count_last_hour(connection: sqlite3.Connection, now: datetime) -> LastHour:
    """Counts of the 60 minutes before `now`."""
    counts = dict(
        connection.execute(
            "SELECT result, count(*) FROM request WHERE started_at > ? GROUP BY result",
            (micros(now - timedelta(hours=1)),),
        ).fetchall()
    )
    return LastHour(
        requests=sum(counts.values()),
        served=counts.get(Result.SERVED, 0),
        moved=counts.get(Result.MOVED, 0),
        refused=counts.get(Result.REFUSED, 0),
        failed=counts.get(Result.FAILED, 0),
    )


def _records(found: Iterable[tuple[object, ...]]) -> tuple[RequestRecord, ...]:
    return tuple(record for row in found if (record := record_of(row)) is not None)


def insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write these rows; a request that is there already is left as it is.

    Many rows a statement: SQLite works on a statement without the interpreter, which it would else
    let go and wait for at every row, while the loop of the traffic wants it. In the order in which
    they came: it is what tells two rows of one moment apart, for whoever reads the newest.
    """
    whole = len(rows) - len(rows) % _ROWS_AT_ONCE
    for at in range(0, whole, _ROWS_AT_ONCE):
        values = chain.from_iterable(rows[at : at + _ROWS_AT_ONCE])
        connection.execute(_INSERT_MANY, tuple(values))
    connection.executemany(_INSERT, rows[whole:])


def _write(
    connection: sqlite3.Connection, rows: Sequence[Row], points: Iterable[QuotaPoint]
) -> None:
    """Write and count; what is there already is not counted again.

    So nobody has to know whether a write that was cut off has come to its end.
    """
    (last,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM request").fetchone()
    insert(connection, rows)
    count_usage(connection, after=last)
    note_points(connection, points)


def _prune(connection: sqlite3.Connection, before: datetime) -> int:
    prune_usage(connection, before)
    found = connection.execute("DELETE FROM request WHERE started_at < ?", (micros(before),))
    return found.rowcount


def _put_aside(path: Path, now: datetime) -> Path:
    aside = path.with_name(f"{path.stem}-damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{path.suffix}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside
