"""budget: how much accounts, pools, clients and projects may use, and what they have used."""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import datetime

from core.accounts.find import find_account
from core.app import App
from core.budgeting import charge_of
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.budgets import (
    Budget,
    BudgetNumber,
    Measure,
    Period,
    Subject,
    next_number,
    the_same,
)
from core.domain.errors import CoreError, ExitCode
from core.domain.rules import PoolId
from core.domain.ruling import find_pool
from core.domain.sentence import Sentence
from core.domain.state import drop_budget, put_budget
from core.routing.budgets import Tally, amount, current, is_used_up, reserved
from core.runtime.projects import find_project
from core.storage.budget_sums import summed
from core.storage.prices_file import read_prices
from core.words import budgets as words

MOST_BUDGETS = 500
LONGEST_CLIENT = 200
_MOST = 10**15
_AMOUNT = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kKmMgG]?)")
_TIMES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBudget:
    """A budget and what is used of it.

    Attributes:
        number: what people type.
        subject: `account`, `pool`, `client` or `project`.
        key: which, as it is stored.
        label: which, as people call it.
        measure: `requests`, `tokens` or `cost` (US dollars, an estimate).
        period: `hour`, `day`, `week` or `month`.
        limit: so much may be used.
        used: by requests that have ended.
        reserved: for requests that are under way.
        unpriced: requests without a known price; they count as nothing in a cost.
        used_up: it lets nothing through.
        until: when the next period begins.
        text: the same, in a sentence.
    """

    number: int
    subject: Subject
    key: str
    label: str
    measure: Measure
    period: Period
    limit: float
    used: float
    reserved: float
    unpriced: int
    used_up: bool
    until: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """The answer of `budget`: every budget, and what was done in sentences."""

    action: str
    budgets: tuple[ShownBudget, ...]
    messages: tuple[str, ...]


async def budget(app: App, arguments: Arguments) -> Budgets:
    """List budgets, set one, or remove one.

    Raises:
        CoreError: exit code usage: what was typed does not fit; nothing was changed.
    """
    action = arguments.text("action") or "list"
    messages: tuple[str, ...] = ()
    match action:
        case "set":
            messages = (await _set(app, arguments),)
        case "remove":
            messages = (await _remove(app, arguments.text("number")),)
        case _:
            pass
    budgets = await _listed(app)
    if not budgets and not messages:
        messages = (app.speech.say("There is no budget. `turntable budget set` makes one."),)
    return Budgets(action=action, budgets=budgets, messages=messages)


async def _set(app: App, arguments: Arguments) -> str:
    subject, key = await _about(app, arguments)
    measure, limit = _limit(arguments)
    period = arguments.text("per")
    if period is None:
        raise _usage(Sentence("budget set needs --per hour, day, week or month."))
    known = app.state.budgets
    wanted = Budget(
        number=next_number(known),
        subject=subject,
        key=key,
        measure=measure,
        period=Period(period),
        limit=limit,
    )
    same = the_same(known, wanted)
    if same is not None:
        wanted = replace(wanted, number=same.number)
    elif len(known) >= MOST_BUDGETS:
        raise CoreError(
            "too_many_budgets",
            Sentence("There are {most} budgets; no more fit.", most=MOST_BUDGETS),
        )
    await app.folder.store.change(put_budget(wanted))
    if app.serving is not None:
        await app.serving.budgeting.sum_up()
    shown = await _listed(app)
    text = next(one.text for one in shown if one.number == wanted.number)
    return app.speech.say("Budget {n}: {text}.", n=wanted.number, text=text)


async def _about(app: App, arguments: Arguments) -> tuple[Subject, str]:
    named = [s for s in Subject if arguments.text(s.value) is not None]
    if len(named) != 1:
        raise _usage(
            Sentence("budget set needs exactly one of --account, --pool, --client and --project.")
        )
    (subject,) = named
    typed = arguments.required(subject.value)
    match subject:
        case Subject.ACCOUNT:
            return subject, find_account(app.state, typed).id
        case Subject.POOL:
            return subject, find_pool(app.state, typed).id
        case Subject.CLIENT:
            if not 0 < len(typed) <= LONGEST_CLIENT:
                raise _usage(Sentence("A client has a name."))
            return subject, typed
        case Subject.PROJECT:
            return subject, await _project(typed)


