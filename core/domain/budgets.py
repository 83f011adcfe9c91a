"""Budgets: how much an account, a pool, a client or a project may use in an hour, day, week, month.

A budget is the user's own limit, beside those of the back end. Its periods are those of the user's
calendar and clock, so that everybody knows when the next one begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.domain.account import AccountId
from core.domain.rules import PoolId

BudgetNumber = NewType("BudgetNumber", int)
"""The `N` that people type."""


class Subject(StrEnum):
    """What a budget is about."""

    ACCOUNT = "account"
    """At its end the account serves no more, and others do."""
    POOL = "pool"
    CLIENT = "client"
    PROJECT = "project"
    """The folder and every one below it."""


class Measure(StrEnum):
    """What is counted."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    """Given and made together, cached ones included."""
    COST = "cost"
    """US dollars, as the tokens would have cost through the API: an estimate."""


class Period(StrEnum):
    """How long what was used counts: to the end of the hour, day, week (from Monday) or month."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One limit of the user's.

    Attributes:
        number: what people type.
        subject: what it is about.
        key: which: an account's or a pool's id, a client as requests name it, a project's folder.
        measure: what is counted.
        period: for how long.
        limit: so much may be used; more than 0.
    """

    number: BudgetNumber
    subject: Subject
    key: str
    measure: Measure
    period: Period
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A budget that is used up, until its next period begins."""

    budget: Budget
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedUp:
    """The budgets that are used up, by what they are about; of several the one that lasts longest.

    An entry whose period is over does not count any more.
    """

    accounts: Mapping[AccountId, Over] = field(default_factory=dict)
    pools: Mapping[PoolId, Over] = field(default_factory=dict)
    clients: Mapping[str, Over] = field(default_factory=dict)
    projects: Mapping[str, Over] = field(default_factory=dict)

    @property
    def of_work(self) -> bool:
        """Whether there is one that is about work, and not about an account."""
        return bool(self.pools or self.clients or self.projects)


NOTHING_USED_UP = UsedUp()


def next_number(budgets: Mapping[BudgetNumber, Budget]) -> BudgetNumber:
    """What the next budget is called."""
    return BudgetNumber(max(budgets, default=0) + 1)


def the_same(budgets: Mapping[BudgetNumber, Budget], wanted: Budget) -> Budget | None:
    """The budget about the same, counted the same way for as long: there is at most one."""
    return next((known for known in budgets.values() if _what(known) == _what(wanted)), None)


def _what(budget: Budget) -> tuple[str, str, str, str]:
    return budget.subject, budget.key, budget.measure, budget.period
