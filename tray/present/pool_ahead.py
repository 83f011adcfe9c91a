"""What all accounts together will have left, as a band and as a table."""

from dataclasses import dataclass
from datetime import datetime

from core.words.quota import percent
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.charts import Line, LineChart, per_cents, time_ticks
from tray.present.rows import Row, row

AHEAD = "7d"
_EVERY = 12
"""Steps between two rows of the table: half a day, where a step is an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What is to be expected.

    Attributes:
        verdict: the pool's, in a sentence.
        chart: the band from now on; None = too little is known.
        rows: the same every half day.
    """

    verdict: str
    chart: LineChart | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    at: datetime
    low: float
    likely: float
    high: float


def headers(speech: Speech) -> tuple[str, ...]:
    """What stands above the columns of the table."""
    return (
        speech.say("Time"),
        speech.say("Likely left"),
        speech.say("At the highest pace"),
        speech.say("At the lowest pace"),
    )


def ahead(answer: Answer, *, now: datetime, speech: Speech) -> Ahead:
    """The answer of `forecast --ahead`."""
    points = _points(answer)
    return Ahead(
        verdict=answer.part("verdict").text("text"),
        chart=_chart(points, speech) if points else None,
        rows=tuple(
            row(
                point.at.isoformat(),
                speech.clock(point.at, now),
                percent(point.likely, speech),
                percent(point.low, speech),
                percent(point.high, speech),
            )
            for point in points[::_EVERY]
        ),
    )


def _points(answer: Answer) -> tuple[_Point, ...]:
    found = []
    for part in answer.parts("ahead"):
        at, likely = part.moment("at"), part.number("likely")
        low, high = part.number("low"), part.number("high")
        if at is not None and low is not None and likely is not None and high is not None:
            found.append(_Point(at=at, low=low, likely=likely, high=high))
    return tuple(found)


def _chart(points: tuple[_Point, ...], speech: Speech) -> LineChart:
    start, end = points[0].at, points[-1].at
    line = Line(
        name=speech.say("likely"),
        look=0,
        points=tuple((p.at.timestamp(), p.likely) for p in points),
    )
    return LineChart(
        lines=(line,),
        band=tuple((p.at.timestamp(), p.low, p.high) for p in points),
        start=start.timestamp(),
        end=end.timestamp(),
        ticks=time_ticks(start, end, speech=speech),
        levels=per_cents(speech),
    )
