"""What was used of a budget against its limit, and whether it lets one more request through (pure).

A request counts as under way from the moment it is sent, with what requests of this budget have
used so far on average; when it has ended, what it really used takes that place. So requests that
run at once go over a limit by no more than what is under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import assert_never

from core.domain.account import AccountId
from core.domain.budgets import Budget, Measure, Over, Period, Subject, UsedUp
from core.domain.facts import Facts
from core.domain.rules import PoolId, Project

_HOUR = timedelta(hours=1)
_LAST_MONTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What requests have used.

    Attributes:
        requests: how many an account has answered.
        tokens: given and made.
        cost: US dollars, as far as prices are known.
        unpriced: requests whose model's price nobody knows.
    """

    requests: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A budget's running sum.

    Attributes:
        start: when its period began; aware UTC.
        end: when the next one begins.
        used: by requests that began in it and have ended.
        under_way: requests that were sent and have not ended, whenever they began.
    """

    start: datetime
    end: datetime
    used: Charge = Charge()
    under_way: int = 0


def period_at(period: Period, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Begin and end of the period that `now` lies in, by the calendar of `zone`; aware UTC."""
    local = now.astimezone(zone)
    if period is Period.HOUR:
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now - into, now - into + _HOUR
    today = datetime(local.year, local.month, local.day, tzinfo=zone)
    match period:
        case Period.DAY:
            begin, days = today, 1
        case Period.WEEK:
            begin, days = _day(today, -today.weekday()), 7
        case Period.MONTH:
            begin = today.replace(day=1)
            following = begin.replace(
                year=begin.year + (begin.month == _LAST_MONTH), month=begin.month % _LAST_MONTH + 1
            )
            return begin.astimezone(now.tzinfo), following.astimezone(now.tzinfo)
        case _:
            assert_never(period)
    return begin.astimezone(now.tzinfo), _day(begin, days).astimezone(now.tzinfo)


def current(tally: Tally | None, budget: Budget, now: datetime, zone: tzinfo) -> Tally:
    """The tally of the period that `now` lies in; a new period begins at nothing.

    A clock that was set back does not begin an old period anew.
    """
    if tally is not None and now < tally.end:
        return tally
    start, end = period_at(budget.period, now, zone)
    return Tally(start=start, end=end, under_way=0 if tally is None else tally.under_way)


def sent(tally: Tally) -> Tally:
    """One more request is under way."""
    return replace(tally, under_way=tally.under_way + 1)


def released(tally: Tally) -> Tally:
    """One request is not under way any more."""
    return replace(tally, under_way=max(0, tally.under_way - 1))


def charged(tally: Tally, charge: Charge, began: datetime) -> Tally:
    """What a request has used, if it began in this period."""
    return replace(tally, used=plus(tally.used, charge)) if tally.start <= began else tally


def plus(one: Charge, other: Charge) -> Charge:
    """Both together."""
    return Charge(
        requests=one.requests + other.requests,
        tokens=one.tokens + other.tokens,
        cost=one.cost + other.cost,
        unpriced=one.unpriced + other.unpriced,
    )


def amount(charge: Charge, measure: Measure) -> float:
    """The part of a charge that a budget counts."""
    match measure:
        case Measure.REQUESTS:
            return charge.requests
        case Measure.TOKENS:
            return charge.tokens
        case Measure.COST:
            return charge.cost
        case _:
            assert_never(measure)


def reserved(budget: Budget, tally: Tally) -> float:
    """What the requests under way are taken to use: as much as the others did on average."""
    if budget.measure is Measure.REQUESTS:
        return tally.under_way
    if not tally.used.requests:
        return 0.0
    return tally.under_way * amount(tally.used, budget.measure) / tally.used.requests


def is_used_up(budget: Budget, tally: Tally) -> bool:
    """Whether it lets no more through; what is under way counts."""
    return amount(tally.used, budget.measure) + reserved(budget, tally) >= budget.limit


def concerned(
    facts: Facts, account: AccountId | None, pool: PoolId | None
) -> Iterator[tuple[Subject, str]]:
    """What budgets may be about that a request counts for."""
    if account is not None:
        yield Subject.ACCOUNT, account
    if pool is not None:
        yield Subject.POOL, pool
    if facts.client:
        yield Subject.CLIENT, facts.client
    if facts.project is not None:
        for folder in folders_above(facts.project):
            yield Subject.PROJECT, folder


def folders_above(project: Project) -> Iterator[str]:
    """The project's folder and every one that it lies in, the deepest first."""
    folder = project.rstrip("/") or "/"
    yield folder
    while "/" in folder.rstrip("/"):
        folder = folder.rstrip("/").rpartition("/")[0] or "/"
        yield folder


def over_for_work(facts: Facts, pool: PoolId | None, used_up: UsedUp, now: datetime) -> Over | None:
    """The used-up budget that lets no such work through; of several the one that lasts longest."""
    found = [used_up.pools.get(pool)] if pool is not None else []
    found.append(used_up.clients.get(facts.client))
    if facts.project is not None and used_up.projects:
        found += [used_up.projects.get(folder) for folder in folders_above(facts.project)]
    counting = [over for over in found if over is not None and over.until > now]
    return max(counting, key=lambda over: over.until, default=None)


def _day(midnight: datetime, days: int) -> datetime:
    """The midnight so many days later by the calendar: days have 23 and 25 hours, too."""
    there = midnight.replace(tzinfo=None) + timedelta(days=days)
    return there.replace(tzinfo=midnight.tzinfo)
