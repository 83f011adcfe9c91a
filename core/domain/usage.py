"""One request as the ledger keeps it: names, times and counts; no prompt, no answer, no field."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.decision import Verdict
from core.domain.facts import Facts
from core.domain.rules import PoolId, RuleNumber


class Result(StrEnum):
    """What became of a request, as the user sees it."""

    SERVED = "served"
    """The first account that was asked answered."""
    MOVED = "moved"
    """Another account answered than the one that was asked first."""
    REFUSED = "refused"
    """We answered ourselves: no account could serve."""
    FAILED = "failed"
    """The back end answered with an error, or the answer was cut."""
    CANCELLED = "cancelled"
    """The client left."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Tokens:
    """Token counts as `response.completed` names them."""

    input: int
    cached_input: int
    output: int
    reasoning_output: int


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class AttemptRecord:
    """One account that was asked; `outcome` is the word of `core.domain.outcome` it ended with."""

    account: AccountId
    outcome: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class RequestRecord:
    """One row of the ledger, written whatever happened.

    Not frozen, nor is what it holds, only because one is made for every request (ADR 0021).

    Attributes:
        id: `req_…`, also in the reply's `x-turntable-request`.
        started_at: when the head had come.
        facts: what routing knew.
        account: who answered; None when nobody did.
        because: the rule that chose the account, or the reason of the refusal.
        verdicts: every account's verdict at the last choice.
        attempts: who was asked, in order.
        result: what became of it.
        status: the status code that the client got; None when it got none.
        first_byte_s: seconds from `started_at` to the first byte forwarded; None when none was.
        total_s: seconds to the end.
        tokens: as counted by the back end; None when it did not say.
        moved_from: the account that the thread lived on before; None when it did not move.
        strategy: which one named the account; empty when none was asked.
        rule: the one that counted for it; None when none did.
        pool: whose accounts might serve: the rule's, else the caller's token's; None: anybody's.
    """

    id: str
    started_at: datetime
    facts: Facts
    account: AccountId | None
    because: str
    verdicts: tuple[Verdict, ...]
    attempts: tuple[AttemptRecord, ...]
    result: Result
    status: int | None
    first_byte_s: float | None
    total_s: float
    tokens: Tokens | None
    moved_from: AccountId | None = None
    strategy: str = ""
    rule: RuleNumber | None = None
    pool: PoolId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """Turns of one day (the person's own) and model, summed up under a key.

    Attributes:
        key: an account's id (empty: nobody served), a model, a client, an outcome or a day.
        model: the model id.
        first_hour: the first hour that is in it; its price is that hour's.
        requests: how many.
        input: tokens given, the cached ones included.
        cached_input: those of them that were cached.
        output: tokens made, the hidden ones included.
        reasoning_output: those of them that were reasoning.
        seconds: how long they took together.
    """

    key: str
    model: str
    first_hour: datetime
    requests: int
    input: int
    cached_input: int
    output: int
    reasoning_output: int
    seconds: float
