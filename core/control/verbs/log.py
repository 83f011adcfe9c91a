"""log: the newest requests, who served them, and why."""

from dataclasses import dataclass
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.why import reason
from core.domain.account import AccountId
from core.domain.usage import RequestRecord, Tokens

USUAL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAttempt:
    """An account that was asked, and what came of it."""

    account: AccountId
    account_label: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request; `text` is its reason in sentences, without the verdict on each account."""

    id: str
    started_at: datetime
    kind: str
    thread: str | None
    model: str
    client: str
    account: AccountId | None
    account_label: str | None
    because: str
    text: str
    strategy: str
    attempts: tuple[LoggedAttempt, ...]
    result: str
    status: int | None
    first_byte_s: float | None
    total_s: float
    tokens: Tokens | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The newest requests, oldest first."""

    requests: tuple[Logged, ...]


async def log(app: App, arguments: Arguments) -> Log:
    """The newest requests, in the order in which they ended."""
    records = await app.requests(arguments.number("last") or USUAL)
    return Log(requests=tuple(logged(app, record) for record in reversed(records)))


def logged(app: App, record: RequestRecord) -> Logged:
    """A row of the ledger with the labels that accounts have now."""
    accounts = app.state.accounts

    def label(account: AccountId) -> str:
        return accounts[account].label if account in accounts else str(account)

    return Logged(
        id=record.id,
        started_at=record.started_at,
        kind=record.facts.kind.value,
        thread=record.facts.thread,
        model=record.facts.model,
        client=record.facts.client,
        account=record.account,
        account_label=None if record.account is None else label(record.account),
        because=record.because,
        text=reason(app, record),
        strategy=record.strategy,
        attempts=tuple(
            LoggedAttempt(account=a.account, account_label=label(a.account), outcome=a.outcome)
            for a in record.attempts
        ),
        result=record.result.value,
        status=record.status,
        first_byte_s=record.first_byte_s,
        total_s=record.total_s,
        tokens=record.tokens,
    )
