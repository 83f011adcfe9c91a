"""A SQLite file of ours: opened safely, brought to this program's schema, used from one thread.

Readers of the code above see functions of a connection; where they run, how a transaction ends and
what SQLite's errors mean is decided here.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.storage.faults import damaged, from_sqlite, translated
from core.storage.folders import create_private, sync_folder
from core.storage.worker import Worker

BUSY_S = 5.0
"""How long SQLite waits for another program that has the file locked."""
_SHORTEST = 512
"""Bytes of the smallest page."""


class Durability(StrEnum):
    """What a commit promises (SQLite's `synchronous` in WAL mode)."""

    FULL = "FULL"
    """On the disk when the commit returns."""
    NORMAL = "NORMAL"
    """Whole after a crash, but the last commits may be gone after a power cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a file holds, as the way there from an empty one.

    Attributes:
        steps: step N brings version N to N+1, in one transaction; a step that has been released is
            never changed.
        durability: what a commit promises.
        check_on_open: look the whole file over when it is opened (small files only).
    """

    steps: tuple[tuple[str, ...], ...]
    durability: Durability
    check_on_open: bool


class Database:
    """An open file. `read` and `write` run a function of the connection on the one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, worker: Worker) -> None:
        """Made by `open_database`, which has brought the file to its schema."""
        self.path = path
        self._connection = connection
        self._worker = worker

    async def read[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` finds; it must not write.

        Raises:
            CoreError: see `core.storage.faults`.
        """
        return await self._worker.run(lambda: self._read(work))

    async def write[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns, after all that it wrote is committed; on any error nothing is.

        Raises:
            CoreError: see `core.storage.faults`.
        """
        return await self._worker.run(lambda: self._write(work))

    async def close(self) -> None:
        """Checkpoint and close the file; the thread ends with it."""
        await self._worker.run(self._connection.close)
        self._worker.stop()

    def _read[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(self.path):
            return work(self._connection)

    def _write[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(self.path):
            return in_transaction(self._connection, work)


async def open_database(path: Path, schema: Schema) -> Database:
    """Open the file at `path` for its one owner; create it, or bring it to `schema`.

    The file is 0600; folders that are missing above it are made 0700.

    Raises:
        CoreError: `data_newer` (a newer program wrote it), `data_damaged`, or as the disk fails;
            the file is untouched then.
    """
    worker = Worker(f"sqlite {path.name}")
    try:
        connection = await worker.run(lambda: _open(path, schema))
    except BaseException:
        worker.stop()
        raise
    return Database(path, connection, worker)


def read_only[T](path: Path, schema: Schema, work: Callable[[sqlite3.Connection], T]) -> T | None:
    """What `work` finds in the file, without the owner's lock; None when there is no file.

    A file of an older version is read through a migrated copy in memory; the file itself stays as
    it is. Blocks: for verbs that end after it.

    Raises:
        CoreError: as `open_database`.
    """
    if not path.exists():
        return None
    with translated(path):
        _refuse_a_stump(path)
    with translated(path), closing(_connect_read_only(path)) as connection:
        version = _known_version(connection, schema, path)
        if version == len(schema.steps):
            return work(connection)
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            connection.backup(copy)
            _migrate(copy, schema, version)
            return work(copy)


def stored_version(path: Path) -> int | None:
    """How many steps of a schema the file has taken, also of a newer program; None: unreadable."""
    if not path.exists():
        return None
    try:
        with closing(_connect_read_only(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return None
    return int(version)


def in_transaction[T](connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run `work` in one transaction that takes the write lock at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself has rolled back already after some errors (disk full, I/O).
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _open(path: Path, schema: Schema) -> sqlite3.Connection:
    with translated(path):
        _refuse_a_stump(path)
        create_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            version = _known_version(connection, schema, path)
            _prepare(connection, schema)
            if schema.check_on_open:
                _check(connection, path)
            _migrate(connection, schema, version)
        except BaseException:
            connection.close()
            raise
        sync_folder(path.parent)
        return connection


def _refuse_a_stump(path: Path) -> None:
    """What is shorter than any database SQLite would take for a new one, and write over it."""
    if path.exists() and 0 < path.stat().st_size < _SHORTEST:
        raise damaged(path)


def _known_version(connection: sqlite3.Connection, schema: Schema, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= len(schema.steps):
        raise CoreError(
            "data_newer",
            Sentence(
                "{path} was written by a newer Turntable (format {version}); it was not touched.",
                path=path,
                version=version,
            ),
            "Start the newer version, or point TURNTABLE_HOME at another folder.",
        )
    return int(version)


def _prepare(connection: sqlite3.Connection, schema: Schema) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {schema.durability.value}")
    # macOS: fsync alone leaves the data in the drive's cache. Elsewhere these two do nothing.
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    # Deleted rows are overwritten with zeros: sealed secrets do not linger in free pages.
    connection.execute("PRAGMA secure_delete = ON")
    # Whoever may write the file must not be able to run code through it.
    connection.execute("PRAGMA trusted_schema = OFF")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise damaged(path)


def _migrate(connection: sqlite3.Connection, schema: Schema, version: int) -> None:
    for number in range(version, len(schema.steps)):
        step = partial(_step, statements=schema.steps[number], version=number + 1)
        in_transaction(connection, step)


def _step(connection: sqlite3.Connection, *, statements: tuple[str, ...], version: int) -> None:
    for statement in statements:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version:d}")


def _connect_read_only(path: Path) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if from_sqlite(error, path).code != "data_not_writable" or _has_wal(path):
            raise
        # A folder that may not be written holds no -wal of a running owner: the file is all.
        return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    except BaseException:
        connection.close()
        raise
    return connection


def _has_wal(path: Path) -> bool:
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
