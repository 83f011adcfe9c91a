"""What budgets have used, summed up from the ledger: at the start, and when one is set.

A turn counts for a budget when an account has answered it, in the period in which it began. From
then on running sums are kept in memory (`core.budgeting`); the ledger is asked no more.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.budgets import Budget, Subject
from core.domain.facts import RequestKind
from core.domain.usage import UsageSum
from core.storage.codec import storable
from core.storage.records import LONGEST, LONGEST_PATH, micros

MOST_TOKENS = 2**42
"""What one request is taken to have used at the most: the network may say any number."""
_MICROSECONDS_A_DAY = 86_400_000_000
_COLUMNS = {
    Subject.ACCOUNT: "account = :key",
    Subject.POOL: "pool = :key",
    Subject.CLIENT: "client = :key",
    Subject.PROJECT: "(project = :key OR substr(project, 1, length(:below)) = :below)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """Sums by model and day, and how far into the ledger they reach."""

    sums: tuple[tuple[UsageSum, ...], ...]
    upto: int


def summed(
    connection: sqlite3.Connection, budgets: Iterable[tuple[Budget, datetime, datetime]]
) -> Summed:
    """What each budget's turns between two times have used, in the order of `budgets`."""
    found = tuple(_sums(connection, *one) for one in budgets)
    (upto,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM request").fetchone()
    return Summed(sums=found, upto=upto)


def among(connection: sqlite3.Connection, ids: Iterable[str], upto: int) -> frozenset[str]:
    """Those of these requests that `summed` has counted."""
    found = (
        connection.execute(
            "SELECT id FROM request WHERE id = ? AND rowid <= ?", (one, upto)
        ).fetchone()
        for one in ids
    )
    return frozenset(row[0] for row in found if row is not None)


def _sums(
    connection: sqlite3.Connection, budget: Budget, start: datetime, end: datetime
) -> tuple[UsageSum, ...]:
    longest = LONGEST_PATH if budget.subject is Subject.PROJECT else LONGEST
    key = storable(budget.key)[:longest]
    found = connection.execute(
        f"SELECT model, started_at / {_MICROSECONDS_A_DAY} AS day, count(*),"  # noqa: S608
        f" {_sum('input')}, {_sum('cached_input')}, {_sum('output')}"
        " FROM request WHERE started_at >= :start AND started_at < :end AND kind = :kind"
        f" AND account IS NOT NULL AND {_COLUMNS[budget.subject]} GROUP BY model, day",
        {
            "start": micros(start),
            "end": micros(end),
            "kind": RequestKind.RESPONSES.value,
            "key": key,
            "below": key.rstrip("/") + "/",
        },
    )
    return tuple(
        UsageSum(
            key=budget.key,
            model=model,
            first_hour=datetime.fromtimestamp(day * 86_400, UTC),
            requests=requests,
            input=given,
            cached_input=cached,
            output=made,
            reasoning_output=0,
            seconds=0.0,
        )
        for model, day, requests, given, cached, made in found
    )


def _sum(column: str) -> str:
    return f"coalesce(sum(min({column}, {MOST_TOKENS})), 0)"
