"""Looks over what lies in a data folder, without changing a byte of it. Blocks."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.storage.backups import read_backup
from core.storage.database import Schema, read_only
from core.storage.faults import damaged, translated
from core.storage.kept_backups import in_order
from core.storage.ledger import LEDGER_SCHEMA
from core.storage.rows import DamagedRow
from core.storage.schema import VAULT_SCHEMA
from core.storage.sealed_login import open_login
from core.storage.store import read_store

SCHEMAS = {"vault.db": VAULT_SCHEMA, "ledger.db": LEDGER_SCHEMA}


def look_over_database(path: Path) -> bool:
    """Every page, every index: whether there is such a file.

    Raises:
        CoreError: `data_damaged`, `data_newer`, or as the disk fails.
    """
    schema: Schema = SCHEMAS[path.name]
    answer = read_only(
        path, schema, lambda file: file.execute("PRAGMA integrity_check(1)").fetchone()
    )
    if answer is not None and answer != ("ok",):
        raise damaged(path)
    return answer is not None


def unreadable_rows(path: Path) -> tuple[DamagedRow, ...]:
    """Rows of accounts and of what was learned that are not as they were written.

    Raises:
        CoreError: the file cannot be read.
    """
    return read_store(path).damaged


def sealed_rows(path: Path) -> tuple[tuple[AccountId, int, bytes], ...]:
    """Every sealed login, those that were removed too.

    Raises:
        CoreError: the file cannot be read.
    """

    def rows(file: sqlite3.Connection) -> tuple[tuple[AccountId, int, bytes], ...]:
        found = file.execute("SELECT account, generation, sealed FROM secret").fetchall()
        return tuple((AccountId(account), number, sealed) for account, number, sealed in found)

    return read_only(path, VAULT_SCHEMA, rows) or ()


def logins_that_do_not_open(path: Path, key: bytes) -> tuple[AccountId, ...]:
    """The accounts whose sealed login is damaged.

    Raises:
        CoreError: the file cannot be read.
    """
    return tuple(
        account
        for account, number, sealed in sealed_rows(path)
        if not _opens(key, account, number, sealed)
    )


def damaged_backups(folder: Path) -> tuple[int, tuple[tuple[Path, CoreError], ...]]:
    """How many backups of our own there are, and which of them are not whole.

    Raises:
        CoreError: the folder cannot be read.
    """
    with translated(folder):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    ours = in_order(names)
    return len(ours), tuple(_bad(folder / name for name in ours))


def newest_backup(folder: Path) -> Path | None:
    """The newest backup of our own; None where there is none. It may be damaged.

    Raises:
        CoreError: the folder cannot be read.
    """
    with translated(folder):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    ours = in_order(names)
    return folder / ours[0] if ours else None


def _bad(paths: Iterator[Path]) -> Iterator[tuple[Path, CoreError]]:
    for path in paths:
        try:
            read_backup(path)
        except CoreError as error:
            yield path, error


def _opens(key: bytes, account: AccountId, generation: int, sealed: bytes) -> bool:
    try:
        open_login(key, account, generation, sealed)
    except CoreError:
        return False
    return True
