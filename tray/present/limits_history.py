"""What was left of each account's limits over time, as a chart and as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.quota import EVERYTHING
from core.words import quota as words
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.charts import LOOKS, Line, LineChart, per_cents, time_ticks
from tray.present.names import shown_name
from tray.present.rows import Row, row

_LEAST_SPAN = timedelta(hours=1)
MOST_ROWS = 500
"""Rows of the table; the file that is saved holds all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was left.

    Attributes:
        chart: the accounts that changed most, at most `LOOKS` of them; None = nothing is known.
        windows: the lengths of limits that there are, with their names, the longest first.
        window: the one that is shown.
        rows: every change of it, newest first.
        left_out: how many accounts the chart has no room for.
    """

    chart: LineChart | None
    windows: tuple[tuple[int, str], ...]
    window: int
    rows: tuple[Row, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    account: str
    at: datetime
    left: float | None
    resets: datetime | None


def headers(speech: Speech) -> tuple[str, ...]:
    """What stands above the columns of the table."""
    return (
        speech.say("Time"),
        speech.say("Account"),
        speech.say("Left"),
        speech.say("Resets"),
    )


def history(
    answer: Answer, *, window: int | None, span: timedelta, now: datetime, speech: Speech
) -> History:
    """The history of one limit (by its length in minutes; None = the longest) of all accounts."""
    lengths = _lengths(answer, speech)
    chosen = window if window in dict(lengths) else lengths[0][0] if lengths else 0
    points = [p for p in _points(answer, chosen) if p.at > now - span]
    names = {part.text("id"): shown_name(part.text("label")) for part in answer.parts("accounts")}
    by_account: dict[str, list[_Point]] = {id_: [] for id_ in names}
    for point in points:
        by_account.setdefault(point.account, []).append(point)
    busiest = sorted((id_ for id_ in names if by_account[id_]), key=lambda i: -len(by_account[i]))
    drawn = [id_ for id_ in names if id_ in busiest[:LOOKS]]
    lines = tuple(
        _line(names[id_], look, by_account[id_], now=now) for look, id_ in enumerate(drawn)
    )
    # Of somebody who began this morning a week is shown from this morning on.
    first = min((point.at for point in points), default=now)
    start, end = max(now - span, min(first, now - _LEAST_SPAN)), now
    return History(
        chart=LineChart(
            lines=lines,
            start=start.timestamp(),
            end=end.timestamp(),
            ticks=time_ticks(start, end, speech=speech),
            levels=per_cents(speech),
        )
        if lines
        else None,
        windows=lengths,
        window=chosen,
        rows=tuple(_rows(points, names, now=now, speech=speech)),
        left_out=len(busiest) - len(drawn),
    )


def _lengths(answer: Answer, speech: Speech) -> tuple[tuple[int, str], ...]:
    found = {
        int(part.number("minutes") or 0): part.text("kind")
        for part in answer.parts("history")
        if part.text("scope") == EVERYTHING and part.text("kind") != "spend"
    }
    return tuple(
        (minutes, words.window_name(found[minutes], minutes, speech))
        for minutes in sorted(found, reverse=True)
    )


def _points(answer: Answer, minutes: int) -> Iterable[_Point]:
    for part in answer.parts("history"):
        at = part.moment("at")
        if at is None or part.text("scope") != EVERYTHING or part.number("minutes") != minutes:
            continue
        yield _Point(
            account=part.text("account"),
            at=at,
            left=part.number("remaining"),
            resets=part.moment("resets_at"),
        )


def _line(name: str, look: int, points: Sequence[_Point], *, now: datetime) -> Line:
    """A number holds until the next is said, or until its reset: then nobody knows."""
    drawn: list[tuple[float, float | None]] = []
    marks: list[tuple[float, float]] = []
    for point, following in zip(points, (*points[1:], None), strict=True):
        until = now if following is None else following.at
        drawn.append((point.at.timestamp(), point.left))
        ends = point.resets
        if ends is not None and point.at < ends <= until:
            drawn += [(ends.timestamp(), point.left), (ends.timestamp(), None)]
            marks.append((ends.timestamp(), 100.0))
        else:
            drawn.append((until.timestamp(), point.left))
    return Line(name=name, look=look, points=tuple(drawn), marks=tuple(marks))


def _rows(
    points: Sequence[_Point], names: dict[str, str], *, now: datetime, speech: Speech
) -> Iterable[Row]:
    newest = sorted(points, key=lambda p: p.at, reverse=True)
    told: set[tuple[str, ...]] = set()
    for point in newest:
        texts = (
            speech.stamp(point.at, now),
            names.get(point.account, "?"),
            speech.say("unknown") if point.left is None else words.percent(point.left, speech),
            "" if point.resets is None else speech.stamp(point.resets, now),
        )
        # What differs by less than is shown is one row.
        if texts not in told:
            yield row(f"{len(told)}", *texts)
            told.add(texts)
        if len(told) == MOST_ROWS:
            return
