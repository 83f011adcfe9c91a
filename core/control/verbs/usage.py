"""usage: what went through, summed up, with an estimate of what it would have cost."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.rotation import read_duration
from core.domain.account import AccountId
from core.domain.prices import Price, cost_of
from core.domain.usage import UsageSum
from core.storage.prices_file import read_prices
from core.storage.usage_sums import usage_since

USUAL = "24h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One line: a key, its label, and the sums.

    `cost` is in US dollars, None where a price is unknown; `day` is None where days are not told
    apart.
    """

    key: str
    label: str
    day: str | None
    requests: int
    input: int
    cached_input: int
    output: int
    reasoning_output: int
    seconds: float
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The answer of `usage`: lines, and all of them together; `csv` where it was asked for."""

    since: datetime
    by: str
    lines: tuple[Used, ...]
    total: Used
    csv: str | None


async def usage(app: App, arguments: Arguments) -> Usage:
    """Sums of the turns since a time, by whole hours."""
    by = arguments.text("by") or "account"
    now = app.clock.now()
    since = now - read_duration(arguments.text("since") or USUAL)
    offset = now.astimezone(app.speech.zone).utcoffset() or timedelta(0)
    sums = await app.read_ledger(lambda file: usage_since(file, since, by=by, offset=offset)) or ()
    prices = read_prices()
    daily = arguments.flag("daily")
    groups: dict[tuple[str | None, str], list[UsageSum]] = {}
    for one in sums:
        day = (one.first_hour + offset).date().isoformat() if daily else None
        groups.setdefault((day, one.key), []).append(one)
    lines = tuple(
        _used(key, _label(app, by, key), day, found, prices)
        for (day, key), found in sorted(groups.items(), key=_day_first)
    )
    total = _used("", app.speech.say("together"), None, sums, prices)
    return Usage(
        since=since,
        by=by,
        lines=lines,
        total=total,
        csv=_csv(lines) if arguments.flag("csv") else None,
    )


def _day_first(group: tuple[tuple[str | None, str], object]) -> str:
    """Days in their order; within one the keys stay in theirs."""
    return group[0][0] or ""


def _used(
    key: str, label: str, day: str | None, sums: Iterable[UsageSum], prices: Sequence[Price]
) -> Used:
    used = Used(
        key=key,
        label=label,
        day=day,
        requests=0,
        input=0,
        cached_input=0,
        output=0,
        reasoning_output=0,
        seconds=0.0,
        cost=0.0,
    )
    for one in sums:
        cost = cost_of(one, prices)
        used = replace(
            used,
            requests=used.requests + one.requests,
            input=used.input + one.input,
            cached_input=used.cached_input + one.cached_input,
            output=used.output + one.output,
            reasoning_output=used.reasoning_output + one.reasoning_output,
            seconds=used.seconds + one.seconds,
            cost=None if cost is None or used.cost is None else used.cost + cost,
        )
    return used


def _label(app: App, by: str, key: str) -> str:
    if not key and by == "project":
        return app.speech.say("no known folder")
    if not key:
        return app.speech.say("nobody") if by == "account" else app.speech.say("unnamed")
    known = app.state.accounts.get(AccountId(key)) if by == "account" else None
    return key if known is None else known.label


def _csv(lines: Sequence[Used]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    names = ("label", "requests", "input", "cached_input", "output", "reasoning_output", "cost")
    daily = any(line.day is not None for line in lines)
    table.writerow([*(("day",) if daily else ()), *names])
    for line in lines:
        cost = "" if line.cost is None else f"{line.cost:.4f}"
        numbers = [getattr(line, name) for name in names[1:-1]]
        table.writerow([*((line.day,) if daily else ()), plain(line.label), *numbers, cost])
    return out.getvalue()


def plain(label: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{label}" if label.startswith(("=", "+", "-", "@")) else label
