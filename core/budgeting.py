"""The running sums of the user's budgets while a program serves.

They are summed up from the ledger at the start and whenever a budget is set; after that each
request costs the same, however long the ledger is. Nothing is kept that the ledger does not hold,
so the two cannot drift apart. A budget that is used up is learned, and decisions see it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from core.domain.account import AccountId
from core.domain.budgets import Budget, BudgetNumber, Over, Subject, UsedUp
from core.domain.events import BudgetUsedUp, Event
from core.domain.facts import Facts, RequestKind
from core.domain.observed import Lesson, Observed
from core.domain.prices import Price, cost_of
from core.domain.rules import PoolId
from core.domain.usage import RequestRecord, UsageSum
from core.routing import budgets as counting
from core.routing.budgets import Charge, Tally
from core.runtime.clock import Clock
from core.storage.budget_sums import MOST_TOKENS, among, summed
from core.storage.ledger import Ledger
from core.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ticket:
    """A request under way, and what it counts for."""

    facts: Facts
    account: AccountId
    pool: PoolId | None


class Budgeting:
    """One for each program that serves; all of it on one loop."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        zone: tzinfo,
        prices: Callable[[], tuple[Price, ...]],
    ) -> None:
        """Counts nothing before `sum_up`.

        Args:
            store: whose budgets; learns which are used up.
            ledger: what has been used.
            clock: the time.
            zone: whose days, weeks and months count.
            prices: read when they are first needed.
        """
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._zone = zone
        self._read_prices = prices
        self._prices: tuple[Price, ...] | None = None
        self._budgets: Mapping[BudgetNumber, Budget] = {}
        self._by_subject: dict[tuple[Subject, str], tuple[BudgetNumber, ...]] = {}
        self._tallies: dict[BudgetNumber, Tally] = {}
        self._tickets: dict[str, _Ticket] = {}
        self._over: dict[BudgetNumber, Over] = {}
        self._told: dict[BudgetNumber, datetime] = {}
        self._late: list[RequestRecord] | None = None
        self._one = asyncio.Lock()

    async def sum_up(self) -> None:
        """Begin with the budgets as they are now, and with what the ledger says of them.

        Raises:
            CoreError: as the disk fails; what was counted counts on.
        """
        async with self._one:
            budgets = dict(self._store.state.budgets)
            self._late = []
            try:
                tallies = await self._from_ledger(budgets) if budgets else {}
            finally:
                late, self._late = self._late, None
            self._budgets, self._tallies = budgets, tallies
            self._by_subject = _index(budgets.values())
            for record in late:
                self._charge(record)
            for ticket in self._tickets.values():
                for number in self._concerned(ticket):
                    self._tallies[number] = counting.sent(self._tallies[number])
            self._over = {}
            self._look_at(budgets)
            self._tell()

    def sent(
        self, request: str, facts: Facts, account: AccountId | None, pool: PoolId | None
    ) -> None:
        """This request is with the back end on `account`; asked again, it counts for the new one.

        Args:
            request: its id.
            facts: what routing knows of it; only turns count.
            account: who is asked; None: nobody (yet again), and nothing is reserved for it.
            pool: whose accounts might serve it.
        """
        if not self._budgets or facts.kind is not RequestKind.RESPONSES:
            return
        touched = self._release(self._tickets.pop(request, None))
        if account is not None:
            ticket = self._tickets[request] = _Ticket(facts=facts, account=account, pool=pool)
            for number in self._concerned(ticket):
                self._tallies[number] = counting.sent(self._tally(number))
            touched += self._concerned(ticket)
        if touched:
            self._look_at(touched)
            self._tell()

    def ended(self, record: RequestRecord) -> None:
        """The request has ended: what it has used takes the place of what was reserved for it."""
        if self._late is not None:
            self._late.append(record)
        ticket = self._tickets.pop(record.id, None)
        if not self._budgets:
            return
        touched = (*self._release(ticket), *self._charge(record))
        if touched:
            self._look_at(touched)
            self._tell()

    def tally(self, budget: Budget) -> Tally:
        """The budget's running sum, as of now."""
        return counting.current(
            self._tallies.get(budget.number), budget, self._clock.now(), self._zone
        )

    # -- inside

    async def _from_ledger(
        self, budgets: Mapping[BudgetNumber, Budget]
    ) -> dict[BudgetNumber, Tally]:
        """What the ledger says; requests that end meanwhile are left in `_late` unless it has them.

        One that has ended since may be in the sums already, or not: its row says so.
        """
        now = self._clock.now()
        fresh = {n: counting.current(None, b, now, self._zone) for n, b in budgets.items()}
        wanted = [(budgets[n], tally.start, tally.end) for n, tally in fresh.items()]
        found = await self._ledger.read(lambda file: summed(file, wanted))
        late = self._late or []
        ids = [record.id for record in late]
        if ids:
            counted = await self._ledger.read(lambda file: among(file, ids, found.upto))
            late[:] = [record for record in late if record.id not in counted]
        return {
            number: replace(tally, used=self._sum_of(sums))
            for (number, tally), sums in zip(fresh.items(), found.sums, strict=True)
        }

    def _charge(self, record: RequestRecord) -> tuple[BudgetNumber, ...]:
        """Count what an ended request has used; whose budgets that concerned."""
        facts, account = record.facts, record.account
        if account is None or facts.kind is not RequestKind.RESPONSES:
            return ()
        touched = self._concerned(_Ticket(facts=facts, account=account, pool=record.pool))
        if touched:
            charge = self._sum_of((_used_by(record),))
            for number in touched:
                tally = self._tally(number)
                self._tallies[number] = counting.charged(tally, charge, record.started_at)
        return touched

    def _release(self, ticket: _Ticket | None) -> tuple[BudgetNumber, ...]:
        touched = () if ticket is None else self._concerned(ticket)
        for number in touched:
            self._tallies[number] = counting.released(self._tally(number))
        return touched

    def _tally(self, number: BudgetNumber) -> Tally:
        return self.tally(self._budgets[number])

    def _concerned(self, ticket: _Ticket) -> tuple[BudgetNumber, ...]:
        known = self._by_subject
        found = counting.concerned(ticket.facts, ticket.account, ticket.pool)
        return tuple(number for what in found for number in known.get(what, ()))

    def _look_at(self, numbers: Iterable[BudgetNumber]) -> None:
        for number in numbers:
            budget, tally = self._budgets[number], self._tally(number)
            if counting.is_used_up(budget, tally):
                self._over[number] = Over(budget=budget, until=tally.end)
            else:
                self._over.pop(number, None)

    def _tell(self) -> None:
        """Decisions see what is used up; people are told once a period, and of what has ended."""
        used_up = used_up_of(self._over.values())
        told = tuple(
            BudgetUsedUp(number=number, until=over.until)
            for number, over in self._over.items()
            if self._told.get(number) != over.until
            and counting.is_used_up(over.budget, replace(self._tally(number), under_way=0))
        )
        self._told |= {one.number: one.until for one in told}
        if told or used_up != self._store.observed.used_up:
            self._store.learn(learn_used_up(used_up, told))

    def _sum_of(self, sums: Iterable[UsageSum]) -> Charge:
        if self._prices is None:
            self._prices = self._read_prices()
        return charge_of(sums, self._prices)


