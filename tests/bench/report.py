"""The figures as a table: medians, ratios to nginx, and what PERFORMANCE asks of them."""

import os
from dataclasses import dataclass
from enum import Enum

from tests.bench import pages
from tests.bench.measured import interpreter, middle


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How a figure is shown, and what is asked of it.

    Attributes:
        text: what it is called.
        scale: from the measured unit to the shown one.
        unit: the shown one.
        floor: the worst ratio to nginx that is no defect; None = it is judged by itself.
        less: is less better, or more?
    """

    text: str
    scale: float
    unit: str
    floor: float | None = None
    less: bool = True


class Figure(Enum):
    """What is measured."""

    FIRST_1 = Unit(text="first byte p50, 1 client", scale=1e6, unit="µs", floor=3)
    FIRST_16 = Unit(text="first byte p50, 16 clients", scale=1e6, unit="µs", floor=3)
    FIRST_64 = Unit(text="first byte p50, 64 clients", scale=1e6, unit="µs")
    FIRST_256 = Unit(text="first byte p50, 256 clients", scale=1e6, unit="µs")
    RATE_1 = Unit(text="short requests, 1 client", scale=1, unit="/s", less=False)
    RATE_16 = Unit(text="short requests, 16 clients", scale=1, unit="/s", less=False)
    RATE_64 = Unit(text="short requests, 64 clients", scale=1, unit="/s", floor=0.4, less=False)
    DELAY_64 = Unit(text="event delay p50, 64 streams", scale=1e6, unit="µs", floor=2.5)
    DELAY_64_P99 = Unit(text="event delay p99, 64 streams", scale=1e6, unit="µs")
    DELAY_256 = Unit(text="event delay p50, 256 streams", scale=1e6, unit="µs")
    DELAY_256_P99 = Unit(text="event delay p99, 256 streams", scale=1e6, unit="µs")
    DELAY_SOCKETS = Unit(text="event delay p50, 64 WebSockets", scale=1e6, unit="µs")
    DELAY_SOCKETS_P99 = Unit(text="event delay p99, 64 WebSockets", scale=1e6, unit="µs")
    DELAY_MANY = Unit(text="event delay p50, many streams", scale=1e6, unit="µs")
    DELAY_MANY_P99 = Unit(text="event delay p99, many streams", scale=1e6, unit="µs", floor=3)
    CPU = Unit(text="CPU for 10,000 events, 64 streams", scale=1, unit="s", floor=3)
    STARTED = Unit(text="start → listening", scale=1, unit="s")
    MEMORY_IDLE = Unit(text="resident, after the load", scale=1, unit="MB")
    MEMORY_MANY = Unit(text="resident, many streams: more", scale=1, unit="MB")
    MEMORY_SLOW = Unit(text="resident, 50 MB to a slow reader: more", scale=1, unit="MB")
    MEMORY_BODIES = Unit(text="resident, 64 bodies at once: more", scale=1, unit="MB")
    LEFT = Unit(text="client gone → back end told", scale=1e3, unit="ms")
    FAILOVER = Unit(text="failover after a 429: added to the first byte", scale=1e3, unit="ms")


type Figures = dict[tuple[Figure, str], list[float]]


def table(figures: Figures, names: list[str]) -> str:
    """Markdown: a row for each figure; behind each value its ratio to nginx's (or `serve`'s)."""
    lines = ["| | " + " | ".join(names) + " | floor |", "|---" * (len(names) + 2) + "|"]
    for figure in Figure:
        unit = figure.value
        cells = [_cell(figures, figure, name) for name in names]
        floor = ""
        if unit.floor is not None:
            floor = f"{'≤' if unit.less else '≥'} {unit.floor:g} × nginx"
        lines.append(f"| {unit.text} ({unit.unit}) | {' | '.join(cells)} | {floor} |")
    return "\n".join(lines) + "\n"


def _cell(figures: Figures, figure: Figure, name: str) -> str:
    samples = figures.get((figure, name))
    if not samples:
        return "–"
    value = middle(samples) * figure.value.scale
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
    # What the tray adds is asked of it beside `serve`; that stands beside nginx in its own column.
    beside = "turntable serve" if name.startswith("tray") else "nginx"
    other = figures.get((figure, beside))
    if name in ("nginx", "direct") or not other:
        return shown
    # Pairs of one round, then the median of their ratios: the machine drifts between rounds.
    ratios = [a / b for a, b in zip(samples, other, strict=False) if b > 0]
    of_serve = " serve" if beside != "nginx" else ""
    return f"{shown} (× {middle(ratios):.2f}{of_serve})" if ratios else shown


def write(
    figures: Figures, names: list[str], *, rounds: int, many: int, load_before: float
) -> None:
    """Put the table between its marks in docs/performance.md.

    `load_before`: how many processes wanted a core when the run began; a quiet machine says 0.
    """
    said = (
        f"Median of {rounds} interleaved rounds; “many” is {many:,} streams; "
        f"load before the run {load_before:.1f} on {os.cpu_count()} cores; {interpreter()}.\n\n"
    )
    pages.put(pages.PERFORMANCE, "figures", said + table(figures, names))
