"""Sums of requests by the hour: what `usage` asks for costs the same however long the ledger is.

Each request is counted once, when it is written; a million requests are some thousand rows here.
"""

import sqlite3
from datetime import date, datetime, timedelta

from core.domain.usage import UsageSum
from core.storage.records import micros

_MICROSECONDS_AN_HOUR = 3_600_000_000
_LARGEST = 2**42
"""Of a count: sums of many stay integers that SQLite can hold."""

USAGE_STEP = (
    """CREATE TABLE usage_hour (
        hour INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL, client TEXT NOT NULL,
        result TEXT NOT NULL, requests INTEGER NOT NULL, input INTEGER NOT NULL,
        cached_input INTEGER NOT NULL, output INTEGER NOT NULL,
        reasoning_output INTEGER NOT NULL, seconds REAL NOT NULL,
        PRIMARY KEY (hour, account, model, client, result)) STRICT, WITHOUT ROWID""",
    """INSERT INTO usage_hour SELECT started_at / 3600000000, coalesce(account, ''), model, client,
        result, count(*), coalesce(sum(input), 0), coalesce(sum(cached_input), 0),
        coalesce(sum(output), 0), coalesce(sum(reasoning_output), 0), sum(total_s)
        FROM request WHERE kind = 'responses' GROUP BY 1, 2, 3, 4, 5""",
)
"""The step that makes the table, and counts what lies in the ledger already."""

USAGE_BY_PROJECT_STEP = (
    "ALTER TABLE usage_hour RENAME TO usage_hour_before",
    """CREATE TABLE usage_hour (
        hour INTEGER NOT NULL, account TEXT NOT NULL, model TEXT NOT NULL, client TEXT NOT NULL,
        result TEXT NOT NULL, project TEXT NOT NULL, requests INTEGER NOT NULL,
        input INTEGER NOT NULL, cached_input INTEGER NOT NULL, output INTEGER NOT NULL,
        reasoning_output INTEGER NOT NULL, seconds REAL NOT NULL,
        PRIMARY KEY (hour, account, model, client, result, project)) STRICT, WITHOUT ROWID""",
    """INSERT INTO usage_hour SELECT hour, account, model, client, result, '', requests, input,
        cached_input, output, reasoning_output, seconds FROM usage_hour_before""",
    "DROP TABLE usage_hour_before",
)
"""The step that tells projects apart; what was counted before it is of no known one."""


def _sum(column: str) -> str:
    return f"coalesce(sum(min({column}, {_LARGEST})), 0)"


_COUNT = f"""INSERT INTO usage_hour
    SELECT started_at / {_MICROSECONDS_AN_HOUR}, coalesce(account, ''), model, client, result,
    coalesce(project, ''), count(*), {_sum("input")}, {_sum("cached_input")}, {_sum("output")},
    {_sum("reasoning_output")}, sum(total_s)
    FROM request WHERE rowid > :after AND kind = 'responses' GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
    input = input + excluded.input, cached_input = cached_input + excluded.cached_input,
    output = output + excluded.output,
    reasoning_output = reasoning_output + excluded.reasoning_output,
    seconds = seconds + excluded.seconds"""  # noqa: S608 - constants

_KEYS = {
    "account": "account",
    "model": "model",
    "client": "client",
    "project": "project",
    "outcome": "result",
    "day": "CAST((hour * 3600 + :offset) / 86400 AS TEXT)",
}
GROUPINGS = tuple(_KEYS)


def count_usage(connection: sqlite3.Connection, *, after: int) -> None:
    """Add the turns of the rows after `after` to the sums; other requests spend nothing.

    SQLite does it alone, without the interpreter, which the loop of the traffic wants.
    """
    connection.execute(_COUNT, {"after": after})


def usage_since(
    connection: sqlite3.Connection, since: datetime, *, by: str, offset: timedelta
) -> tuple[UsageSum, ...]:
    """Sums of the hours from `since` on, by one of `GROUPINGS`, model and day, in the key's order.

    Args:
        connection: the ledger's.
        since: the hour that it lies in counts whole.
        by: what they are grouped by.
        offset: of the person's clock from UTC, for days.
    """
    found = connection.execute(
        f"SELECT {_KEYS[by]} AS key, model, min(hour), sum(requests), sum(input),"  # noqa: S608
        " sum(cached_input), sum(output), sum(reasoning_output), sum(seconds)"
        " FROM usage_hour WHERE hour >= :hour"
        " GROUP BY key, model, (hour * 3600 + :offset) / 86400 ORDER BY key, model",
        {
            "hour": micros(since) // _MICROSECONDS_AN_HOUR,
            "offset": int(offset.total_seconds()),
        },
    )
    return tuple(
        UsageSum(
            key=_day(key) if by == "day" else key,
            model=model,
            first_hour=datetime.fromtimestamp(hour * 3600, tz=since.tzinfo),
            requests=requests,
            input=given,
            cached_input=cached,
            output=output,
            reasoning_output=reasoning,
            seconds=seconds,
        )
        for key, model, hour, requests, given, cached, output, reasoning, seconds in found
    )


def prune_usage(connection: sqlite3.Connection, before: datetime) -> None:
    """Forget the hours before."""
    connection.execute(
        "DELETE FROM usage_hour WHERE hour < ?", (micros(before) // _MICROSECONDS_AN_HOUR,)
    )


def _day(number: str) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(number))).isoformat()
