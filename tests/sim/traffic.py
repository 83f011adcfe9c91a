"""Made-up work: seeds and shapes, fixed before anything was tuned by them.

`TUNING` is looked at while a strategy is worked on; `HELD_OUT` only to report.
"""

import math
import random
from dataclasses import dataclass

from core.routing.simulation import MadeUpAccount, MadeUpTurn, Trace

_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A pool and how hard it is worked.

    Attributes:
        name: what the table calls it.
        seed: of everything random in it.
        plans: one for each account.
        days: how long.
        load: tokens asked for, as a part of what the pool's weeks hold.
        threads_a_day: how many conversations begin on a working day.
    """

    name: str
    seed: int
    plans: tuple[str, ...]
    days: int
    load: float
    threads_a_day: int


PLUS = MadeUpAccount(plan="plus", session=600_000, week=4_000_000)
PLANS = {
    "plus": PLUS,
    "pro": MadeUpAccount(plan="pro", session=6_000_000, week=40_000_000),
}

TUNING = (
    Shape(name="two, half used", seed=1, plans=("plus",) * 2, days=56, load=0.5, threads_a_day=8),
    Shape(name="five, busy", seed=2, plans=("plus",) * 5, days=56, load=0.9, threads_a_day=15),
    Shape(
        name="mixed, busy",
        seed=3,
        plans=("plus", "plus", "pro", "plus"),
        days=56,
        load=0.8,
        threads_a_day=20,
    ),
    Shape(name="ten, too much", seed=4, plans=("plus",) * 10, days=56, load=1.2, threads_a_day=30),
)
HELD_OUT = (
    Shape(
        name="three, half used", seed=101, plans=("plus",) * 3, days=84, load=0.5, threads_a_day=9
    ),
    Shape(name="six, busy", seed=102, plans=("plus",) * 6, days=84, load=0.9, threads_a_day=18),
    Shape(
        name="mixed, very busy",
        seed=103,
        plans=("pro", "plus", "plus", "plus", "plus"),
        days=84,
        load=0.95,
        threads_a_day=24,
    ),
    Shape(name="fifty, busy", seed=104, plans=("plus",) * 50, days=28, load=0.9, threads_a_day=120),
)


def trace_of(shape: Shape) -> Trace:
    """The trace of a shape: always the same one."""
    chance = random.Random(shape.seed)
    accounts = tuple(PLANS[plan] for plan in shape.plans)
    turns: list[tuple[float, str, float]] = []
    for day in range(shape.days):
        busy = 1.0 if day % 7 < 5 else 0.2
        for number in range(_poisson(chance, busy * shape.threads_a_day)):
            turns += _thread(chance, day, f"{shape.seed}-{day}-{number}")
    turns.sort()
    wanted = shape.load * sum(one.week for one in accounts) * shape.days / 7
    factor = wanted / sum(weight for _, _, weight in turns)
    return Trace(
        accounts=accounts,
        turns=tuple(
            MadeUpTurn(at_s=round(at, 1), thread=thread, tokens=max(1, round(weight * factor)))
            for at, thread, weight in turns
        ),
    )


def draws(seed: int, count: int = 1009) -> list[float]:
    """What chance says, for the strategy that asks it."""
    chance = random.Random(seed)
    return [chance.random() for _ in range(count)]


def _thread(chance: random.Random, day: int, name: str) -> list[tuple[float, str, float]]:
    """The turns of one conversation: begun in working hours, minutes apart, of very unlike size."""
    at = day * _DAY_S + chance.triangular(8, 20, 11) * 3600
    turns = []
    for _ in range(1 + int(chance.expovariate(1 / 8))):
        turns.append((at, name, chance.lognormvariate(0, 1)))
        at += 30 + chance.expovariate(1 / 240)
    return turns


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's algorithm; means here are small enough for it."""
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count
