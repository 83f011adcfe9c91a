"""What a backup makes of the accounts that are here: a plan, one step for each of its accounts.

Nothing that is here is ever lost: an account of the same user and workspace keeps its row, and a
login that works is never replaced by an older one. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from core.accounts.add import unique_label
from core.domain.account import Account, AccountId, Refresher
from core.domain.credentials import Credentials
from core.domain.state import State
from core.storage.backup import Kept


class Merge(StrEnum):
    """What becomes of one account of a backup."""

    ADDED = "added"
    """It was not here."""
    LOGIN = "login"
    """It was here, and its login is the backup's now: it had none that works, or an older one
    that came from a backup or an import, too."""
    UNCHANGED = "unchanged"
    """It is here with a login that is as good, or newer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is here of one account's login.

    Attributes:
        credentials: None when there is none.
        works: False when it was refused, or is signed out.
        certain: it was signed in here, and nobody else can have newer tokens of it.
    """

    credentials: Credentials | None = field(repr=False)
    works: bool
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One account of a backup.

    Attributes:
        merge: what becomes of it.
        account: its row as it will be, or is.
        credentials: what is to be sealed; None when nothing is.
        unverified: its refresh token must not be presented: another copy of it may be in use.
    """

    merge: Merge
    account: Account
    credentials: Credentials | None = field(repr=False)
    unverified: bool = False


def plan(state: State, held: Mapping[AccountId, Held], kept: Kept) -> tuple[Step, ...]:
    """The steps, in the order of the backup's accounts.

    Args:
        state: the accounts that are here.
        held: their logins, by our id.
        kept: what the backup holds.
    """
    steps: list[Step] = []
    rows = dict(state.accounts)
    next_number = state.next_number
    seen = set()
    for theirs in kept.accounts:
        if theirs.identity in seen:
            continue
        seen.add(theirs.identity)
        ours = next((row for row in rows.values() if row.identity == theirs.identity), None)
        fresh = kept.login_of(theirs.id)
        if ours is None:
            added = _row(theirs, rows, next_number)
            next_number = max(next_number, added.number + 1)
            rows[added.id] = added
            doubt = fresh is not None and theirs.refresher is Refresher.TURNTABLE
            steps.append(
                Step(merge=Merge.ADDED, account=added, credentials=fresh, unverified=doubt)
            )
        else:
            steps.append(_step(ours, held.get(ours.id), theirs, fresh))
    return tuple(steps)


def _step(ours: Account, held: Held | None, theirs: Account, fresh: Credentials | None) -> Step:
    same = Step(merge=Merge.UNCHANGED, account=ours, credentials=None)
    if fresh is None:
        return same
    known = None if held is None else held.credentials
    if known is not None and held is not None and held.works:
        if held.certain or _rank(fresh) <= _rank(known):
            return same
    elif known is not None and known.refresh_token == fresh.refresh_token:
        return same
    row = replace(ours, refresher=theirs.refresher, source=theirs.source)
    doubt = theirs.refresher is Refresher.TURNTABLE
    return Step(merge=Merge.LOGIN, account=row, credentials=fresh, unverified=doubt)


def _row(theirs: Account, rows: Mapping[AccountId, Account], next_number: int) -> Account:
    """Their row under an own number and a label that nobody has here."""
    numbers = {row.number for row in rows.values()}
    return replace(
        theirs,
        number=next_number if theirs.number in numbers else theirs.number,
        label=unique_label((theirs.label,), [row.label for row in rows.values()]),
    )


def _rank(credentials: Credentials) -> tuple[datetime, str]:
    """Which of two logins lives longer; of equals always the same one, whatever came first."""
    return credentials.expires_at or datetime.min.replace(tzinfo=UTC), credentials.access_token
