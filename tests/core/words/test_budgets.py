"""Budgets as people hear them."""

import pytest

from core.domain.budgets import Budget, BudgetNumber, Measure, Period, Subject
from core.words import budgets as words
from core.words.speech import english


def budget(
    *,
    subject: Subject = Subject.ACCOUNT,
    measure: Measure = Measure.REQUESTS,
    period: Period = Period.DAY,
    limit: float = 1200,
) -> Budget:
    return Budget(
        number=BudgetNumber(1),
        subject=subject,
        key="k",
        measure=measure,
        period=period,
        limit=limit,
    )


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (Subject.ACCOUNT, "account Work"),
        (Subject.POOL, "pool Work"),
        (Subject.CLIENT, "client Work"),
        (Subject.PROJECT, "project Work"),
    ],
)
def test_what_it_is_about(subject: Subject, said: str) -> None:
    assert words.about(budget(subject=subject), "Work", english()) == said


@pytest.mark.parametrize(
    ("measure", "limit", "said"),
    [
        pytest.param(Measure.REQUESTS, 1200, "1,000 of 1,200 requests", id="requests"),
        pytest.param(Measure.TOKENS, 2_500_000, "1,000 of 2,500,000 tokens", id="tokens"),
        pytest.param(Measure.COST, 25, "$1,000.00 of $25.00", id="dollars"),
        pytest.param(Measure.COST, 0.05, "$1,000.0000 of $0.0500", id="less than a dollar"),
    ],
)
def test_how_much_is_used(measure: Measure, limit: float, said: str) -> None:
    assert words.used(budget(measure=measure, limit=limit), 1000, english()) == said


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (Period.HOUR, "this hour"),
        (Period.DAY, "today"),
        (Period.WEEK, "this week"),
        (Period.MONTH, "this month"),
    ],
)
def test_which_period_counts(period: Period, said: str) -> None:
    assert words.period(budget(period=period), english()) == said
