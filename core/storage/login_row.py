"""The row of one login in an open transaction: its newest generation, and the journal beside it."""

import sqlite3
from dataclasses import dataclass, field, replace

from core.domain.account import AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.storage.sealed_login import open_login, seal_login
from core.storage.slots import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Which row, and how it is sealed.

    Attributes:
        account: whose login.
        key: the vault key.
        random: makes nonces.
    """

    account: AccountId
    key: bytes = field(repr=False)
    random: Random


def sealed_row(
    connection: sqlite3.Connection, account: AccountId, *, removed: bool = False
) -> tuple[int, bytes] | None:
    """Generation and sealed content; those of a removed login only when asked for."""
    row = connection.execute(
        "SELECT generation, sealed, removed_at FROM secret WHERE account = ?", (account,)
    ).fetchone()
    return None if row is None or (row[2] is not None and not removed) else (row[0], row[1])


def put_row(connection: sqlite3.Connection, row: Row, credentials: Credentials) -> Credentials:
    """Seal a login as the next generation, whatever stands there; it is not removed any more."""
    known = sealed_row(connection, row.account, removed=True)
    fresh = _replaced(connection, row, known, credentials)
    connection.execute("UPDATE secret SET removed_at = NULL WHERE account = ?", (row.account,))
    return fresh


def succeed_row(
    connection: sqlite3.Connection, row: Row, credentials: Credentials
) -> Credentials | None:
    """The same after the generation of `credentials` and no other; None: it is not there."""
    known = sealed_row(connection, row.account, removed=True)
    if known is None or known[0] != credentials.generation:
        return None
    return _replaced(connection, row, known, credentials)


def _replaced(
    connection: sqlite3.Connection,
    row: Row,
    known: tuple[int, bytes] | None,
    credentials: Credentials,
) -> Credentials:
    fresh = _next_generation(row, known, credentials)
    sealed = seal_login(row.key, row.account, fresh, random=row.random)
    connection.execute(
        "INSERT INTO secret VALUES (?, ?, ?, NULL)"
        " ON CONFLICT DO UPDATE SET generation = excluded.generation, sealed = excluded.sealed",
        (row.account, fresh.generation, sealed),
    )
    connection.execute("DELETE FROM refresh_intent WHERE account = ?", (row.account,))
    return fresh


def _next_generation(
    row: Row, known: tuple[int, bytes] | None, credentials: Credentials
) -> Credentials:
    if known is None:
        return replace(credentials, generation=max(credentials.generation, 1))
    newest, sealed = known
    try:
        here = open_login(row.key, row.account, newest, sealed)
    except CoreError:
        here = None
    if here is not None and here == replace(credentials, generation=newest):
        return here
    return replace(credentials, generation=max(credentials.generation, newest + 1))
