"""Tries on this disk what saves us when the power goes: a database whose journal is cut.

In a folder of its own, which goes afterwards. A change that was committed must be there again after
each kind of end, one that was not must not, and the file must be whole.
"""

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.storage.database import open_database
from core.storage.faults import translated
from core.storage.folders import make_private_folder
from core.storage.schema import VAULT_SCHEMA

_FILES = ("vault.db", "vault.db-wal")


class _CutError(Exception):
    """The program ends here, before its commit."""


async def crash_test(folder: Path) -> None:
    """Run the test in `folder`, which must not exist.

    Raises:
        CoreError: `crash_journal_failed`, or as the disk fails.
    """
    try:
        with translated(folder):
            make_private_folder(folder / "live")
        await _write_and_cut(folder)
        for end, expected in (
            (Sentence("before the commit"), {1}),
            (Sentence("after the commit"), {1, 3}),
            (Sentence("in the middle of the journal"), {1}),
        ):
            found = await _read_back(folder / end)
            if found != expected:
                raise CoreError(
                    "crash_journal_failed",
                    Sentence(
                        "Cut off {end}, the disk gave back other changes than were committed.",
                        end=end,
                    ),
                    "This disk or file system does not keep what it promises: use another one.",
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _write_and_cut(folder: Path) -> None:
    live = folder / "live"
    database = await open_database(live / "vault.db", VAULT_SCHEMA)
    try:
        await database.write(lambda file: _insert(file, 1))

        def cut(file: sqlite3.Connection) -> None:
            _insert(file, 2)
            _copy(live, folder / "before the commit")
            raise _CutError

        with suppress(_CutError):
            await database.write(cut)
        await database.write(lambda file: _insert(file, 3))
        _copy(live, folder / "after the commit")
        _copy(live, folder / "in the middle of the journal")
        torn = folder / "in the middle of the journal" / "vault.db-wal"
        with torn.open("r+b") as journal:
            journal.truncate(torn.stat().st_size - 100)
    finally:
        await database.close()


async def _read_back(folder: Path) -> set[int]:
    database = await open_database(folder / "vault.db", VAULT_SCHEMA)
    try:
        rows = await database.read(
            lambda file: file.execute("SELECT generation FROM refresh_intent").fetchall()
        )
    finally:
        await database.close()
    return {generation for (generation,) in rows}


def _insert(file: sqlite3.Connection, number: int) -> None:
    file.execute("INSERT INTO refresh_intent VALUES (?, ?, '')", (f"acc_{number}", number))


def _copy(live: Path, to: Path) -> None:
    with translated(to):
        make_private_folder(to)
        for name in _FILES:
            shutil.copyfile(live / name, to / name)
