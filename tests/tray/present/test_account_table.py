"""Rows of the next snapshot: made anew where they would say something else, and only there."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.report import AccountReport, ReserveReport, StatusReport, WorkspaceReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, window
from tray.present.account_table import account_table

ENGLISH = english()
HOUR = timedelta(hours=1)
OTHERS: dict[str, Any] = {
    "number": 2,
    "label": "Job",
    "email": "me@example.com",
    "workspace": WorkspaceReport(id="ws_2", name="Firm"),
    "plan": "pro",
    "state": "ready",
    "until": NOW + 2 * HOUR,
    "windows": (window(7),),
    "in_flight": 2,
    "last_used": NOW - HOUR,
    "reserve": ReserveReport(session=10, week=0, month=0),
    "tags": ("job",),
    "note": "late",
    "reason": "skipped",
}
"""Other values than `WAITING` has, of everything that a row tells of."""
NOT_IN_A_ROW = {
    "id", "refresher", "because", "credits", "reset_credits", "reset_credit_ends",
    "reset_credit_soon", "weight",
}  # fmt: skip
WAITING = replace(account(state="waiting"), until=NOW + HOUR)


@pytest.mark.parametrize(
    ("after", "minutes", "kept"),
    [
        pytest.param(snapshot(account(1), account(2)), 0, [True, True], id="the same"),
        pytest.param(
            snapshot(account(1, windows=(window(7),)), account(2)), 0, [False, True], id="a number"
        ),
        pytest.param(
            snapshot(account(1), account(2), serves=2), 0, [False, False], id="another one serves"
        ),
        pytest.param(snapshot(account(1), account(2)), 1, [False, False], id="a minute later"),
        pytest.param(snapshot(account(2)), 0, [False], id="the only one left serves"),
        pytest.param(snapshot(account(3), account(1)), 0, [False, True], id="one goes, one comes"),
    ],
)
def test_rows_that_would_say_the_same_are_the_same_and_the_others_are_new(
    after: StatusReport, minutes: int, kept: list[bool]
) -> None:
    before = account_table(snapshot(account(1), account(2)), speech=ENGLISH, now=NOW)
    now = NOW + timedelta(minutes=minutes)
    table = account_table(after, speech=ENGLISH, now=now, before=before)
    assert table.rows == account_table(after, speech=ENGLISH, now=now).rows
    assert [any(row is old for old in before.rows) for row in table.rows] == kept


@pytest.mark.parametrize(("field", "value"), OTHERS.items(), ids=list(OTHERS))
def test_whatever_changes_of_an_account_its_row_follows(field: str, value: object) -> None:
    before = account_table(snapshot(WAITING), speech=ENGLISH, now=NOW)
    changed: dict[str, Any] = {field: value}
    after = snapshot(replace(WAITING, **changed))
    table = account_table(after, speech=ENGLISH, now=NOW, before=before)
    assert table.rows == account_table(after, speech=ENGLISH, now=NOW).rows
    assert table.rows[0] is not before.rows[0]


def test_pace_that_is_another_one_in_every_snapshot_makes_no_new_row() -> None:
    used = replace(window(62), per_hour=3.0, runs_out_at=NOW + HOUR)
    before = account_table(snapshot(account(windows=(window(62),))), speech=ENGLISH, now=NOW)
    after = snapshot(account(windows=(used,)))
    assert account_table(after, speech=ENGLISH, now=NOW, before=before).rows[0] is before.rows[0]


def test_every_part_of_an_account_is_told_or_known_not_to_be() -> None:
    assert {one.name for one in fields(AccountReport)} == OTHERS.keys() | NOT_IN_A_ROW
