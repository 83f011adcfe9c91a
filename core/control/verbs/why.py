"""why and simulate: a decision explained, from its record or before it is made."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.decision import Because, Decision, Use, Verdict
from core.domain.errors import CoreError, ExitCode
from core.domain.explained import Explained, ExplainedAttempt, ExplainedVerdict
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.rules import PoolId
from core.domain.sentence import Sentence
from core.domain.usage import RequestRecord
from core.routing.select import Chances, select
from core.runtime.projects import find_project
from core.storage.ledger import by_prefix
from core.words import rules as rule_words
from core.words import why as words

MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Explained requests, oldest first."""

    requests: tuple[Explained, ...]


async def why(app: App, arguments: Arguments) -> Why:
    """The reason of one request, or of the newest ones, as it was recorded when it was made."""
    named = arguments.text("request")
    if named is None:
        records = await app.requests(arguments.number("last") or 1)
    else:
        records = await _named(app, named)
    return Why(requests=tuple(_explained(app, record) for record in reversed(records)))


async def simulate(app: App, arguments: Arguments) -> Why:
    """What would be decided now about a request; nothing is sent, and nothing is remembered."""
    now = app.clock.now()
    facts = await _thought_of(app, arguments)
    decision = select(
        state=app.state,
        observed=app.observed,
        facts=facts,
        tried=frozenset(),
        chances=Chances(settings=app.settings.routing, now=now, draw=app.draw()),
    )
    return Why(requests=(_foreseen(app, facts, decision, now),))


async def _thought_of(app: App, arguments: Arguments) -> Facts:
    """The request as it is typed; a chat that is known is in its project unless a folder is."""
    thread, cwd, caller = (arguments.text(name) for name in ("thread", "cwd", "client"))
    owner = None if thread is None else app.observed.owners.get(ThreadId(thread))
    project = None if owner is None else owner.project
    if cwd is not None:
        project = await asyncio.to_thread(find_project, cwd)
    tool = next((one for one in app.state.clients.values() if one.label == caller), None)
    return Facts(
        kind=RequestKind.RESPONSES,
        thread=None if thread is None else ThreadId(thread),
        model=arguments.text("model") or "",
        client=caller or "",
        project=project,
        pool=None if tool is None else tool.pool,
    )


async def _named(app: App, prefix: str) -> tuple[RequestRecord, ...]:
    typed = prefix if prefix.startswith("req_") else f"req_{prefix}"
    found = await app.read_ledger(lambda file: by_prefix(file, typed, MOST_NAMED)) or ()
    if len(found) == 1:
        return found
    if found:
        names = ", ".join(record.id for record in found)
        message = Sentence("“{prefix}” fits several requests: {names}.", prefix=prefix, names=names)
        hint = "Type more of it."
    else:
        message = Sentence("No request is called “{prefix}”.", prefix=prefix)
        hint = "`turntable log` lists the newest; the record keeps `usage.keep_days` days."
    raise CoreError("no_request_named", message, hint, exit_code=ExitCode.USAGE)


def reason(app: App, record: RequestRecord) -> str:
    """Why a request went where it went, in sentences."""
    chosen = record.account or (record.attempts[-1].account if record.attempts else None)
    return " ".join(_sentences(app, record, chosen))


def _explained(app: App, record: RequestRecord) -> Explained:
    facts = record.facts
    return Explained(
        id=record.id,
        started_at=record.started_at,
        thread=facts.thread,
        model=facts.model,
        result=record.result.value,
        status=record.status,
        account=record.account,
        label="" if record.account is None else _label(app, record.account),
        because=record.because,
        text=reason(app, record),
        attempts=tuple(
            ExplainedAttempt(
                account=one.account,
                label=_label(app, one.account),
                outcome=one.outcome,
                text=words.attempt(
                    one.account, one.outcome, lambda who: _label(app, who), app.speech
                ),
            )
            for one in record.attempts
        ),
        verdicts=_verdicts(app, record.verdicts, record.started_at),
        project=facts.project,
        rule=record.rule,
        pool=_pool(app, record.pool),
    )


def _foreseen(app: App, facts: Facts, decision: Decision, now: datetime) -> Explained:
    used = decision if isinstance(decision, Use) else None
    account = None if used is None else used.account

    def label(who: AccountId) -> str:
        return _label(app, who)

    counted = rule_words.counted(decision.rule, _pool(app, decision.pool), app.speech)
    sentences = [counted] if counted else []
    sentences.append(words.foreseen(decision, label, now, app.speech))
    if used is not None and used.moved_from is not None:
        verdict = _of(decision.verdicts, used.moved_from)
        sentences.append(words.move(used.moved_from, verdict, label, app.speech))
    return Explained(
        id="",
        started_at=now,
        thread=facts.thread,
        model=facts.model,
        result="",
        status=None,
        account=account,
        label="" if account is None else _label(app, account),
        because=decision.reason.value,
        text=" ".join(sentences),
        attempts=(),
        verdicts=_verdicts(app, decision.verdicts, now),
        project=facts.project,
        rule=decision.rule,
        pool=_pool(app, decision.pool),
    )


def _sentences(app: App, record: RequestRecord, chosen: AccountId | None) -> Iterator[str]:
    """First who could not serve, then why the chosen one was chosen, then what went wrong."""

    def label(who: AccountId) -> str:
        return _label(app, who)

    moved_from, attempts = record.moved_from, record.attempts
    for one in attempts[:-1]:
        yield words.attempt(one.account, one.outcome, label, app.speech)
    if counted := rule_words.counted(record.rule, _pool(app, record.pool), app.speech):
        yield counted
    yield words.choice(record.because, record.strategy, chosen, label, app.speech)
    if record.account is None and (kept := _kept_to(record.verdicts)) is not None:
        yield words.kept_to(kept, label, app.speech)
    if moved_from is not None and moved_from not in {one.account for one in attempts}:
        yield words.move(moved_from, _of(record.verdicts, moved_from), label, app.speech)
    if attempts and attempts[-1].outcome != "served":
        yield words.attempt(attempts[-1].account, attempts[-1].outcome, label, app.speech)


def _verdicts(
    app: App, verdicts: tuple[Verdict, ...], at: datetime
) -> tuple[ExplainedVerdict, ...]:
    return tuple(
        ExplainedVerdict(
            account=verdict.account,
            label=_label(app, verdict.account),
            eligible=verdict.eligible,
            state=verdict.state.value,
            because=verdict.because.value,
            until=verdict.until,
            text=words.verdict_sentence(verdict, at, app.speech),
        )
        for verdict in verdicts
    )


def _kept_to(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    """The verdict on the one account that might have served, where the user kept to one."""
    might = [v for v in verdicts if v.because is not Because.NOT_THE_STAYED_ONE]
    alone = len(might) == 1 and len(verdicts) > 1 and not might[0].eligible
    return might[0] if alone else None


def _of(verdicts: tuple[Verdict, ...], account: AccountId) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.account == account), None)


def _pool(app: App, pool: PoolId | None) -> str | None:
    """What a pool is called; its id where it has gone."""
    if pool is None:
        return None
    known = app.state.pools.get(pool)
    return str(pool) if known is None else known.name


def _label(app: App, account: AccountId) -> str:
    known = app.state.accounts.get(account)
    return str(account) if known is None else known.label
