"""Tokens per day by account or by model, as columns and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.charts import LOOKS, Pile, PileChart, Tick, compact, levels
from tray.present.names import shown_name
from tray.present.rows import Row, row

_FEW, _MANY = 5, 16
"""Days that have their names below the columns: always, and where there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What went through.

    Attributes:
        chart: a column a day; None = nothing went through.
        rows: a line for each day and name, newest first.
        total: all together, in a sentence.
    """

    chart: PileChart | None
    rows: tuple[Row, ...]
    total: str


def headers(by: str, speech: Speech) -> tuple[str, ...]:
    """What stands above the columns of the table."""
    return (
        speech.say("Day"),
        speech.say("Model") if by == "model" else speech.say("Account"),
        speech.say("Requests"),
        speech.say("Input"),
        speech.say("Cached"),
        speech.say("Output"),
        speech.say("At API prices"),
    )


def tokens(answer: Answer, *, days: int, now: datetime, speech: Speech) -> Tokens:
    """The answer of `usage --daily`, for the days up to today."""
    today = now.astimezone(speech.zone).date()
    shown = tuple(today - timedelta(days=back) for back in range(days - 1, -1, -1))
    lines = answer.parts("lines")
    return Tokens(
        chart=_chart(lines, shown, now=now, speech=speech) if lines else None,
        rows=tuple(_row(line, now=now, speech=speech) for line in reversed(lines)),
        total=_total(answer.part("total"), speech),
    )


def _chart(
    lines: Sequence[Answer], days: Sequence[date], *, now: datetime, speech: Speech
) -> PileChart:
    by_name: dict[str, dict[str, float]] = {}
    for line in lines:
        of_day = by_name.setdefault(shown_name(line.text("label")), {})
        of_day[line.text("day")] = of_day.get(line.text("day"), 0.0) + _spent(line)
    ordered = sorted(by_name, key=lambda name: -sum(by_name[name].values()))
    # The last look is for all that have none of their own.
    own = ordered if len(ordered) <= LOOKS else ordered[: LOOKS - 1]
    named = [(name, [by_name[name]]) for name in own]
    if len(own) < len(ordered):
        named.append((speech.say("others"), [by_name[name] for name in ordered[len(own) :]]))
    piles = tuple(
        Pile(
            name=name,
            look=look,
            values=tuple(sum(one.get(day.isoformat(), 0.0) for one in parts) for day in days),
        )
        for look, (name, parts) in enumerate(named)
    )
    most = max((sum(column) for column in zip(*(p.values for p in piles), strict=True)), default=0)
    top, side = levels(most, speech=speech)
    return PileChart(piles=piles, top=top, ticks=_ticks(days, now, speech), levels=side)


def _ticks(
    days: Sequence[date], now: datetime, speech: Speech
) -> tuple[tuple[Tick, ...], tuple[Tick, ...]]:
    few, many = (max(1, -(-len(days) // most)) for most in (_FEW, _MANY))
    named = {
        place: Tick(at=place, text=speech.day(now - timedelta(days=len(days) - 1 - place), now))
        for place in range(len(days))
    }
    last = len(days) - 1
    coarse = [place for place in named if (last - place) % few == 0]
    fine = [place for place in named if (last - place) % many == 0 and place not in coarse]
    return tuple(named[place] for place in coarse), tuple(named[place] for place in fine)


def _spent(line: Answer) -> float:
    return (line.number("input") or 0.0) + (line.number("output") or 0.0)


def _row(line: Answer, *, now: datetime, speech: Speech) -> Row:
    day, name = line.text("day"), shown_name(line.text("label"))
    numbers = (line.number(key) or 0.0 for key in ("requests", "input", "cached_input", "output"))
    return row(
        f"{day}.{line.text('key')}",
        _day(day, now, speech),
        name,
        *(speech.number(number) for number in numbers),
        _price(line, speech),
    )


def _day(day: str, now: datetime, speech: Speech) -> str:
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    return speech.day(datetime(known.year, known.month, known.day, 12, tzinfo=speech.zone), now)


def _price(line: Answer, speech: Speech) -> str:
    cost = line.number("cost")
    if cost is None:
        return speech.say("not known")
    return speech.say("${amount}", amount=speech.number(cost, places=2))


def _total(total: Answer, speech: Speech) -> str:
    return speech.say(
        "{requests} requests, {tokens} tokens; at API prices: {price}.",
        requests=speech.number(total.number("requests") or 0),
        tokens=compact(_spent(total), speech=speech),
        price=_price(total, speech),
    )
