"""Running sums beside the real store and ledger: they never drift, and a restart keeps them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.budgeting import Budgeting, charge_of, used_up_of
from core.domain.account import AccountId
from core.domain.budgets import Budget, BudgetNumber, Measure, Over, Period, Subject
from core.domain.events import BudgetUsedUp, Event
from core.domain.facts import Facts, RequestKind
from core.domain.prices import Price
from core.domain.rules import PoolId, Project
from core.domain.state import drop_budget, put_budget
from core.domain.usage import RequestRecord, Result, Tokens, UsageSum
from core.routing.budgets import Charge
from core.storage.budget_sums import summed
from core.storage.database import Database, open_database
from core.storage.ledger import Ledger, open_ledger
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import Store, load_store
from tests.core.storage.samples import request
from tests.fakes.clock import START, FakeClock

A, B = AccountId("A"), AccountId("B")
POOL = PoolId("pool_1")
PRICE = Price(model="m", since=date.min, input=2.0, cached_input=0.5, output=10.0)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """What a serving program has; `again` is the one after it."""

    store: Store
    ledger: Ledger
    budgeting: Budgeting
    clock: FakeClock
    events: list[Event]

    async def set(self, *budgets: Budget) -> None:
        for one in budgets:
            await self.store.change(put_budget(one))
        await self.budgeting.sum_up()

    def serve(
        self, number: int, facts: Facts, *, account: AccountId | None = A, tokens: int = 100
    ) -> None:
        """A whole request."""
        self.send(number, facts, account or A)
        self.end(number, facts, account=account, tokens=tokens)

    def send(self, number: int, facts: Facts, account: AccountId = A) -> None:
        self.budgeting.sent(f"req_{number:016x}", facts, account, POOL)

    def end(
        self, number: int, facts: Facts, *, account: AccountId | None = A, tokens: int | None = 100
    ) -> RequestRecord:
        record = row(number, facts, self.clock.now(), account=account, tokens=tokens)
        self.ledger.append(record)
        self.budgeting.ended(record)
        return record

    def again(self) -> Budgeting:
        return made(self.store, self.ledger, self.clock)

    def used(self, one: Budget) -> Charge:
        return self.budgeting.tally(one).used


def made(store: Store, ledger: Ledger, clock: FakeClock) -> Budgeting:
    return Budgeting(store=store, ledger=ledger, clock=clock, zone=UTC, prices=lambda: (PRICE,))


def row(
    number: int,
    facts: Facts,
    at: datetime,
    *,
    account: AccountId | None = A,
    tokens: int | None = 100,
) -> RequestRecord:
    counted = None
    if tokens is not None:
        counted = Tokens(input=tokens, cached_input=tokens // 2, output=10, reasoning_output=0)
    return replace(
        request(number),
        started_at=at,
        facts=facts,
        account=account,
        result=Result.SERVED if account else Result.FAILED,
        tokens=counted,
        pool=POOL,
    )


def turn(client: str = "codex_exec", project: str = "/home/x", model: str = "m") -> Facts:
    return Facts(kind=RequestKind.RESPONSES, model=model, client=client, project=Project(project))


def budget(
    number: int = 1,
    subject: Subject = Subject.ACCOUNT,
    key: str = "A",
    *,
    measure: Measure = Measure.REQUESTS,
    limit: float = 10,
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


@asynccontextmanager
async def rigged(folder: Path, clock: FakeClock) -> AsyncIterator[Rig]:
    database: Database = await open_database(folder / "vault.db", VAULT_SCHEMA)
    events: list[Event] = []
    store = await load_store(database, publish=events.extend)
    ledger = await open_ledger(folder / "ledger.db", now=clock.now())
    yield Rig(
        store=store,
        ledger=ledger,
        budgeting=made(store, ledger, clock),
        clock=clock,
        events=events,
    )
    await ledger.close()
    await store.close()
    await database.close()


@pytest.fixture
async def rig(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Rig]:
    async with rigged(tmp_path, clock) as rig:
        yield rig


# --- what counts -------------------------------------------------------------------------------


async def test_what_is_under_way_counts_until_it_has_ended(rig: Rig) -> None:
    one = budget(limit=2)
    await rig.set(one)
    rig.send(1, turn())
    assert rig.budgeting.tally(one).under_way == 1
    assert rig.store.observed.used_up.accounts == {}
    rig.send(2, turn())
    assert rig.store.observed.used_up.accounts[A].budget == one
    assert [e for e in rig.events if isinstance(e, BudgetUsedUp)] == [], "nothing has ended yet"
    rig.end(1, turn(), account=None)
    assert rig.store.observed.used_up.accounts == {}, "nobody answered it"
    rig.end(2, turn())
    assert (rig.budgeting.tally(one).under_way, rig.used(one).requests) == (0, 1)


async def test_that_it_is_used_up_is_told_once_a_period(rig: Rig) -> None:
    await rig.set(budget(limit=1))
    for number in range(3):
        rig.serve(number, turn())
    told = [event for event in rig.events if isinstance(event, BudgetUsedUp)]
    assert told == [BudgetUsedUp(number=BudgetNumber(1), until=START.replace(hour=0) + DAY)]
    rig.clock.advance(DAY)
    rig.serve(9, turn())
    assert len([event for event in rig.events if isinstance(event, BudgetUsedUp)]) == 2


async def test_a_request_that_moves_counts_for_who_answers(rig: Rig) -> None:
    of_a, of_b = budget(1, key="A"), budget(2, key="B")
    await rig.set(of_a, of_b)
    rig.send(1, turn(), A)
    rig.send(1, turn(), B)
    assert [rig.budgeting.tally(one).under_way for one in (of_a, of_b)] == [0, 1]
    rig.end(1, turn(), account=B)
    assert [rig.used(one).requests for one in (of_a, of_b)] == [0, 1]


async def test_tokens_and_their_price_are_counted_and_unknown_prices_are_said(rig: Rig) -> None:
    one = budget(measure=Measure.COST, limit=1.0)
    await rig.set(one)
    rig.serve(1, turn(), tokens=100_000)
    rig.serve(2, turn(model="other"), tokens=100_000)
    used = rig.used(one)
    assert (used.requests, used.tokens, used.unpriced) == (2, 200_020, 1)
    assert used.cost == pytest.approx(0.05 * 2 + 0.05 * 0.5 + 10 * 10 / 1e6)


async def test_a_list_of_models_costs_nothing(rig: Rig) -> None:
    await rig.set(budget(limit=1))
    models = replace(turn(), kind=RequestKind.MODELS)
    rig.serve(1, models)
    assert rig.store.observed.used_up.accounts == {}
    assert rig.used(budget()).requests == 0


async def test_the_next_period_begins_at_nothing(rig: Rig) -> None:
    one = budget(limit=1, period=Period.HOUR)
    await rig.set(one)
    rig.serve(1, turn())
    over = rig.store.observed.used_up.accounts[A]
    assert over.until == START + timedelta(hours=1)
    rig.clock.advance(timedelta(hours=1))
    assert rig.used(one) == Charge()
    rig.send(2, turn())
    assert rig.store.observed.used_up.accounts[A].until == START + timedelta(hours=2)


async def test_a_budget_that_is_removed_lets_everything_through(rig: Rig) -> None:
    await rig.set(budget(limit=1))
    rig.serve(1, turn())
    await rig.store.change(drop_budget(BudgetNumber(1)))
    await rig.budgeting.sum_up()
    assert rig.store.observed.used_up.accounts == {}


async def test_one_that_is_set_later_counts_what_was_there_before(rig: Rig) -> None:
    for number in range(3):
        rig.serve(number, turn())
    one = budget(limit=3)
    await rig.set(one)
    assert rig.used(one).requests == 3
    assert A in rig.store.observed.used_up.accounts


async def test_of_several_about_the_same_the_longer_counts() -> None:
    hour = Over(budget=budget(1, period=Period.HOUR), until=START)
    day = Over(budget=budget(2), until=START + DAY)
    assert used_up_of([day, hour]).accounts == used_up_of([hour, day]).accounts == {A: day}


# --- beside the ledger -------------------------------------------------------------------------

BUDGETS = (
    budget(1, Subject.ACCOUNT, "A", measure=Measure.TOKENS, limit=2000),
    budget(2, Subject.ACCOUNT, "B", period=Period.HOUR),
    budget(3, Subject.POOL, POOL, measure=Measure.COST, limit=3, period=Period.WEEK),
    budget(4, Subject.CLIENT, "codex_exec", period=Period.MONTH),
    budget(5, Subject.PROJECT, "/home", limit=7),
    budget(6, Subject.PROJECT, "/home/x", measure=Measure.TOKENS, limit=900),
)
acts = st.lists(
    st.tuples(
        st.sampled_from(["serve", "fail", "send", "end", "wait"]),
        st.sampled_from([A, B]),
        st.sampled_from(["codex_exec", "tool"]),
        st.sampled_from(["/home", "/home/x", "/home/xy", "/srv"]),
        st.sampled_from(["m", "other"]),
        st.integers(0, 1000),
    ),
    max_size=25,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts)
def test_the_sums_are_the_ledger_s_whatever_happens_and_a_restart_keeps_them(
    tmp_path_factory: pytest.TempPathFactory,
    acts: Sequence[tuple[str, AccountId, str, str, str, int]],
) -> None:
    asyncio.run(_drift(tmp_path_factory.mktemp("sums"), acts))


async def _drift(folder: Path, acts: Sequence[tuple[str, AccountId, str, str, str, int]]) -> None:
    async with rigged(folder, FakeClock()) as rig:
        await rig.set(*BUDGETS)
        under_way: list[tuple[int, Facts, AccountId]] = []
        for number, (act, account, client, project, model, tokens) in enumerate(acts):
            facts = turn(client, project, model)
            match act:
                case "serve":
                    rig.serve(number, facts, account=account, tokens=tokens)
                case "fail":
                    rig.serve(number, facts, account=None, tokens=tokens)
                case "send":
                    rig.send(number, facts, account)
                    under_way.append((number, facts, account))
                case "end" if under_way:
                    begun, known, who = under_way.pop()
                    rig.end(begun, known, account=who, tokens=tokens)
                case _:
                    rig.clock.advance(timedelta(minutes=tokens))
        await _same_as_the_ledger(rig, rig.budgeting)
        after = rig.again()
        await after.sum_up()
        await _same_as_the_ledger(rig, after)
        sums = [rig.budgeting.tally(one).under_way for one in BUDGETS]
        assert all(0 <= count <= len(under_way) for count in sums)


async def _same_as_the_ledger(rig: Rig, budgeting: Budgeting) -> None:
    wanted = [(one, (t := budgeting.tally(one)).start, t.end) for one in BUDGETS]
    found = await rig.ledger.read(lambda file: summed(file, wanted))
    for one, sums in zip(BUDGETS, found.sums, strict=True):
        there, here = charge_of(sums, (PRICE,)), budgeting.tally(one).used
        assert (here.requests, here.tokens, here.unpriced) == (
            there.requests,
            there.tokens,
            there.unpriced,
        )
        assert here.cost == pytest.approx(there.cost)


async def test_what_ends_while_the_ledger_is_summed_up_counts_once(rig: Rig) -> None:
    one = budget(limit=1000)
    await rig.store.change(put_budget(one))
    for number in range(20):
        rig.serve(number, turn())
    summing = asyncio.create_task(rig.budgeting.sum_up())
    for number in range(20, 60):
        rig.serve(number, turn())
        await asyncio.sleep(0)
        if number == 40:
            await rig.ledger.flush()
    await summing
    assert rig.used(one).requests == 60
    await rig.budgeting.sum_up()
    assert rig.used(one).requests == 60


async def test_what_the_network_counts_beyond_all_reason_breaks_no_sum(rig: Rig) -> None:
    one = budget(measure=Measure.TOKENS, limit=10**15)
    await rig.set(one)
    for number, tokens in enumerate((2**63, -5, 2**62)):
        rig.end(number, turn(), tokens=tokens)
    after = rig.again()
    await after.sum_up()
    assert after.tally(one).used.tokens == rig.used(one).tokens


async def test_a_project_s_name_is_no_pattern(rig: Rig) -> None:
    one = budget(subject=Subject.PROJECT, key="/home/x%")
    await rig.set(one)
    rig.serve(1, turn(project="/home/xyz"))
    rig.serve(2, turn(project="/home/x%/deep"))
    after = rig.again()
    await after.sum_up()
    assert after.tally(one).used.requests == rig.used(one).requests == 1


async def test_a_request_touches_its_own_budgets_however_many_there_are(rig: Rig) -> None:
    mine = (budget(501), budget(502, Subject.PROJECT, "/home", period=Period.MONTH))
    others = [budget(n, key=f"acc_{n}") for n in range(1, 501)]
    for one in (*others, *mine):
        await rig.store.change(put_budget(one))
    await rig.budgeting.sum_up()
    before = {one.number: rig.budgeting.tally(one) for one in (*others, *mine)}
    rig.serve(1, turn())
    touched = {
        one.number for one in (*others, *mine) if rig.budgeting.tally(one) is not before[one.number]
    }
    assert touched == {501, 502}


def test_an_unknown_price_counts_as_nothing_and_is_counted() -> None:
    one = UsageSum(
        key="", model="other", first_hour=START, requests=3, input=10, cached_input=0, output=5,
        reasoning_output=0, seconds=0.0,
    )  # fmt: skip
    assert charge_of([one, one], ()) == Charge(requests=6, tokens=30, unpriced=6)
