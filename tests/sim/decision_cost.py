"""What one decision costs: 5, 50 and 500 accounts, 10,000 remembered threads.

`python -m tests.sim.decision_cost` prints medians of processor time, so that whoever shares the
machine does not count, and how many empty function calls each is worth at the same time.
"""

import statistics
import sys
import time
import timeit
from collections.abc import Callable
from datetime import timedelta

from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.observed import Observed, Owner
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.domain.settings import RoutingSettings
from core.domain.state import State
from core.routing.select import Chances, select
from tests.core.routing.pool import NOW, account

THREADS = 10_000
ROUNDS = 200
BATCH_US = 1_000.0
"""How long one measurement takes at least: the clock is no part of it then."""
FLOORS_US = {5: 50.0, 50: 200.0, 500: 1000.0}


def world(count: int) -> tuple[State, Observed]:
    """A pool of `count` accounts of whose windows everything is known."""
    accounts = [account(f"acc_{number:04d}", number) for number in range(1, count + 1)]
    quotas = {
        one.id: Quota(
            windows={
                ("all", WindowKind.SESSION, 300): _window(300, 40 + one.number % 50, 2),
                ("all", WindowKind.WEEK, 10_080): _window(10_080, 30 + one.number % 60, 90),
            }
        )
        for one in accounts
    }
    owners = {
        ThreadId(f"thread-{n}"): Owner(account=accounts[n % count].id, seen_at=NOW)
        for n in range(THREADS)
    }
    state = State(accounts={one.id: one for one in accounts}, next_number=count + 1)
    return state, Observed(quotas=quotas, owners=owners, last_chosen=accounts[0].id)


def decision(count: int, thread: str) -> Callable[[], object]:
    """One decision about `thread`, ready to be made."""
    state, observed = world(count)
    facts = Facts(kind=RequestKind.RESPONSES, thread=ThreadId(thread), model="m")
    chances = Chances(settings=RoutingSettings(), now=NOW)
    return lambda: select(
        state=state, observed=observed, facts=facts, tried=frozenset(), chances=chances
    )


def median_us(work: Callable[[], object]) -> float:
    """Microseconds of processor time of one call, the median of many."""
    calls = 1
    while _us(work, calls) * calls < BATCH_US:
        calls *= 4
    return statistics.median(_us(work, calls) for _ in range(ROUNDS))


def _us(work: Callable[[], object], calls: int) -> float:
    return timeit.timeit(work, number=calls, timer=time.process_time) / calls * 1e6


def main() -> None:
    """Print the table."""
    empty = median_us(lambda: None)
    lines = ["accounts  thread     median     floor  empty calls"]
    for count, floor in FLOORS_US.items():
        for kind, thread in (("known", "thread-77"), ("new", "new")):
            cost = median_us(decision(count, thread))
            lines.append(
                f"{count:>8}  {kind:<6}  {cost:>6.0f} µs  {floor:>5.0f} µs  {cost / empty:>8.0f}"
            )
    sys.stdout.write("\n".join(lines) + "\n")


def _window(minutes: int, left: float, hours: float) -> Window:
    return Window(
        kind=WindowKind.SESSION if minutes == 300 else WindowKind.WEEK,
        minutes=minutes,
        remaining=left,
        resets_at=NOW + timedelta(hours=hours),
        scope="all",
        observed_at=NOW,
        source=QuotaSource.USAGE,
    )


if __name__ == "__main__":
    main()
