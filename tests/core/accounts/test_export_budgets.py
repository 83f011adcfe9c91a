"""Budgets that travel: about the same people and pools, whatever their ids are there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.accounts.export import read_export, to_export
from core.accounts.export_budgets import budgets_record, read_budgets, take_budgets
from core.domain.account import AccountId
from core.domain.budgets import Budget, BudgetNumber, Measure, Period, Subject
from core.domain.errors import CoreError
from core.domain.rules import Pool, PoolId
from core.domain.state import State
from tests.core.routing.pool import account

SIDE = Pool(id=PoolId("pool_a"), name="Side")


def budget(number: int, subject: Subject, key: str, limit: float = 5) -> Budget:
    return Budget(
        number=BudgetNumber(number),
        subject=subject,
        key=key,
        measure=Measure.TOKENS,
        period=Period.WEEK,
        limit=limit,
    )


HERE = State(
    accounts={AccountId("A"): account("A", 1)},
    pools={SIDE.id: SIDE},
    budgets={
        one.number: one
        for one in (
            budget(1, Subject.ACCOUNT, "A"),
            budget(2, Subject.POOL, SIDE.id),
            budget(3, Subject.CLIENT, "editor"),
            budget(4, Subject.PROJECT, "/home/x"),
            budget(5, Subject.ACCOUNT, "gone"),
        )
    },
)
THERE = State(
    accounts={AccountId("acc_9"): replace(account("A", 1), id=AccountId("acc_9"))},
    pools={PoolId("pool_z"): Pool(id=PoolId("pool_z"), name="side")},
    budgets={BudgetNumber(7): budget(7, Subject.CLIENT, "editor", 1)},
)


def sent(state: State) -> State:
    """What another machine makes of the export of `HERE`."""
    text = to_export({}, HERE, made_at=datetime(2026, 3, 2, tzinfo=UTC))
    after, _ = take_budgets(read_export(text).budgets)(state)
    return after


def test_they_are_about_the_same_there() -> None:
    found = {(b.number, b.subject, b.key, b.limit) for b in sent(THERE).budgets.values()}
    assert found == {
        (7, Subject.CLIENT, "editor", 5),
        (8, Subject.ACCOUNT, "acc_9", 5),
        (9, Subject.POOL, "pool_z", 5),
        (10, Subject.PROJECT, "/home/x", 5),
    }


def test_what_they_are_about_and_is_not_there_is_passed_over() -> None:
    found = {budget.subject for budget in sent(State()).budgets.values()}
    assert found == {Subject.CLIENT, Subject.PROJECT}


def test_the_same_again_changes_nothing() -> None:
    here, events = take_budgets(read_budgets(budgets_record(HERE)))(HERE)
    assert (here, events) == (HERE, ())


def test_an_export_of_before_there_were_budgets_is_read() -> None:
    text = to_export({}, HERE, made_at=datetime(2026, 3, 2, tzinfo=UTC)).replace("budgets", "none")
    assert read_export(text).budgets == ()


GOOD: dict[str, Any] = {
    "subject": "client",
    "about": "editor",
    "measure": "cost",
    "period": "day",
    "limit": 5,
}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"subject": "planet"}, id="about nothing that is known"),
        pytest.param({"about": ""}, id="about nobody"),
        pytest.param({"about": 7}, id="about a number"),
        pytest.param({"limit": 0}, id="nothing"),
        pytest.param({"limit": "5"}, id="a text"),
        pytest.param({"limit": True}, id="yes"),
        pytest.param({"limit": float("nan")}, id="no number"),
        pytest.param({"period": "year"}, id="another period"),
        pytest.param({"subject": "account", "about": {"user": "u"}}, id="half an account"),
    ],
)
def test_a_damaged_one_damages_the_file(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_budgets([{**GOOD, **changed}])


def test_a_damaged_file_changes_nothing() -> None:
    text = to_export({}, HERE, made_at=datetime(2026, 3, 2, tzinfo=UTC))
    with pytest.raises(CoreError, match="cut or damaged"):
        read_export(text.replace('"limit": 5', '"limit": -5'))


def test_there_is_an_end_to_them() -> None:
    with pytest.raises(ValueError, match="too many"):
        read_budgets([GOOD] * 501)