def charge_of(sums: Iterable[UsageSum], prices: Sequence[Price]) -> Charge:
    """What these turns have used; a price that nobody knows counts as nothing, and is counted."""
    total = Charge()
    for one in sums:
        cost = cost_of(one, prices)
        more = Charge(
            requests=one.requests,
            tokens=one.input + one.output,
            cost=cost or 0.0,
            unpriced=one.requests if cost is None else 0,
        )
        total = counting.plus(total, more)
    return total


def used_up_of(overs: Iterable[Over]) -> UsedUp:
    """By what they are about; of several about the same the one that lasts longest."""
    by: dict[Subject, dict[str, Over]] = {subject: {} for subject in Subject}
    for over in overs:
        known = by[over.budget.subject].get(over.budget.key)
        if known is None or known.until < over.until:
            by[over.budget.subject][over.budget.key] = over
    return UsedUp(
        accounts={AccountId(key): over for key, over in by[Subject.ACCOUNT].items()},
        pools={PoolId(key): over for key, over in by[Subject.POOL].items()},
        clients=by[Subject.CLIENT],
        projects=by[Subject.PROJECT],
    )


def learn_used_up(used_up: UsedUp, told: tuple[BudgetUsedUp, ...]) -> Lesson:
    """These budgets let no more through."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        return replace(observed, used_up=used_up), told

    return lesson


def _index(budgets: Iterable[Budget]) -> dict[tuple[Subject, str], tuple[BudgetNumber, ...]]:
    found: dict[tuple[Subject, str], tuple[BudgetNumber, ...]] = {}
    for budget in budgets:
        what = (budget.subject, budget.key)
        found[what] = (*found.get(what, ()), budget.number)
    return found


def _used_by(record: RequestRecord) -> UsageSum:
    tokens = record.tokens
    given, cached, made = (
        (0, 0, 0) if tokens is None else (tokens.input, tokens.cached_input, tokens.output)
    )
    return UsageSum(
        key="",
        model=record.facts.model,
        first_hour=record.started_at.astimezone(UTC),
        requests=1,
        input=_bounded(given),
        cached_input=_bounded(cached),
        output=_bounded(made),
        reasoning_output=0,
        seconds=0.0,
    )


def _bounded(count: int) -> int:
    return max(0, min(count, MOST_TOKENS))
