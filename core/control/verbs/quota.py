"""quota: what is left, asked of the back end or as it is known."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.rotation import read_duration
from core.control.verbs.usage import plain
from core.control.verbs.usage_answers import ask_usage, named_accounts, sentence_of, word_of
from core.domain.account import AccountId
from core.domain.quota import QuotaPoint
from core.domain.report import CreditsReport, WindowReport
from core.quota.usage_endpoint import Answer
from core.storage.quota_history import points_since

USUAL_HISTORY = "7d"
"""How far back a history goes where nobody says."""


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
    chosen = named_accounts(app, arguments)
    answers: Mapping[AccountId, Answer] = {}
    if arguments.flag("refresh"):
        answers = await ask_usage(app, [a for a in chosen if a.enabled], arguments)
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
                asked=word_of(answers[account.id]) if account.id in answers else None,
                text=sentence_of(app, answers[account.id]) if account.id in answers else "",
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
