"""What was left of each limit over time: rows of the ledger, coarser with age."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.quota import QuotaPoint, WindowKind
from core.storage.codec import storable
from core.storage.records import LONGEST, micros, moment_of

HOURLY_AFTER = timedelta(days=2)
DAILY_AFTER = timedelta(days=30)

_MICROSECONDS_AN_HOUR = 3_600_000_000


def note_points(connection: sqlite3.Connection, points: Iterable[QuotaPoint]) -> None:
    """Add these points."""
    connection.executemany(
        "INSERT INTO quota VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                point.account,
                storable(point.scope)[:LONGEST],
                point.kind.value,
                point.minutes,
                micros(point.at),
                point.remaining,
                None if point.resets_at is None else micros(point.resets_at),
            )
            for point in points
        ],
    )


def points_since(
    connection: sqlite3.Connection, since: datetime, account: AccountId | None = None
) -> tuple[QuotaPoint, ...]:
    """The points after `since`, oldest first; of one account, or of all."""
    found = connection.execute(
        "SELECT account, scope, kind, minutes, at, remaining, resets_at FROM quota"
        " WHERE at > ? AND (? IS NULL OR account = ?) ORDER BY at, rowid",
        (micros(since), account, account),
    )
    return tuple(
        QuotaPoint(
            account=AccountId(who),
            scope=scope,
            kind=WindowKind(kind),
            minutes=minutes,
            at=moment_of(at),
            remaining=remaining,
            resets_at=None if resets_at is None else moment_of(resets_at),
        )
        for who, scope, kind, minutes, at, remaining, resets_at in found
    )


def thin_points(connection: sqlite3.Connection, now: datetime, keep: timedelta) -> None:
    """Keep every change for two days, then the last of each hour, then of each day, then none."""
    connection.execute("DELETE FROM quota WHERE at < ?", (micros(now - keep),))
    for age, hours in ((HOURLY_AFTER, 1), (DAILY_AFTER, 24)):
        connection.execute(
            "DELETE FROM quota WHERE at < ? AND rowid NOT IN ("
            " SELECT max(rowid) FROM quota WHERE at < ?"
            " GROUP BY account, scope, minutes, at / ?)",
            (micros(now - age), micros(now - age), hours * _MICROSECONDS_AN_HOUR),
        )
