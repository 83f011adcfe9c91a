"""How fast the proxy is, beside nginx and beside going direct, all interleaved in one run.

    python -m tests.bench.proxy [--rounds N] [--short] [--with NAME,…] [--write]

Absolute times on a shared machine mean nothing: every figure is the median of the rounds, and
what counts is its ratio to nginx's. `--write` puts the table into docs/performance.md.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import load, setups, sockets
from tests.bench.load import Target
from tests.bench.measured import at, cpu_s, resident_mb
from tests.bench.report import Figure, Figures, table, write
from tests.bench.setups import Setup
from tests.fakes.connect_proxy import Authority

MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Size:
    """How long each scenario runs."""

    seconds: float
    events: int
    many: int
    body: int


FULL = Size(seconds=3.0, events=150, many=1000, body=8 * MB)
SHORT = Size(seconds=1.0, events=50, many=200, body=1 * MB)


def main() -> None:
    """Run it and print the table."""
    arguments = _arguments()
    _allow_many_files()
    size = SHORT if arguments.short else FULL
    load_before = os.getloadavg()[0]
    figures: Figures = defaultdict(list)
    with _everything([name for name in arguments.compared.split(",") if name]) as (
        direct,
        compared,
    ):
        for number in range(arguments.rounds):
            for setup in compared:
                print(f"round {number + 1}: {setup.target.name}", file=sys.stderr)
                _round(setup, direct, size, figures)
    names = [setup.target.name for setup in compared]
    print(table(figures, names))
    if arguments.write:
        write(figures, names, rounds=arguments.rounds, many=size.many, load_before=load_before)


def _round(setup: Setup, direct: Target, size: Size, figures: Figures) -> None:
    """Every scenario once."""
    name = setup.target.name

    def note(figure: Figure, value: float) -> None:
        figures[figure, name].append(value)

    if setup.pid is not None and setup.started_s:
        note(Figure.STARTED, setup.started_s)
    for clients, first, rate in (
        (1, Figure.FIRST_1, Figure.RATE_1),
        (16, Figure.FIRST_16, Figure.RATE_16),
        (64, Figure.FIRST_64, Figure.RATE_64),
        (256, Figure.FIRST_256, None),
    ):
        answers = _run(load.closed_loop(setup.target, clients=clients, seconds=size.seconds))
        note(first, at(answers.first_byte_s, 0.5))
        if rate is not None:
            note(rate, answers.per_second)
    used = cpu_s(setup.pid) if setup.pid is not None else 0.0
    delays = _run(load.streams(setup.target, clients=64, events=size.events, gap_ms=20))
    note(Figure.DELAY_64, at(delays, 0.5))
    note(Figure.DELAY_64_P99, at(delays, 0.99))
    if setup.pid is not None:
        note(Figure.CPU, (cpu_s(setup.pid) - used) / len(delays) * 10_000)
    delays = _run(load.streams(setup.target, clients=256, events=size.events // 2, gap_ms=50))
    note(Figure.DELAY_256, at(delays, 0.5))
    note(Figure.DELAY_256_P99, at(delays, 0.99))
    if setup.sockets is not None:
        delays = _run(sockets.streams(setup.sockets, clients=64, events=size.events, gap_ms=20))
        note(Figure.DELAY_SOCKETS, at(delays, 0.5))
        note(Figure.DELAY_SOCKETS_P99, at(delays, 0.99))
    _many_streams(setup, size, note)
    if setup.pid is not None:
        _memory_and_faults(setup, direct, size, note)


def _run[T](work: Coroutine[None, None, T]) -> T:
    """Run one scenario; our own collector must not show in the figures."""
    gc.collect()
    gc.disable()
    try:
        return asyncio.run(work)
    finally:
        gc.enable()


def _many_streams(setup: Setup, size: Size, note: Callable[[Figure, float], None]) -> None:
    idle = resident_mb(setup.pid) if setup.pid is not None else 0.0

    async def midway() -> None:
        if setup.pid is not None:
            note(Figure.MEMORY_MANY, resident_mb(setup.pid) - idle)

    events = size.events // 5
    work = load.streams(setup.target, clients=size.many, events=events, gap_ms=200, midway=midway)
    delays = _run(work)
    note(Figure.DELAY_MANY, at(delays, 0.5))
    note(Figure.DELAY_MANY_P99, at(delays, 0.99))


def _memory_and_faults(
    setup: Setup,
    direct: Target,
    size: Size,
    note: Callable[[Figure, float], None],
) -> None:
    pid = setup.pid
    assert pid is not None
    idle = resident_mb(pid)
    note(Figure.MEMORY_IDLE, idle)
    seen = [idle]
    watch: Callable[[], None] = lambda: seen.append(resident_mb(pid))  # noqa: E731
    _run(load.slow_reader(setup.target, size=50 * MB, watch=watch))
    note(Figure.MEMORY_SLOW, max(seen) - idle)
    seen[:] = [resident_mb(pid)]
    _run(load.bodies(setup.target, clients=64, size=size.body, watch=watch))
    note(Figure.MEMORY_BODIES, max(seen) - seen[0])
    left = _run(load.leave(setup.target, direct))
    note(Figure.LEFT, left)
    if setup.fails_over:
        added = _run(load.failover(setup.target, f"limit {setups.LIMITED}"))
        note(Figure.FAILOVER, added)


@contextlib.contextmanager
def _everything(names: list[str]) -> Iterator[tuple[Target, list[Setup]]]:
    """All that is compared, running: direct and nginx always, the others by name."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = Authority.create(folder)
        direct = stack.enter_context(setups.back_end(folder, authority))
        compared = [Setup(target=direct, pid=None)]
        compared.append(stack.enter_context(setups.nginx(folder, authority, direct)))
        compared += [
            stack.enter_context(setups.named(name, folder, authority, direct)) for name in names
        ]
        yield direct, compared


def _allow_many_files() -> None:
    """A thousand streams are two thousand sockets; the processes started here inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.proxy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="a look, not a measurement")
    parser.add_argument(
        "--with",
        dest="compared",
        default="node,serve,asyncio,uvloop,window,window-busy",
        help="besides direct and nginx; a loop's name is the carrier alone on it",
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
