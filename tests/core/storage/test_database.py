"""A file of ours is opened safely, brought to our schema, or left alone with a sentence."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.domain.errors import CoreError
from core.storage.database import (
    Database,
    Durability,
    Schema,
    open_database,
    read_only,
)
from tests.core.storage.samples import everything_under

FIRST = Schema(
    steps=(("CREATE TABLE word (text TEXT NOT NULL) STRICT",),),
    durability=Durability.FULL,
    check_on_open=True,
)
SECOND = replace(
    FIRST,
    steps=(
        *FIRST.steps,
        ("ALTER TABLE word ADD COLUMN length INTEGER", "UPDATE word SET length = length(text)"),
    ),
)


def add(word: str, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO word (text) VALUES (?)", (word,))


def words(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM word ORDER BY rowid")]


def lengths(connection: sqlite3.Connection) -> list[int]:
    return [length for (length,) in connection.execute("SELECT length FROM word")]


async def write_words(path: Path, *found: str, schema: Schema = FIRST) -> None:
    database = await open_database(path, schema)
    for word in found:
        await database.write(lambda connection, word=word: add(word, connection))  # type: ignore[misc]
    await database.close()


def set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


async def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    await write_words(path, "one", "two")
    database = await open_database(path, FIRST)
    assert await database.read(words) == ["one", "two"]
    await database.close()


async def test_nobody_else_can_read_the_files(path: Path) -> None:
    old = os.umask(0)
    try:
        database = await open_database(path, FIRST)
        await database.write(lambda connection: add("one", connection))
        modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.iterdir()}
        assert modes == {"vault.db": 0o600, "vault.db-wal": 0o600, "vault.db-shm": 0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700
        await database.close()
    finally:
        os.umask(old)


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    await write_words(path)
    path.chmod(0o644)
    await write_words(path)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_commits_are_on_the_disk_when_they_return(path: Path) -> None:
    database = await open_database(path, FIRST)

    def pragma(name: str) -> object:
        return database._connection.execute(f"PRAGMA {name}").fetchone()[0]

    found = await database.read(
        lambda _: {
            name: pragma(name)
            for name in ("journal_mode", "synchronous", "fullfsync", "secure_delete")
        }
    )
    assert found == {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}
    await database.close()


async def test_work_runs_on_one_thread_that_is_not_the_loops(database: Database) -> None:
    names = await asyncio.gather(
        *(database.read(lambda _: threading.current_thread().name) for _ in range(5))
    )
    assert set(names) == {"sqlite vault.db"}


async def test_a_write_that_fails_leaves_nothing_behind(path: Path) -> None:
    database = await open_database(path, FIRST)

    def half(connection: sqlite3.Connection) -> None:
        add("one", connection)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await database.write(half)
    assert await database.read(words) == []
    await database.write(lambda connection: add("two", connection))
    assert await database.read(words) == ["two"]
    await database.close()


async def test_an_older_file_is_brought_to_our_version(path: Path) -> None:
    await write_words(path, "three")
    database = await open_database(path, SECOND)
    assert await database.read(lengths) == [5]
    await database.close()


async def test_a_step_that_fails_leaves_the_older_file_whole(path: Path) -> None:
    await write_words(path, "three")
    broken = replace(FIRST, steps=(*FIRST.steps, ("DELETE FROM word", "CREATE nonsense")))
    with pytest.raises(CoreError) as failure:
        await open_database(path, broken)
    assert failure.value.code == "data_error"
    database = await open_database(path, FIRST)
    assert await database.read(words) == ["three"]
    await database.close()


async def test_a_newer_file_is_not_touched(path: Path) -> None:
    await write_words(path, "one")
    set_version(path, 7)
    before = everything_under(path.parent)
    for reading in (lambda: read_only(path, FIRST, words), None):
        with pytest.raises(CoreError) as failure:
            await open_database(path, FIRST) if reading is None else reading()
        assert failure.value.code == "data_newer"
        assert "format 7" in failure.value.message
    assert everything_under(path.parent) == before


@pytest.mark.parametrize("content", [b"not a database, but text " * 50, os.urandom(5000)])
async def test_a_file_that_is_no_database_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(CoreError) as failure:
        await open_database(path, FIRST)
    assert failure.value.code == "data_damaged"
    assert str(path) in failure.value.message
    assert path.read_bytes() == content


async def test_a_file_that_was_cut_off_is_reported(path: Path) -> None:
    await write_words(path, *(["a long word " * 40] * 100))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CoreError) as failure:
        await open_database(path, FIRST)
    assert failure.value.code == "data_damaged"


async def test_a_page_full_of_rubbish_is_reported(path: Path) -> None:
    await write_words(path, *(["a long word " * 40] * 100))
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    path.write_bytes(bytes(content))
    with pytest.raises(CoreError) as failure:
        await open_database(path, FIRST)
    assert failure.value.code == "data_damaged"


async def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    await write_words(path, "one")
    assert read_only(path, FIRST, words) == ["one"]


async def test_a_folder_in_the_files_place_is_an_error_with_a_sentence(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(CoreError) as failure:
        await open_database(path, FIRST)
    assert failure.value.code == "data_error"


async def test_no_space_left_keeps_what_was_there(path: Path) -> None:
    database = await open_database(path, FIRST)
    await database.write(lambda connection: add("one", connection))
    # SQLite's own SQLITE_FULL, as a full disk gives it.
    await database.read(lambda connection: connection.execute("PRAGMA max_page_count = 3"))
    with pytest.raises(CoreError) as failure:
        await database.write(lambda connection: add("x" * 100_000, connection))
    assert failure.value.code == "disk_full"
    assert await database.read(words) == ["one"]
    await database.close()


async def test_another_program_that_writes_is_named_as_the_reason(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.database.BUSY_S", 0.05)
    database = await open_database(path, FIRST)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CoreError) as failure:
            await database.write(lambda connection: add("one", connection))
    assert failure.value.code == "data_busy"
    await database.write(lambda connection: add("two", connection))
    assert await database.read(words) == ["two"]
    await database.close()


def test_reading_where_there_is_no_file_makes_none(path: Path) -> None:
    assert read_only(path, FIRST, words) is None
    assert not path.parent.exists()


async def test_reading_sees_what_a_running_owner_has_committed(path: Path) -> None:
    owner = await open_database(path, FIRST)
    await owner.write(lambda connection: add("one", connection))
    assert read_only(path, FIRST, words) == ["one"]
    await owner.write(lambda connection: add("two", connection))
    assert read_only(path, FIRST, words) == ["one", "two"]
    await owner.close()


async def test_reading_cannot_write(path: Path) -> None:
    await write_words(path, "one")
    with pytest.raises(CoreError) as failure:
        read_only(path, FIRST, lambda connection: add("two", connection))
    assert failure.value.code == "data_not_writable"


async def test_reading_an_older_file_sees_it_as_it_will_be_and_leaves_it(path: Path) -> None:
    await write_words(path, "three")
    before = path.read_bytes()
    assert read_only(path, SECOND, lengths) == [5]
    assert path.read_bytes() == before


@contextmanager
def nobody() -> Iterator[None]:
    """Not the administrator, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that may be read, and not written."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


async def test_a_folder_that_may_only_be_read_can_be_read(closed_folder: Path) -> None:
    path = closed_folder / "vault.db"
    await write_words(path, "one")
    path.chmod(0o444)
    closed_folder.chmod(0o555)
    with nobody():
        assert read_only(path, FIRST, words) == ["one"]
        with pytest.raises(CoreError) as failure:
            await open_database(path, FIRST)
    assert failure.value.code == "data_not_writable"


async def test_a_file_that_may_not_be_read_is_said(closed_folder: Path) -> None:
    path = closed_folder / "vault.db"
    await write_words(path, "one")
    path.chmod(0)
    closed_folder.chmod(0o555)
    with nobody(), pytest.raises(CoreError) as failure:
        read_only(path, FIRST, words)
    assert failure.value.code == "data_not_writable"


async def test_a_wait_that_is_cancelled_does_not_stop_work_that_has_begun(path: Path) -> None:
    database = await open_database(path, FIRST)
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(5)
        add("one", connection)

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(database.write(slow))
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 5)
        writing.cancel()
        go_on.set()
    assert await database.read(words) == ["one"]
    await database.close()