async def _project(typed: str) -> str:
    project = await asyncio.to_thread(find_project, typed)
    if project is None:
        message = Sentence("{typed} is no folder that a budget can name.", typed=typed)
        raise CoreError("bad_folder", message, "Give its whole path.", exit_code=ExitCode.USAGE)
    return project.rstrip("/") or "/"


def _limit(arguments: Arguments) -> tuple[Measure, float]:
    named = [m for m in Measure if arguments.text(m.value) is not None]
    if len(named) != 1:
        raise _usage(Sentence("budget set needs exactly one of --requests, --tokens and --cost."))
    (measure,) = named
    typed = arguments.required(measure.value).strip().removeprefix("$")
    found = _AMOUNT.fullmatch(typed)
    limit = float(found[1]) * _TIMES[found[2].lower()] if found is not None else 0.0
    whole = measure is Measure.COST or limit == int(limit)
    if not (0 < limit <= _MOST and whole):
        message = Sentence(
            "“{typed}” is no limit: a whole number, 500k, 2.5M, or US dollars for --cost.",
            typed=typed,
        )
        raise _usage(message)
    return measure, limit


async def _remove(app: App, typed: str | None) -> str:
    number = (typed or "").removeprefix("#")
    known = {str(one): one for one in app.state.budgets}
    if number not in known:
        message = (
            Sentence("There is no budget {typed}.", typed=typed)
            if typed
            else "budget remove needs its number."
        )
        hint = "`turntable budget` lists them."
        raise CoreError("no_such_budget", message, hint, exit_code=ExitCode.USAGE)
    await app.folder.store.change(drop_budget(known[number]))
    if app.serving is not None:
        await app.serving.budgeting.sum_up()
    return app.speech.say("Budget {n} is removed.", n=number)


async def _listed(app: App) -> tuple[ShownBudget, ...]:
    budgets = [one for _, one in sorted(app.state.budgets.items())]
    tallies = await _tallies(app, budgets)
    return tuple(_shown(app, one, tallies[one.number]) for one in budgets)


async def _tallies(app: App, budgets: list[Budget]) -> dict[BudgetNumber, Tally]:
    """The running sums of who serves; without one the ledger is summed up."""
    if app.serving is not None:
        return {one.number: app.serving.budgeting.tally(one) for one in budgets}
    now = app.clock.now()
    fresh = {one.number: current(None, one, now, app.speech.zone) for one in budgets}
    wanted = [(one, fresh[one.number].start, fresh[one.number].end) for one in budgets]
    found = await app.read_ledger(lambda file: summed(file, wanted)) if wanted else None
    if found is None:
        return fresh
    prices = await asyncio.to_thread(read_prices)
    return {
        one.number: replace(fresh[one.number], used=charge_of(sums, prices))
        for one, sums in zip(budgets, found.sums, strict=True)
    }


def _shown(app: App, one: Budget, tally: Tally) -> ShownBudget:
    label, used = _label(app, one), amount(tally.used, one.measure)
    over = is_used_up(one, tally)
    parts = {
        "about": words.about(one, label, app.speech),
        "used": words.used(one, used, app.speech),
        "period": words.period(one, app.speech),
        "time": app.speech.clock(tally.end, app.clock.now()),
    }
    if over:
        text = app.speech.say("{about}: {used} {period}; nothing more until {time}", **parts)
    else:
        text = app.speech.say("{about}: {used} {period}; it starts over {time}", **parts)
    return ShownBudget(
        number=one.number,
        subject=one.subject,
        key=one.key,
        label=label,
        measure=one.measure,
        period=one.period,
        limit=one.limit,
        used=used,
        reserved=reserved(one, tally),
        unpriced=tally.used.unpriced,
        used_up=over,
        until=tally.end,
        text=text,
    )


def _label(app: App, one: Budget) -> str:
    """What people call it; the id of an account or a pool that has gone."""
    account = app.state.accounts.get(AccountId(one.key))
    if one.subject is Subject.ACCOUNT and account is not None:
        return account.label
    pool = app.state.pools.get(PoolId(one.key))
    return pool.name if one.subject is Subject.POOL and pool is not None else one.key


def _usage(message: str) -> CoreError:
    hint = "`turntable budget --help` says more."
    return CoreError(
        "usage",
        Sentence("{message} Nothing was changed.", message=Sentence(message)),
        hint,
        exit_code=ExitCode.USAGE,
    )
