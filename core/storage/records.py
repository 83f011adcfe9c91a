"""`RequestRecord` ⇄ a row of the ledger. Pure.

Columns for what is searched and summed; attempts and verdicts as short JSON lists without names,
since they make up most of a row and are only read to say *why*.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, Verdict
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.rules import PoolId, Project, RuleNumber
from core.domain.usage import AttemptRecord, RequestRecord, Result, Tokens
from core.storage.codec import storable

COLUMNS = (
    "id, started_at, kind, thread, parent, model, client, mid_turn, account, because, result,"
    " status, first_byte_s, total_s, input, cached_input, output, reasoning_output, attempts,"
    " verdicts, moved_from, strategy, project, rule, pool"
)

LONGEST = 200
"""Letters of a text that are kept: names from the network may be of any length."""
LONGEST_PATH = 4096
"""The same of a folder's path: Linux has no longer ones."""
_LARGEST = 2**63 - 1
_NO_COUNTS = (None, None, None, None)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970; exact."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(count: int) -> datetime:
    """The time that `micros` was given, in UTC."""
    return _EPOCH + count * _MICROSECOND


type Row = tuple[object, ...]
"""What a record is in the file: its values, in the order of `COLUMNS`."""


class Rows:
    """Makes rows, one for each record: of verdicts that are those of the last one the text too."""

    __slots__ = ("_text", "_verdicts")

    def __init__(self) -> None:
        """Nothing was made yet."""
        self._verdicts: tuple[Verdict, ...] = ()
        self._text = text_of_verdicts(())

    def of(self, record: RequestRecord) -> Row:
        """The row of a record."""
        if record.verdicts != self._verdicts:
            self._verdicts, self._text = record.verdicts, text_of_verdicts(record.verdicts)
        return row_of(record, verdicts=self._text)


def row_of(record: RequestRecord, *, verdicts: str | None = None) -> Row:
    """The row of a record. `verdicts`: their text, where somebody has it already."""
    facts, tokens = record.facts, record.tokens
    counts: tuple[int | None, ...] = _NO_COUNTS
    if tokens is not None:
        counts = (
            _count(tokens.input),
            _count(tokens.cached_input),
            _count(tokens.output),
            _count(tokens.reasoning_output),
        )
    return (
        record.id,
        micros(record.started_at),
        facts.kind.value,
        _name(facts.thread),
        _name(facts.parent),
        _name(facts.model),
        _name(facts.client),
        int(facts.mid_turn),
        record.account,
        record.because,
        record.result.value,
        None if record.status is None else _count(record.status),
        record.first_byte_s,
        record.total_s,
        *counts,
        _text_of_attempts(record.attempts),
        text_of_verdicts(record.verdicts) if verdicts is None else verdicts,
        record.moved_from,
        record.strategy,
        None if facts.project is None else storable(facts.project)[:LONGEST_PATH],
        None if record.rule is None else _count(record.rule),
        _name(record.pool),
    )


def record_of(row: tuple[Any, ...]) -> RequestRecord | None:
    """The record of a row; None when the row is of a later version, or damaged."""
    (id_, started, kind, thread, parent, model, client, mid_turn) = row[:8]
    (account, because, result, status, first_byte_s, total_s, *counts) = row[8:18]
    (attempts, verdicts, moved_from, strategy, project, rule, pool) = row[18:]
    try:
        return RequestRecord(
            id=id_,
            started_at=moment_of(started),
            facts=Facts(
                kind=RequestKind(kind),
                thread=None if thread is None else ThreadId(thread),
                parent=None if parent is None else ThreadId(parent),
                model=model,
                client=client,
                mid_turn=bool(mid_turn),
                project=None if project is None else Project(project),
            ),
            account=None if account is None else AccountId(account),
            because=because,
            verdicts=tuple(_verdict(parts) for parts in json.loads(verdicts)),
            attempts=tuple(
                AttemptRecord(account=AccountId(who), outcome=outcome)
                for who, outcome in json.loads(attempts)
            ),
            result=Result(result),
            status=status,
            first_byte_s=first_byte_s,
            total_s=total_s,
            tokens=_tokens(counts),
            moved_from=None if moved_from is None else AccountId(moved_from),
            strategy=strategy,
            rule=None if rule is None else RuleNumber(rule),
            pool=None if pool is None else PoolId(pool),
        )
    except (ValueError, TypeError, OverflowError):
        return None


def text_of_verdicts(verdicts: Sequence[Verdict]) -> str:
    """Verdicts as a row keeps them."""
    return _short([_verdict_parts(verdict) for verdict in verdicts])


def _text_of_attempts(attempts: Sequence[AttemptRecord]) -> str:
    # A text alone is quoted without the machinery that lists take, and nearly all are one attempt.
    said = [f"[{_short(one.account)},{_short(one.outcome)}]" for one in attempts]
    return f"[{','.join(said)}]"


def _name(text: str | None) -> str | None:
    return None if text is None else storable(text)[:LONGEST]


def _count(number: int) -> int:
    """As SQLite can hold it: what the network counts may be any number."""
    return number if 0 <= number <= _LARGEST else max(0, min(number, _LARGEST))


_short: Callable[[object], str] = json.JSONEncoder(separators=(",", ":")).encode


def _verdict_parts(verdict: Verdict) -> list[object]:
    parts = [verdict.account, int(verdict.eligible), verdict.state.value, verdict.because.value]
    return parts if verdict.until is None else [*parts, micros(verdict.until)]


def _verdict(parts: list[Any]) -> Verdict:
    account, eligible, state, because, *until = parts
    return Verdict(
        account=AccountId(account),
        eligible=bool(eligible),
        state=AccountState(state),
        because=Because(because),
        until=moment_of(until[0]) if until else None,
    )


def _tokens(counts: list[Any]) -> Tokens | None:
    if any(count is None for count in counts):
        return None
    given, cached, output, reasoning = counts
    return Tokens(input=given, cached_input=cached, output=output, reasoning_output=reasoning)
