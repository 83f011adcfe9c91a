"""What a chart shows, as numbers and words: drawn by a library, read by tests.

Along the bottom stands time, in seconds since 1970. A chart is never the only place of a fact: the
table below it says the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.words.speech import Speech

LOOKS = 6
"""Lines and piles that are told apart in one chart; a seventh would look like the first."""

_STEPS = (
    timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(hours=6),
    timedelta(hours=12), timedelta(days=1), timedelta(days=2), timedelta(days=7),
    timedelta(days=14), timedelta(days=28),
)  # fmt: skip
_FEW, _MANY = 4, 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place at an axis, and what stands there."""

    at: float
    text: str


type Ticks = tuple[tuple[Tick, ...], ...]
"""The coarse ones, then those between them that are shown where there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        name: in the legend.
        look: which colour and which dashes, from 0.
        points: time and value; a value of None breaks the line: nobody knows.
        marks: where a limit was full again.
    """

    name: str
    look: int
    points: tuple[tuple[float, float | None], ...]
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Per cent over time.

    Attributes:
        lines: in the order of the legend.
        band: time, least and most; empty where there is none.
        start: the left edge.
        end: the right edge.
        ticks: along the bottom.
        levels: along the side.
    """

    lines: tuple[Line, ...]
    start: float
    end: float
    ticks: Ticks
    levels: tuple[Tick, ...]
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """One part of every column."""

    name: str
    look: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PileChart:
    """A column a day, made of parts that stand on each other.

    Attributes:
        piles: the lowest first.
        top: the upper edge.
        ticks: along the bottom; the columns stand at 0, 1, 2 …
        levels: along the side.
    """

    piles: tuple[Pile, ...]
    top: float
    ticks: Ticks
    levels: tuple[Tick, ...]


def time_ticks(start: datetime, end: datetime, *, speech: Speech) -> Ticks:
    """Whole hours or days of the person's clock, few enough to be read."""
    coarse = _ticks(start, end, _FEW, speech)
    fine = _ticks(start, end, _MANY, speech)
    known = {tick.at for tick in coarse}
    return coarse, tuple(tick for tick in fine if tick.at not in known)


def _ticks(start: datetime, end: datetime, most: int, speech: Speech) -> tuple[Tick, ...]:
    step = next((s for s in _STEPS if (end - start) / s <= most), (end - start) / most)
    local = start.astimezone(speech.zone)
    # A sum within one zone moves the hands of its clock: a day is a day where clocks change, too.
    at = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while at <= end:
        if at >= start:
            text = f"{at:%H:%M}" if step < _DAY and (at.hour or at.minute) else speech.day(at, end)
            found.append(Tick(at=at.timestamp(), text=text))
        at += step
    return tuple(found)


def per_cents(speech: Speech) -> tuple[Tick, ...]:
    """Nothing, half and all of a limit."""
    return tuple(Tick(at=n, text=speech.say("{whole} %", whole=n)) for n in (0, 50, 100))


def levels(most: float, *, speech: Speech) -> tuple[float, tuple[Tick, ...]]:
    """The upper edge of a count, and round numbers up to it."""
    step = 1.0
    while step * 4 < most:
        step *= 2.5 if str(int(step)).startswith("2") else 2
    count = max(1, int(-(-most // step)))
    ticks = tuple(
        Tick(at=n * step, text=compact(n * step, speech=speech)) for n in range(count + 1)
    )
    return count * step, ticks


def compact(number: float, *, speech: Speech) -> str:
    """`1.5 M`, `250 k`, `12`: short enough for an axis."""
    if number >= 999_950:
        return speech.say("{number} M", number=_three_digits(number / 1e6, speech))
    if number >= 1_000:
        return speech.say("{number} k", number=_three_digits(number / 1e3, speech))
    return f"{number:.0f}"


def _three_digits(number: float, speech: Speech) -> str:
    places = len(f"{number:.3g}".partition(".")[2])
    return speech.number(number, places=places)
