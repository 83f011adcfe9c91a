"""check and quota: what is left, asked of the back end or as it is known."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.control.verbs.deep_check import DeepLook, deep_looks
from core.control.verbs.rotation import read_duration
from core.control.verbs.usage import plain
from core.domain.account import Account, AccountId
from core.domain.decision import AccountState
from core.domain.errors import ExitCode
from core.domain.observed import clear_blocks
from core.domain.quota import QuotaPoint
from core.domain.report import CreditsReport, WindowReport
from core.quota.usage_endpoint import (
    Answer,
    NoAnswer,
    NotTaken,
    OutOfService,
    Told,
    TurnedAway,
)
from core.routing.eligibility import shown_standing
from core.storage.quota_history import points_since
from core.words import quota as words

USUAL_HISTORY = "7d"
"""How far back a history goes where nobody says."""

_FLAGGED = frozenset(
    {
        AccountState.NEEDS_SIGN_IN,
        AccountState.UNVERIFIED,
        AccountState.OUT_OF_SERVICE,
        AccountState.FAILING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the back end said of one account; `answer` is a word for programs.

    `deep`: what the login may use; None where that was not asked for.
    """

    id: AccountId
    label: str
    answer: str
    text: str
    deep: DeepLook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The answer of `check`; `exit_code` 4: somebody must sign in again, 1: nobody could ask."""

    accounts: tuple[Checked, ...]
    messages: tuple[str, ...]
    exit_code: int


async def check(app: App, arguments: Arguments) -> Check:
    """Ask the usage endpoint about each account; nothing of any quota is spent.

    With `deep` also for what Codex asks before a prompt: the models, the workspace.
    """
    chosen = [account for account in _named(app, arguments) if account.enabled]
    if arguments.flag("flagged"):
        chosen = [account for account in chosen if _state(app, account) in _FLAGGED]
    answers = await _ask(app, chosen, arguments)
    if arguments.flag("restore"):
        for account_id, answer in answers.items():
            if isinstance(answer, Told):
                app.folder.store.learn(clear_blocks(account_id))
    deep: Mapping[AccountId, DeepLook] = {}
    if arguments.flag("deep"):
        deep = await deep_looks(app, chosen, arguments.text("passphrase"))
    checked = tuple(
        replace(_checked(app, account, answers.get(account.id)), deep=deep.get(account.id))
        for account in chosen
    )
    messages = () if checked else (app.speech.say("There is no account to ask about."),)
    code = _exit_code(answers)
    if code is ExitCode.DONE and not all(look.whole for look in deep.values()):
        code = ExitCode.FAILED
    return Check(accounts=checked, messages=messages, exit_code=int(code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Everything known of one account's limits; None = nobody has said."""

    id: AccountId
    number: int
    label: str
    plan: str
    windows: tuple[WindowReport, ...]
    credits: CreditsReport | None
    reset_credits: int | None
    asked: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaList:
    """The answer of `quota`.

    Attributes:
        at: now, so that ages can be told.
        accounts: what is left.
        history: what was left before, oldest first; empty unless it was asked for.
        csv: the history for a spreadsheet, where it was asked for.
    """

    at: datetime
    accounts: tuple[Limits, ...]
    history: tuple[QuotaPoint, ...]
    csv: str | None


async def quota(app: App, arguments: Arguments) -> QuotaList:
    """Each limit with its source and age; with `refresh` the back end is asked first."""
    chosen = _named(app, arguments)
    answers: Mapping[AccountId, Answer] = {}
    if arguments.flag("refresh"):
        answers = await _ask(app, [a for a in chosen if a.enabled], arguments)
    elif app.serving is not None:
        app.serving.monitor.looked()
    reports = {a.id: a for a in (await app.status(app.codex_home(None))).accounts}
    history = await _history(app, arguments, [account.id for account in chosen])
    labels = {account.id: account.label for account in chosen}
    return QuotaList(
        at=app.clock.now(),
        accounts=tuple(
            Limits(
                id=account.id,
                number=account.number,
                label=account.label,
                plan=reports[account.id].plan,
                windows=reports[account.id].windows,
                credits=reports[account.id].credits,
                reset_credits=reports[account.id].reset_credits,
                asked=_word(answers[account.id]) if account.id in answers else None,
                text=_text(app, answers[account.id]) if account.id in answers else "",
            )
            for account in chosen
        ),
        history=history,
        csv=_csv(history, labels) if arguments.flag("csv") else None,
    )


