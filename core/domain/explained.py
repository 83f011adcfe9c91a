"""A decision explained: what every face shows of why an account serves, or why none does."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.account import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedVerdict:
    """One account's verdict; `text` is a sentence, the others are words for programs."""

    account: AccountId
    label: str
    eligible: bool
    state: str
    because: str
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedAttempt:
    """An account that was asked, and what came of it."""

    account: AccountId
    label: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One request, or one that might come.

    Attributes:
        id: `req_…`; empty for one that was only thought of.
        started_at: when.
        thread: its conversation.
        model: as asked for.
        result: what became of it; empty for one that was only thought of.
        status: the client's status code.
        account: who served, or would.
        label: what that account is called.
        because: the rule or the reason, as a word.
        text: the same in sentences.
        attempts: who was asked, in order.
        verdicts: every account's, in the accounts' order.
        project: the folder that the work is in; None: nobody said.
        rule: the number of the rule that counted; None: none did.
        pool: what the pool is called whose accounts might serve; None: nobody named one.
    """

    id: str
    started_at: datetime
    thread: str | None
    model: str
    result: str
    status: int | None
    account: AccountId | None
    label: str
    because: str
    text: str
    attempts: tuple[ExplainedAttempt, ...]
    verdicts: tuple[ExplainedVerdict, ...]
    project: str | None = None
    rule: int | None = None
    pool: str | None = None
