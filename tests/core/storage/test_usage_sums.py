"""Sums by the hour: the same numbers as the requests themselves, in far fewer rows."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.facts import RequestKind
from core.domain.rules import Project
from core.domain.usage import RequestRecord, Result, Tokens
from core.storage.ledger import LEDGER_SCHEMA, insert, open_ledger
from core.storage.records import COLUMNS, row_of
from core.storage.usage_sums import (
    GROUPINGS,
    USAGE_BY_PROJECT_STEP,
    USAGE_STEP,
    count_usage,
    prune_usage,
    usage_since,
)
from tests.core.storage.samples import NOW, request

NO_OFFSET = timedelta(0)
HOUR = timedelta(hours=1)


def empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for statement in (one for step in LEDGER_SCHEMA.steps for one in step):
        connection.execute(statement)
    return connection


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    with closing(empty()) as connection:
        yield connection


def turn(
    ago: timedelta = NO_OFFSET,
    *,
    number: int = 1,
    account: str | None = "A",
    model: str = "m",
    tokens: int | None = 10,
    result: Result = Result.SERVED,
) -> RequestRecord:
    base = request(number)
    return replace(
        base,
        started_at=NOW - ago,
        account=None if account is None else AccountId(account),
        facts=replace(base.facts, model=model),
        result=result,
        tokens=None
        if tokens is None
        else Tokens(input=tokens, cached_input=tokens // 2, output=tokens, reasoning_output=0),
    )


def count(file: sqlite3.Connection, records: Sequence[RequestRecord]) -> None:
    """Write them, each as a request of its own, and count them."""
    (last,) = file.execute("SELECT count(*) FROM request").fetchone()
    each = enumerate(records, start=last)
    insert(file, [row_of(replace(record, id=f"req_{number}")) for number, record in each])
    count_usage(file, after=last)


def sums(
    file: sqlite3.Connection, by: str, back: timedelta = timedelta(days=400)
) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in usage_since(file, NOW - back, by=by, offset=NO_OFFSET):
        found[one.key] = found.get(one.key, 0) + one.input
    return found


def test_turns_are_summed_by_whatever_is_asked_for(file: sqlite3.Connection) -> None:
    count(
        file,
        [
            turn(),
            turn(account="B", model="n"),
            turn(30 * HOUR, result=Result.MOVED),
            turn(account=None, tokens=None, result=Result.REFUSED),
        ],
    )
    assert sums(file, "account") == {"": 0, "A": 20, "B": 10}
    assert sums(file, "model") == {"m": 20, "n": 10}
    assert sums(file, "outcome") == {"served": 20, "moved": 10, "refused": 0}
    assert sums(file, "day") == {"2026-03-01": 10, "2026-03-02": 20}
    assert list(sums(file, "client").values()) == [30]


def test_projects_are_told_apart_and_what_names_none_is_kept(file: sqlite3.Connection) -> None:
    def of(project: str | None) -> RequestRecord:
        known = turn()
        named = None if project is None else Project(project)
        return replace(known, facts=replace(known.facts, project=named))

    count(file, [of("/home/x"), of("/home/x"), of("/home/y"), of(None)])
    assert sums(file, "project") == {"": 10, "/home/x": 20, "/home/y": 10}


def test_sums_of_before_projects_were_told_apart_are_kept() -> None:
    with closing(sqlite3.connect(":memory:")) as file:
        before = LEDGER_SCHEMA.steps.index(USAGE_BY_PROJECT_STEP)
        for step in LEDGER_SCHEMA.steps[:before]:
            for statement in step:
                file.execute(statement)
        file.execute(
            "INSERT INTO usage_hour VALUES (1, 'A', 'm', 'c', 'served', 2, 20, 5, 7, 1, 3.5)"
        )
        for statement in USAGE_BY_PROJECT_STEP:
            file.execute(statement)
        (one,) = usage_since(file, datetime(1970, 1, 1, tzinfo=UTC), by="project", offset=NO_OFFSET)
        assert (one.key, one.requests, one.input, one.output) == ("", 2, 20, 7)


def test_a_day_is_the_persons_own(file: sqlite3.Connection) -> None:
    count(file, [turn()])
    (late,) = usage_since(file, NOW - HOUR, by="day", offset=timedelta(hours=15))
    assert late.key == "2026-03-03"


def test_only_what_is_recent_enough_counts_by_whole_hours(file: sqlite3.Connection) -> None:
    count(file, [turn(), turn(3 * HOUR), turn(50 * HOUR)])
    assert sums(file, "account", 24 * HOUR) == {"A": 20}
    assert sums(file, "account", 3 * HOUR) == {"A": 20}


def test_what_spends_nothing_is_not_counted(file: sqlite3.Connection) -> None:
    base = turn()
    count(file, [replace(base, facts=replace(base.facts, kind=RequestKind.MODELS))])
    assert sums(file, "account") == {}


def test_old_hours_are_forgotten(file: sqlite3.Connection) -> None:
    count(file, [turn(), turn(50 * HOUR)])
    prune_usage(file, NOW - 24 * HOUR)
    assert sums(file, "account") == {"A": 10}


def test_thousands_of_requests_are_a_few_rows(file: sqlite3.Connection) -> None:
    minute = timedelta(minutes=1)
    count(file, [turn(n * minute, account="AB"[n % 2]) for n in range(6000)])
    (rows,) = file.execute("SELECT count(*) FROM usage_hour").fetchone()
    assert rows <= 2 * (6000 // 60 + 1)
    assert sum(sums(file, "account").values()) == 60_000


async def test_what_lies_in_an_older_ledger_is_counted_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        for step in LEDGER_SCHEMA.steps[: LEDGER_SCHEMA.steps.index(USAGE_STEP)]:
            for statement in step:
                connection.execute(statement)
        known = [name for _, name, *_ in connection.execute("PRAGMA table_info(request)")]
        names = [name.strip() for name in COLUMNS.split(",")]
        for record in (turn(number=1), turn(number=2, tokens=None)):
            row = dict(zip(names, row_of(record), strict=True))
            marks = ", ".join("?" * len(known))
            values = [row[name] for name in known]
            connection.execute(f"INSERT INTO request VALUES ({marks})", values)
        connection.execute(f"PRAGMA user_version = {LEDGER_SCHEMA.steps.index(USAGE_STEP)}")
        connection.commit()
    ledger = await open_ledger(path, now=NOW)
    ledger.append(turn(number=3))
    found = await ledger.read(lambda file: sums(file, "account"))
    assert found == {"A": 20}
    await ledger.prune(NOW + 2 * HOUR)
    assert await ledger.read(lambda file: sums(file, "account")) == {}
    await ledger.close()


records = st.builds(
    turn,
    st.timedeltas(NO_OFFSET, timedelta(days=20)),
    account=st.sampled_from(["A", "B", None]),
    model=st.sampled_from(["m", "n"]),
    tokens=st.none() | st.integers(-5, 10**30),
    result=st.sampled_from(Result),
)


@given(st.lists(records, max_size=30), st.sampled_from(GROUPINGS))
def test_no_request_is_lost_or_counted_twice(each: list[RequestRecord], by: str) -> None:
    with closing(empty()) as file:
        count(file, each[:10])
        count(file, each[10:])
        found = usage_since(file, NOW - timedelta(days=30), by=by, offset=NO_OFFSET)
    assert sum(one.requests for one in found) == len(each)
    assert all(one.input >= 0 for one in found)


def test_days_are_told_apart_by_the_persons_own_clock(file: sqlite3.Connection) -> None:
    # NOW is 09:00 UTC: in a zone fifteen hours ahead 08:00 is another day than 09:00.
    count(file, [turn(), turn(HOUR)])
    found = usage_since(file, NOW - 3 * HOUR, by="account", offset=timedelta(hours=15))
    assert [one.input for one in found] == [10, 10]
    assert len(usage_since(file, NOW - 3 * HOUR, by="account", offset=NO_OFFSET)) == 1
