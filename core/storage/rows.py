"""`State` and `Observed` as rows, and the rows that differ between two of them. Pure.

Each part of the two values is a *kind*: a mapping whose entries are rows (kind, key, document). A
field that is added to them is one line here and no migration.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from core.domain.account import Account, AccountId
from core.domain.budgets import Budget, BudgetNumber
from core.domain.client import Client, ClientId
from core.domain.decision import Because, Shares, Turn
from core.domain.facts import ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner, Spent
from core.domain.quota import Quota
from core.domain.rules import Pool, PoolId, Rules
from core.domain.state import Removed, Rotation, State
from core.storage.codec import DamagedDocumentError, from_text, storable, to_text

type Kinds = Mapping[str, Mapping[Any, Any]]

_ONLY = ""
"""The key of a kind that has one row."""

_STATE_TYPES: Mapping[str, Any] = {
    "account": Account,
    "rotation": Rotation,
    "next_number": int,
    "pin": AccountId,
    "removed": Removed,
    "client": Client,
    "pool": Pool,
    "rules": Rules,
    "budget": Budget,
}
_OBSERVED_TYPES: Mapping[str, Any] = {
    "quota": Quota,
    "blocks": tuple[Block, ...],
    "signed_out": Because,
    "unverified": Because,
    "owner": Owner,
    "last_used": datetime,
    "last_chosen": AccountId,
    "shares": Shares,
    "turn": Turn,
    "spent": Spent,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry.

    Attributes:
        kind: which part of the value.
        key: which entry of it.
        document: what stands there; None where the entry is to go.
        checksum: what was written beside it; None where it was written before there were any.
    """

    kind: str
    key: str
    document: str | None
    checksum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedRow:
    """An entry that is not as it was written; it stays in the file until it is written again.

    Attributes:
        kind: which part of the value.
        key: which entry of it.
        reason: why, for logs.
        counts: it can be read all the same, and counts as it stands: an account whose label has
            a wrong letter is worth more than none.
    """

    kind: str
    key: str
    reason: str
    counts: bool = False


def checksum(kind: str, key: str, document: str) -> int:
    """CRC-32 of an entry: finds what a disk changed by itself.

    No defence against people: who can write the file can write this too. Accounts must be legible
    while the vault is locked, so no key of its could sign them.
    """
    return zlib.crc32("\0".join((kind, key, document)).encode("utf-8", "surrogatepass"))


def state_kinds(state: State) -> Kinds:
    """The parts of a state."""
    return {
        "account": state.accounts,
        "rotation": {_ONLY: state.rotation},
        "next_number": {_ONLY: state.next_number},
        "pin": state.pins,
        "removed": state.removed,
        "client": state.clients,
        "pool": state.pools,
        "rules": {_ONLY: state.rules},
        "budget": {str(number): budget for number, budget in state.budgets.items()},
    }


def observed_kinds(observed: Observed) -> Kinds:
    """The parts of what was learned."""
    chosen = observed.last_chosen
    return {
        "quota": observed.quotas,
        "blocks": observed.blocks,
        "signed_out": observed.signed_out,
        "unverified": observed.unverified,
        "owner": observed.owners,
        "last_used": observed.last_used,
        "last_chosen": {} if chosen is None else {_ONLY: chosen},
        "shares": {} if observed.shares is None else {_ONLY: observed.shares},
        "turn": observed.turns,
        "spent": observed.spent,
    }


def differences(before: Kinds, after: Kinds) -> tuple[Row, ...]:
    """The rows that make `before` into `after`. What is the same object is not looked into."""
    rows: list[Row] = []
    for kind, now in after.items():
        then = before[kind]
        if then is now:
            continue
        for key, value in now.items():
            known = then.get(key)
            if known is not value and known != value:
                rows.append(Row(kind=kind, key=storable(key), document=to_text(value)))
        gone = (key for key in then if key not in now)
        rows.extend(Row(kind=kind, key=storable(key), document=None) for key in gone)
    return tuple(rows)


def read_state(rows: Iterable[Row]) -> tuple[State, tuple[DamagedRow, ...]]:
    """The state of these rows; accounts in the order of their numbers."""
    kinds, damaged = _read(rows, _STATE_TYPES)
    accounts = cast("list[Account]", list(kinds["account"].values()))
    accounts.sort(key=lambda account: account.number)
    highest = max((account.number for account in accounts), default=0)
    state = State(
        accounts={account.id: account for account in accounts},
        rotation=kinds["rotation"].get(_ONLY, Rotation()),
        # Never again a number that was given, even when the row that knew it is damaged.
        next_number=max(kinds["next_number"].get(_ONLY, 1), highest + 1),
        pins={ThreadId(key): account for key, account in kinds["pin"].items()},
        removed=_by_account(kinds["removed"]),
        clients={ClientId(key): client for key, client in kinds["client"].items()},
        pools={PoolId(key): pool for key, pool in kinds["pool"].items()},
        rules=_rules(kinds["rules"].get(_ONLY), damaged),
        budgets={BudgetNumber(one.number): one for one in kinds["budget"].values()},
    )
    return state, damaged


def read_observed(rows: Iterable[Row]) -> tuple[Observed, tuple[DamagedRow, ...]]:
    """What these rows say was learned."""
    kinds, damaged = _read(rows, _OBSERVED_TYPES)
    observed = Observed(
        quotas=_by_account(kinds["quota"]),
        blocks=_by_account(kinds["blocks"]),
        signed_out=_by_account(kinds["signed_out"]),
        unverified=_by_account(kinds["unverified"]),
        owners={ThreadId(key): owner for key, owner in kinds["owner"].items()},
        last_used=_by_account(kinds["last_used"]),
        last_chosen=kinds["last_chosen"].get(_ONLY),
        shares=kinds["shares"].get(_ONLY),
        turns=kinds["turn"],
        spent=_by_account(kinds["spent"]),
    )
    return observed, damaged


def _rules(found: Rules | None, damaged: tuple[DamagedRow, ...]) -> Rules:
    """The rules; damaged ones forbid everything, because nobody knows what they forbade."""
    if any(row.kind == "rules" for row in damaged):
        return Rules(unreadable=True)
    return found or Rules()


def _by_account[T](entries: Mapping[str, T]) -> dict[AccountId, T]:
    return {AccountId(key): value for key, value in entries.items()}


def _read(
    rows: Iterable[Row], hints: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Any]], tuple[DamagedRow, ...]]:
    kinds: dict[str, dict[str, Any]] = {kind: {} for kind in hints}
    damaged = []
    for row in rows:
        if row.kind not in hints:
            continue  # of a later version that older ones may read
        try:
            kinds[row.kind][row.key] = from_text(hints[row.kind], row.document or "")
        except DamagedDocumentError as error:
            damaged.append(DamagedRow(kind=row.kind, key=row.key, reason=str(error)))
            continue
        if row.checksum not in (None, checksum(row.kind, row.key, row.document or "")):
            reason = "its checksum does not fit"
            damaged.append(DamagedRow(kind=row.kind, key=row.key, reason=reason, counts=True))
    return kinds, tuple(damaged)
