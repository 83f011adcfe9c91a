"""What was used of a budget against its limit: periods, sums, and what lets nothing through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId
from core.domain.budgets import (
    Budget,
    BudgetNumber,
    Measure,
    Over,
    Period,
    Subject,
    UsedUp,
    next_number,
    the_same,
)
from core.domain.facts import Facts, RequestKind
from core.domain.rules import PoolId, Project
from core.routing.budgets import (
    Charge,
    Tally,
    amount,
    charged,
    concerned,
    current,
    folders_above,
    is_used_up,
    over_for_work,
    period_at,
    released,
    reserved,
    sent,
)
from tests.core.routing.pool import LATER, NOW

BERLIN, INDIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def budget(
    measure: Measure = Measure.REQUESTS,
    limit: float = 10,
    *,
    number: int = 1,
    subject: Subject = Subject.ACCOUNT,
    key: str = "A",
    period: Period = Period.DAY,
) -> Budget:
    return Budget(
        number=BudgetNumber(number),
        subject=subject,
        key=key,
        measure=measure,
        period=period,
        limit=limit,
    )


@pytest.mark.parametrize(
    ("period", "now", "zone", "start", "end"),
    [
        pytest.param(
            Period.HOUR, "2026-03-02T09:59:59", UTC, "2026-03-02T09:00", "2026-03-02T10:00",
            id="the hour of the clock",
        ),
        pytest.param(
            Period.HOUR, "2026-03-02T09:10", INDIA, "2026-03-02T08:30", "2026-03-02T09:30",
            id="the person's clock, where it is half an hour off",
        ),
        pytest.param(
            Period.DAY, "2026-03-02T23:30", BERLIN, "2026-03-02T23:00", "2026-03-03T23:00",
            id="a day begins at the person's midnight",
        ),
        pytest.param(
            Period.DAY, "2026-03-29T12:00", BERLIN, "2026-03-28T23:00", "2026-03-29T22:00",
            id="the day on which summer time begins has 23 hours",
        ),
        pytest.param(
            Period.DAY, "2026-10-25T12:00", BERLIN, "2026-10-24T22:00", "2026-10-25T23:00",
            id="the day on which it ends has 25",
        ),
        pytest.param(
            Period.WEEK, "2026-03-01T12:00", UTC, "2026-02-23T00:00", "2026-03-02T00:00",
            id="a week begins on Monday",
        ),
        pytest.param(
            Period.WEEK, "2026-03-02T00:00", UTC, "2026-03-02T00:00", "2026-03-09T00:00",
            id="and at its first instant",
        ),
        pytest.param(
            Period.MONTH, "2026-12-31T23:59", UTC, "2026-12-01T00:00", "2027-01-01T00:00",
            id="the last month of a year",
        ),
        pytest.param(
            Period.MONTH, "2026-02-28T23:30", BERLIN, "2026-02-28T23:00", "2026-03-31T22:00",
            id="a month of the person's calendar",
        ),
    ],
)  # fmt: skip
def test_a_period_is_one_of_the_person_s_calendar(
    period: Period, now: str, zone: tzinfo, start: str, end: str
) -> None:
    assert period_at(period, at(now), zone) == (at(start), at(end))


moments = st.integers(0, 20 * 366 * 86_400).map(
    lambda s: at("2020-01-01T00:00") + timedelta(seconds=s)
)
zones = st.sampled_from([UTC, BERLIN, INDIA, timezone(timedelta(hours=14)), ZoneInfo("US/Pacific")])


@given(moments, zones, st.sampled_from(Period))
def test_every_moment_lies_in_its_period_and_periods_meet(
    now: datetime, zone: tzinfo, period: Period
) -> None:
    start, end = period_at(period, now, zone)
    assert start <= now < end
    assert period_at(period, start, zone) == (start, end)
    assert period_at(period, end, zone)[0] == end


# --- sums --------------------------------------------------------------------------------------


def tally(requests: int = 0, *, tokens: int = 0, cost: float = 0.0, under_way: int = 0) -> Tally:
    used = Charge(requests=requests, tokens=tokens, cost=cost)
    return Tally(start=NOW, end=LATER, used=used, under_way=under_way)


@pytest.mark.parametrize(
    ("known", "known_tally", "used_up"),
    [
        pytest.param(budget(limit=3), tally(2), False, id="there is one left"),
        pytest.param(budget(limit=3), tally(3), True, id="as many as may be"),
        pytest.param(budget(limit=3), tally(2, under_way=1), True, id="the last one is under way"),
        pytest.param(
            budget(Measure.TOKENS, 1000), tally(under_way=50), False,
            id="of tokens nobody knows yet what a request uses",
        ),
        pytest.param(
            budget(Measure.TOKENS, 1000), tally(4, tokens=600, under_way=2), False,
            id="two more of 150 each fit",
        ),
        pytest.param(
            budget(Measure.TOKENS, 1000), tally(4, tokens=600, under_way=3), True,
            id="with a third there is nothing left for another",
        ),
        pytest.param(
            budget(Measure.COST, 5), tally(10, cost=4.99), False, id="a cent is left",
        ),
        pytest.param(budget(Measure.COST, 5), tally(10, cost=5.0), True, id="it is spent"),
        pytest.param(budget(limit=0.5), tally(), False, id="less than one lets one through"),
    ],
)  # fmt: skip
def test_a_budget_is_used_up(known: Budget, known_tally: Tally, used_up: bool) -> None:
    assert is_used_up(known, known_tally) is used_up


def test_a_new_period_begins_at_nothing_but_what_is_under_way() -> None:
    before = replace(
        tally(5, under_way=2), start=at("2026-03-01T00:00"), end=at("2026-03-02T00:00")
    )
    after = current(before, budget(), at("2026-03-02T00:00"), UTC)
    assert (after.used, after.under_way) == (Charge(), 2)
    assert (after.start, after.end) == (at("2026-03-02T00:00"), at("2026-03-03T00:00"))


def test_a_clock_that_is_set_back_forgets_nothing() -> None:
    known = tally(5)
    assert current(known, budget(), NOW - timedelta(days=3), UTC) is known


def test_what_began_in_the_period_before_does_not_count_in_this_one() -> None:
    charge = Charge(requests=1, tokens=100)
    assert charged(tally(), charge, NOW - HOUR) == tally()
    assert charged(tally(), charge, NOW).used == charge


@given(st.lists(st.integers(0, 10_000), max_size=30), st.integers(1, 50_000))
def test_requests_one_after_the_other_go_over_by_no_more_than_the_last(
    tokens: list[int], limit: int
) -> None:
    known, sum_ = budget(Measure.TOKENS, limit), tally()
    served = []
    for used in tokens:
        if is_used_up(known, sum_):
            break
        sum_ = charged(released(sent(sum_)), Charge(requests=1, tokens=used), NOW)
        served.append(used)
    assert sum(served[:-1]) < limit
    assert (sum_.used.tokens, sum_.under_way) == (sum(served), 0)


@given(
    st.lists(st.booleans(), max_size=60),
    st.integers(1, 12),
    st.lists(st.integers(0, 500), min_size=60, max_size=60),
    st.sampled_from([Measure.REQUESTS, Measure.TOKENS]),
)
def test_requests_at_once_go_over_by_no_more_than_is_under_way(
    starts: list[bool], limit: int, sizes: list[int], measure: Measure
) -> None:
    """Whatever begins and ends in whatever order; of requests not one too many is let through."""
    scale = 1 if measure is Measure.REQUESTS else 300
    known, sum_ = budget(measure, limit * scale), tally()
    under_way: list[int] = []
    for begins, size in zip(starts, sizes, strict=False):
        if begins and not is_used_up(known, sum_):
            assert amount(sum_.used, measure) < known.limit
            sum_ = sent(sum_)
            under_way.append(size)
        elif under_way:
            sum_ = charged(released(sum_), Charge(requests=1, tokens=under_way.pop(0)), NOW)
        assert sum_.under_way == len(under_way)
    if measure is Measure.REQUESTS:
        assert sum_.used.requests + sum_.under_way <= limit
    assert reserved(known, sum_) >= 0


# --- what it is about --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "folders"),
    [
        pytest.param("/home/ada/x", ["/home/ada/x", "/home/ada", "/home", "/"], id="a folder"),
        pytest.param("/", ["/"], id="the whole disk"),
        pytest.param("C:/firm/x", ["C:/firm/x", "C:/firm", "C:"], id="another system's"),
    ],
)
def test_a_budget_of_a_folder_is_about_what_is_below_it(project: str, folders: list[str]) -> None:
    assert list(folders_above(Project(project))) == folders


def test_a_request_counts_for_everything_that_it_names() -> None:
    facts = Facts(kind=RequestKind.RESPONSES, client="codex_exec", project=Project("/x"))
    assert list(concerned(facts, AccountId("A"), PoolId("p"))) == [
        (Subject.ACCOUNT, "A"),
        (Subject.POOL, "p"),
        (Subject.CLIENT, "codex_exec"),
        (Subject.PROJECT, "/x"),
        (Subject.PROJECT, "/"),
    ]
    assert list(concerned(Facts(kind=RequestKind.RESPONSES), None, None)) == []


def over(subject: Subject, key: str, until: datetime = LATER, number: int = 1) -> Over:
    return Over(budget=budget(subject=subject, key=key, number=number), until=until)


WORK = Facts(kind=RequestKind.RESPONSES, client="codex_exec", project=Project("/home/x/y"))


@pytest.mark.parametrize(
    ("used_up", "pool", "refuses"),
    [
        pytest.param(UsedUp(), None, None, id="nothing is used up"),
        pytest.param(
            UsedUp(clients={"codex_exec": over(Subject.CLIENT, "codex_exec")}), None, 1,
            id="the client's",
        ),
        pytest.param(
            UsedUp(clients={"other": over(Subject.CLIENT, "other")}), None, None,
            id="another client's",
        ),
        pytest.param(
            UsedUp(projects={"/home/x": over(Subject.PROJECT, "/home/x")}), None, 1,
            id="a folder's above it",
        ),
        pytest.param(
            UsedUp(projects={"/home/x/y/z": over(Subject.PROJECT, "/home/x/y/z")}), None, None,
            id="a folder's below it",
        ),
        pytest.param(
            UsedUp(pools={PoolId("p"): over(Subject.POOL, "p")}), PoolId("p"), 1, id="the pool's",
        ),
        pytest.param(
            UsedUp(pools={PoolId("p"): over(Subject.POOL, "p")}), None, None, id="no pool",
        ),
        pytest.param(
            UsedUp(clients={"codex_exec": over(Subject.CLIENT, "codex_exec", NOW)}), None, None,
            id="its period is over",
        ),
        pytest.param(
            UsedUp(
                clients={"codex_exec": over(Subject.CLIENT, "codex_exec")},
                projects={"/": over(Subject.PROJECT, "/", LATER + HOUR, 2)},
            ),
            None,
            2,
            id="of several the one that lasts longest",
        ),
    ],
)  # fmt: skip
def test_work_is_refused_by_its_own_budgets(
    used_up: UsedUp, pool: PoolId | None, refuses: int | None
) -> None:
    found = over_for_work(WORK, pool, used_up, NOW)
    assert (None if found is None else found.budget.number) == refuses


def test_there_is_one_budget_for_the_same() -> None:
    known = {BudgetNumber(3): budget(number=3)}
    assert the_same(known, budget(limit=99)) == known[BudgetNumber(3)]
    assert the_same(known, budget(period=Period.WEEK)) is None
    assert (next_number(known), next_number({})) == (4, 1)