async def _history(
    app: App, arguments: Arguments, chosen: list[AccountId]
) -> tuple[QuotaPoint, ...]:
    span = arguments.text("history")
    if span is None:
        if not arguments.flag("csv"):
            return ()
        span = USUAL_HISTORY
    since = app.clock.now() - read_duration(span)
    points = await app.read_ledger(lambda file: points_since(file, since)) or ()
    return tuple(point for point in points if point.account in chosen)


def _csv(points: Iterable[QuotaPoint], labels: Mapping[AccountId, str]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("at", "label", "limit", "kind", "minutes", "remaining", "resets_at"))
    for point in points:
        resets = "" if point.resets_at is None else point.resets_at.isoformat()
        left = "" if point.remaining is None else f"{point.remaining:g}"
        table.writerow(
            (
                point.at.isoformat(), plain(labels[point.account]), plain(point.scope),
                point.kind.value, point.minutes, left, resets,
            )
        )  # fmt: skip
    return out.getvalue()


async def _ask(
    app: App, accounts: list[Account], arguments: Arguments
) -> Mapping[AccountId, Answer]:
    if not accounts:
        return {}
    ids = [account.id for account in accounts]
    return await app.ask_usage(ids, passphrase=arguments.text("passphrase"))


def _named(app: App, arguments: Arguments) -> list[Account]:
    typed = arguments.text("account")
    if typed is not None:
        return [find_account(app.state, typed)]
    return list(app.state.accounts.values())


def _state(app: App, account: Account) -> AccountState:
    return shown_standing(account, app.observed, now=app.clock.now()).state


def _checked(app: App, account: Account, answer: Answer | None) -> Checked:
    if answer is None:
        text = app.speech.say("Not asked: the endpoint wants to be left alone for a while.")
        return Checked(id=account.id, label=account.label, answer="not_asked", text=text)
    return Checked(
        id=account.id, label=account.label, answer=_word(answer), text=_text(app, answer)
    )


def _word(answer: Answer) -> str:
    match answer:
        case Told():
            return "taken"
        case NotTaken():
            return "sign_in_needed"
        case OutOfService():
            return "out_of_service"
        case TurnedAway():
            return "turned_away"
        case NoAnswer():
            return "no_answer"
        case _:
            assert_never(answer)


def _text(app: App, answer: Answer) -> str:
    match answer:
        case Told(quota=found):
            return words.taken(found, app.clock.now(), app.speech)
        case NotTaken():
            return app.speech.say("Its sign-in is not taken any more; sign in again.")
        case OutOfService():
            return app.speech.say("The back end says that its workspace is out of service.")
        case TurnedAway(challenged=True):
            return app.speech.say(
                "The network in front of the back end turned the question away; "
                "check VPN and proxy settings."
            )
        case TurnedAway():
            return app.speech.say("The back end was asked too often; it is asked again later.")
        case NoAnswer(detail=detail):
            return app.speech.say("The back end could not be asked ({detail}).", detail=detail)
        case _:
            assert_never(answer)


def _exit_code(answers: Mapping[AccountId, Answer]) -> ExitCode:
    if any(isinstance(answer, NotTaken) for answer in answers.values()):
        return ExitCode.SIGN_IN_NEEDED
    if answers and not any(isinstance(answer, Told) for answer in answers.values()):
        return ExitCode.FAILED
    return ExitCode.DONE
