"""What was left over time: every change at first, coarser with age, and old ledgers still open."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.account import AccountId
from core.domain.quota import (
    Quota,
    QuotaPoint,
    QuotaSource,
    Window,
    WindowKind,
    changed_points,
)
from core.storage.ledger import LEDGER_SCHEMA, newest, open_ledger
from core.storage.quota_history import note_points, points_since, thin_points
from tests.core.storage.samples import NOW, request

A, B = AccountId("A"), AccountId("B")
YEAR = timedelta(days=365)


def point(ago: timedelta, *, account: AccountId = A, left: float | None = 50.0) -> QuotaPoint:
    return QuotaPoint(
        account=account,
        scope="all",
        kind=WindowKind.SESSION,
        minutes=300,
        at=NOW - ago,
        remaining=left,
        resets_at=NOW,
    )


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in (one for step in LEDGER_SCHEMA.steps for one in step):
            connection.execute(statement)
        yield connection


def test_points_come_back_as_they_were_oldest_first(file: sqlite3.Connection) -> None:
    first, second = point(timedelta(hours=2)), point(timedelta(hours=1), left=None)
    note_points(file, [second, first])
    assert points_since(file, NOW - timedelta(days=1)) == (first, second)
    assert points_since(file, NOW - timedelta(minutes=90)) == (second,)


def test_one_accounts_points(file: sqlite3.Connection) -> None:
    note_points(file, [point(timedelta(0)), point(timedelta(0), account=B)])
    (found,) = points_since(file, NOW - YEAR, B)
    assert found.account == B


def test_history_grows_coarser_with_age(file: sqlite3.Connection) -> None:
    minute = timedelta(minutes=1)
    for days in (1, 10, 60):
        start = timedelta(days=days)
        note_points(file, [point(start + n * 10 * minute) for n in range(36)])
    thin_points(file, NOW, YEAR)

    def count(between: int, and_: int) -> int:
        found = points_since(file, NOW - timedelta(days=and_))
        return sum(1 for one in found if one.at < NOW - timedelta(days=between))

    assert count(0, 2) == 36
    assert 6 <= count(9, 12) <= 7
    assert 1 <= count(59, 63) <= 2


def test_what_is_too_old_goes(file: sqlite3.Connection) -> None:
    note_points(file, [point(timedelta(days=400)), point(timedelta(days=3))])
    thin_points(file, NOW, YEAR)
    assert len(points_since(file, NOW - 2 * YEAR)) == 1


async def test_points_wait_with_the_requests_and_are_there_when_asked_for(tmp_path: Path) -> None:
    ledger = await open_ledger(tmp_path / "ledger.db", now=NOW, append_behind_s=60)
    ledger.note_quota((point(timedelta(0)),))
    found = await ledger.read(lambda connection: points_since(connection, NOW - YEAR))
    assert found == (point(timedelta(0)),)
    await ledger.thin_quota(NOW + 2 * YEAR, keep=YEAR)
    assert await ledger.read(lambda connection: points_since(connection, NOW - YEAR)) == ()
    await ledger.close()


async def test_a_ledger_of_the_first_version_opens_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in LEDGER_SCHEMA.steps[0]:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO request VALUES ('req_old', 1, 'responses', NULL, NULL, 'm', 'c', 0, 'A',"
            " 'owner', 'served', 200, 0.1, 1.0, 1, 1, 1, 1, '[]', '[]')"
        )
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    ledger = await open_ledger(path, now=NOW)
    ledger.append(request())
    found = await ledger.read(lambda connection: newest(connection, 9))
    assert [one.id for one in found] == [request().id, "req_old"]
    assert (found[1].moved_from, found[1].strategy) == (None, "")
    await ledger.close()


def quota(left: float | None, *, resets_at: datetime | None = NOW) -> Quota:
    window = Window(
        kind=WindowKind.SESSION,
        minutes=300,
        remaining=left,
        resets_at=resets_at,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.HEADERS,
    )
    return Quota(windows={("all", WindowKind.SESSION, 300): window})


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        pytest.param(Quota(), quota(50), True, id="the first look"),
        pytest.param(quota(50), quota(50), False, id="nothing new"),
        pytest.param(quota(50), quota(50.4), False, id="less than a per cent"),
        pytest.param(quota(50), quota(49), True, id="a per cent"),
        pytest.param(quota(50), quota(None), True, id="unknown from now on"),
        pytest.param(quota(None), quota(None), False, id="unknown as before"),
        pytest.param(
            quota(50), quota(50, resets_at=NOW + timedelta(hours=1)), True, id="another end"
        ),
        pytest.param(
            quota(100),
            quota(100, resets_at=NOW + timedelta(hours=1)),
            False,
            id="a window that has not begun seems to end ever later",
        ),
    ],
)
def test_a_row_is_kept_for_each_change(before: Quota, after: Quota, kept: bool) -> None:
    assert bool(changed_points(A, before, after)) is kept
