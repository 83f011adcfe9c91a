"""How the last turn of each thread ended, read from the ledger."""

import sqlite3
from datetime import datetime

from core.domain.facts import RequestKind
from core.domain.usage import RequestRecord
from core.storage.records import COLUMNS, micros, record_of

MOST = 1000
"""Threads that are looked at, those that spoke last."""


def last_turns(connection: sqlite3.Connection, since: datetime) -> tuple[RequestRecord, ...]:
    """The newest turn of each thread that spoke since then, newest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM request WHERE rowid IN ("  # noqa: S608 - constants
        " SELECT rowid FROM (SELECT rowid, row_number() OVER"
        " (PARTITION BY thread ORDER BY started_at DESC, rowid DESC) AS age FROM request"
        " WHERE started_at >= ? AND kind = ? AND thread IS NOT NULL) WHERE age = 1)"
        " ORDER BY started_at DESC LIMIT ?",
        (micros(since), RequestKind.RESPONSES.value, MOST),
    )
    return tuple(record for row in rows if (record := record_of(row)) is not None)
