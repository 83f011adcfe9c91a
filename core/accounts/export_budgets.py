"""Budgets as they travel in an export: accounts by who they are, pools by name. Pure.

A budget of the file takes the place of the one that is about the same; others stay. One about an
account or a pool that is not here is passed over: it could not be used up.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.domain.account import AccountId, Identity
from core.domain.budgets import Budget, Measure, Period, Subject, next_number, the_same
from core.domain.events import BudgetsChanged, Event
from core.domain.rules import PoolId
from core.domain.state import Change, State

MOST = 500
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBudget:
    """A budget as it travels; `who` is for accounts, `name` for what else it is about."""

    subject: Subject
    who: Identity | None
    name: str
    measure: Measure
    period: Period
    limit: float


def budgets_record(state: State) -> list[dict[str, object]]:
    """The budgets of `state` for the file; one about somebody who has gone stays here."""
    found = []
    for budget in state.budgets.values():
        about = _about(budget, state)
        if about is not None:
            found.append(
                {
                    "subject": budget.subject.value,
                    "about": about,
                    "measure": budget.measure.value,
                    "period": budget.period.value,
                    "limit": budget.limit,
                }
            )
    return found


def read_budgets(records: Sequence[Mapping[str, Any]]) -> tuple[SentBudget, ...]:
    """What such a list says.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is none.
    """
    if len(records) > MOST:
        raise ValueError("too many")
    return tuple(_read(record) for record in records)


def take_budgets(sent: Iterable[SentBudget]) -> Change:
    """Let these count, as far as what they are about is here."""
    wanted = tuple(sent)

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        budgets = dict(state.budgets)
        for one in wanted:
            key = _key(one, state)
            if key is None:
                continue
            budget = Budget(
                number=next_number(budgets),
                subject=one.subject,
                key=key,
                measure=one.measure,
                period=one.period,
                limit=one.limit,
            )
            same = the_same(budgets, budget)
            if same is not None:
                budget = replace(budget, number=same.number)
            elif len(budgets) >= MOST:
                break
            budgets[budget.number] = budget
        if budgets == state.budgets:
            return state, ()
        return replace(state, budgets=budgets), (BudgetsChanged(),)

    return change


def _about(budget: Budget, state: State) -> object | None:
    match budget.subject:
        case Subject.ACCOUNT:
            account = state.accounts.get(AccountId(budget.key))
            if account is None:
                return None
            return {"user": account.identity.user, "workspace": account.identity.workspace}
        case Subject.POOL:
            pool = state.pools.get(PoolId(budget.key))
            return None if pool is None else pool.name
        case Subject.CLIENT | Subject.PROJECT:
            return budget.key


def _key(one: SentBudget, state: State) -> str | None:
    """What it is about here; None: that is not here."""
    match one.subject:
        case Subject.ACCOUNT:
            account = None if one.who is None else state.find(one.who)
            return None if account is None else account.id
        case Subject.POOL:
            wanted = one.name.casefold()
            return next((p.id for p in state.pools.values() if p.name.casefold() == wanted), None)
        case Subject.CLIENT | Subject.PROJECT:
            return one.name


def _read(record: Mapping[str, Any]) -> SentBudget:
    subject, about = Subject(record["subject"]), record["about"]
    who = None
    if subject is Subject.ACCOUNT:
        who = Identity(user=_text(about["user"]), workspace=_text(about["workspace"]))
    limit = record["limit"]
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise TypeError("a limit is a number")
    if not (math.isfinite(limit) and limit > 0):
        raise ValueError("a limit is more than nothing")
    return SentBudget(
        subject=subject,
        who=who,
        name="" if who is not None else _text(about),
        measure=Measure(record["measure"]),
        period=Period(record["period"]),
        limit=float(limit),
    )


def _text(found: object) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST:
        raise ValueError("no name")
    return found
