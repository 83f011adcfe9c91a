"""Prints what each strategy makes of the made-up months: `python -m tests.sim.table [held-out]`."""

import sys

from core.domain.settings import STRATEGIES
from core.routing.simulation import Score, run
from tests.sim.traffic import HELD_OUT, TUNING, Shape, draws, trace_of


def scores(shape: Shape) -> list[Score]:
    """Every strategy's score, but for the second name of one."""
    trace = trace_of(shape)
    return [
        run(trace, strategy, draws=draws(shape.seed))
        for strategy in STRATEGIES
        if strategy != "hybrid"
    ]


def lines(shapes: tuple[Shape, ...]) -> list[str]:
    """The table, in Markdown."""
    out = [
        "| pool | strategy | served at once | left unused | moves per 100 threads | fairness |",
        "|---|---|---|---|---|---|",
    ]
    for shape in shapes:
        out += [row(shape, score) for score in scores(shape)]
    return out


def row(shape: Shape, score: Score) -> str:
    """One strategy's line of the table."""
    return (
        f"| {shape.name} | {score.strategy} | {score.served:.2%} | {score.unused:.1%} |"
        f" {score.moves:.1f} | {score.fairness:.3f} |"
    )


if __name__ == "__main__":
    chosen = HELD_OUT if "held-out" in sys.argv[1:] else TUNING
    sys.stdout.write("\n".join(lines(chosen)) + "\n")
