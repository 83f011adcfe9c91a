"""The simulator is the program's own choice on made-up work; its arithmetic can be trusted."""

from datetime import timedelta

import pytest

from core.domain.settings import STRATEGIES
from core.routing.simulation import MadeUpAccount, MadeUpTurn, Trace, run
from tests.house.tree import ROOT
from tests.sim.decision_cost import THREADS, decision, world
from tests.sim.table import lines, row
from tests.sim.traffic import HELD_OUT, TUNING, Shape, draws, trace_of

HOUR = 3600.0
ONE = MadeUpAccount(plan="plus", session=100, week=300)
SMALL = Shape(name="small", seed=7, plans=("plus",) * 3, days=7, load=0.8, threads_a_day=6)


def turns(*each: tuple[float, str, int]) -> tuple[MadeUpTurn, ...]:
    return tuple(MadeUpTurn(at_s=at, thread=thread, tokens=tokens) for at, thread, tokens in each)


def score(trace: Trace, strategy: str = "sticky") -> tuple[float, float]:
    found = run(trace, strategy, draws=[0.5])
    return found.served, found.moves


def test_a_full_session_serves_nothing_until_five_hours_after_its_first_use() -> None:
    trace = Trace(
        accounts=(ONE,),
        turns=turns((0, "a", 100), (4.9 * HOUR, "a", 1), (5.1 * HOUR, "a", 1)),
    )
    assert score(trace) == (2 / 3, 0)


def test_a_full_week_outlasts_its_sessions() -> None:
    day = 24 * HOUR
    trace = Trace(
        accounts=(ONE,),
        turns=turns(
            *[(n * day, "a", 100) for n in range(3)], (3.5 * day, "a", 1), (7.1 * day, "a", 1)
        ),
    )
    assert score(trace) == (4 / 5, 0)


def test_a_thread_moves_when_its_account_is_full() -> None:
    trace = Trace(accounts=(ONE, ONE), turns=turns((0, "a", 100), (60, "a", 1)))
    assert score(trace) == (1, 100)


def test_what_was_left_of_a_week_is_counted_at_its_reset() -> None:
    week = timedelta(days=7).total_seconds()
    trace = Trace(accounts=(ONE,), turns=turns((0, "a", 75), (week + 1, "a", 1)))
    assert run(trace, "sticky", draws=[0.5]).unused == 0.75


def test_fairness_is_one_when_all_are_used_alike_and_less_when_one_works_alone() -> None:
    both = Trace(accounts=(ONE, ONE), turns=turns((0, "a", 10), (1, "b", 10)))
    assert run(both, "round-robin", draws=[0.5]).fairness == 1.0
    assert run(both, "sticky", draws=[0.5]).fairness == 0.5


def test_a_shape_is_always_the_same_work() -> None:
    assert trace_of(SMALL) == trace_of(SMALL)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_scores_the_same_on_the_same_work(strategy: str) -> None:
    trace = trace_of(SMALL)
    first = run(trace, strategy, draws=draws(SMALL.seed))
    assert first == run(trace, strategy, draws=draws(SMALL.seed))
    assert 0.9 <= first.served <= 1


def test_tuning_and_held_out_work_share_no_seed() -> None:
    assert not {shape.seed for shape in TUNING} & {shape.seed for shape in HELD_OUT}


def test_the_table_has_a_row_for_each_strategy() -> None:
    assert len(lines((SMALL,))) == 2 + len(STRATEGIES) - 1


@pytest.mark.timeout(60)  # months of work
@pytest.mark.parametrize("strategy", ["balanced", "round-robin"])
def test_the_page_says_what_the_simulator_computes(strategy: str) -> None:
    page = (ROOT / "docs" / "reference" / "strategies.md").read_text(encoding="utf-8")
    shape = TUNING[0]
    score = run(trace_of(shape), strategy, draws=draws(shape.seed))
    assert row(shape, score) in page, "`python -m tests.sim.table [held-out]` makes the tables"


def test_what_a_decision_costs_is_measured_in_a_world_that_is_full() -> None:
    state, observed = world(50)
    assert (len(state.accounts), len(observed.owners)) == (50, THREADS)
    assert decision(5, "thread-77")() == decision(5, "thread-77")()
