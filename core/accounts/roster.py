"""Who joins the accounts, and who leaves: the row and the secret in step, one at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.accounts.add import ID_BYTES, account_id_from, new_account, updated_account
from core.accounts.changes import put_back, remove
from core.codex_home.auth_json import CodexLogin
from core.domain.account import Account, AccountId, Refresher
from core.domain.credentials import Credentials
from core.domain.doubt import verified
from core.domain.errors import CoreError
from core.domain.events import Event
from core.domain.observed import signed_in_again
from core.domain.sentence import Sentence
from core.domain.state import Change, State, put_account
from core.runtime.clock import Clock
from core.storage.store import Store
from core.storage.vault import Vault


class Outcome(StrEnum):
    """What a login made of the accounts."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Kept(StrEnum):
    """Why a login that came again was left aside."""

    SAME = "same"
    """It is the very one that we hold."""
    OURS = "ours"
    """The account is signed in here; its own login works and is kept."""
    OLDER = "older"
    """Its access token ends before the one that we hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A login that wants to join.

    Attributes:
        login: tokens and identity.
        refresher: who spends its refresh token from now on.
        source: the file that it is read from again, for one refreshed elsewhere.
        workspace_name: empty when unknown.
        label: what the user wants to call it; empty = made from the login.
    """

    login: CodexLogin
    refresher: Refresher
    source: str | None
    workspace_name: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What became of a candidate.

    Attributes:
        outcome: added, updated or unchanged.
        account: as it is now.
        kept: why it is unchanged.
        replaced: who refreshed the login that was here before.
    """

    outcome: Outcome
    account: Account
    kept: Kept | None = None
    replaced: Refresher | None = None


class Roster:
    """The one way into the accounts, used by imports and sign-ins alike."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        unlock: Callable[[], Awaitable[None]],
        landed: Callable[[AccountId], Awaitable[None]],
        clock: Clock,
        draw: Callable[[int], bytes],
    ) -> None:
        """Starts nothing.

        Args:
            store: the accounts.
            vault: their secrets.
            unlock: opens the vault, or makes its key for the first login; open already: nothing.
            landed: waits until no renewal of an account is under way: what it brings is newer than
                a copy that is imported meanwhile.
            clock: dates a new account.
            draw: gives that many random bytes.
        """
        self._store = store
        self._vault = vault
        self._unlock = unlock
        self._landed = landed
        self._clock = clock
        self._draw = draw
        self._one = asyncio.Lock()

    async def admit(self, candidate: Candidate, *, dry_run: bool = False) -> Admitted:
        """Add the account, or update the one of the same identity; the secret is sealed first.

        An update keeps id, number, label, steering and history. With `dry_run` nothing is written.

        Raises:
            CoreError: the vault is locked, or the disk fails; the accounts are as they were.
        """
        async with self._one:
            known = self._store.state.find(candidate.login.identity)
            if known is not None or not dry_run:
                await self._unlock()
            if known is not None and candidate.refresher is Refresher.ELSEWHERE:
                await self._landed(known.id)
            if known is not None and (kept := await self._kept(known, candidate)):
                return Admitted(outcome=Outcome.UNCHANGED, account=known, kept=kept)
            account_id = known.id if known else account_id_from(self._draw(ID_BYTES))
            change = _put(candidate, account_id, self._clock.now())
            if dry_run:
                state, _ = change(self._store.state)
            else:
                await self._seal(account_id, candidate, change, new=known is None)
                state = self._store.state
            outcome = Outcome.ADDED if known is None else Outcome.UPDATED
            return Admitted(
                outcome=outcome,
                account=state.accounts[account_id],
                replaced=None if known is None else known.refresher,
            )

    async def remove(self, account: Account) -> None:
        """Take it out. Its login stays sealed for `core.storage.vault.KEEP_REMOVED`.

        The row goes first: an account without a secret is worse than a secret without an account.

        Raises:
            CoreError: as the disk fails.
        """
        async with self._one:
            await self._store.change(remove(account.id, at=self._clock.now()))
            self._store.learn(signed_in_again(account.id))
            self._store.learn(verified(account.id))
            await self._vault.remove(account.id)

    async def put_back(self, account: Account) -> None:
        """Undo `remove`, as far as the login is still sealed.

        Raises:
            CoreError: `login_gone`; `label_taken`; `account_added_meanwhile`; as the disk fails.
        """
        async with self._one:
            if (same := self._store.state.find(account.identity)) is not None:
                raise _added_meanwhile(same)
            if not await self._vault.bring_back(account.id):
                message = Sentence(
                    "The login of {label} was deleted; it cannot be brought back.",
                    label=account.label,
                )
                raise CoreError("login_gone", message, "Sign in again: `turntable login`.")
            try:
                await self._store.change(put_back(account))
            except CoreError:
                await self._vault.remove(account.id)
                raise

    async def _seal(
        self, account_id: AccountId, candidate: Candidate, change: Change, *, new: bool
    ) -> None:
        await self._vault.put(account_id, candidate.login.credentials)
        try:
            await self._store.change(change)
        except CoreError:
            if new:
                await self._vault.remove(account_id)
            raise
        self._store.learn(verified(account_id))
        self._store.learn(signed_in_again(account_id))

    async def _kept(self, known: Account, candidate: Candidate) -> Kept | None:
        signed_out = known.id in self._store.observed.signed_out
        sealed = await self._vault.get(known.id)
        return why_kept(known, sealed, candidate, signed_out=signed_out)


def why_kept(
    known: Account, sealed: Credentials | None, candidate: Candidate, *, signed_out: bool
) -> Kept | None:
    """Why `known` stays as it is; None when the candidate's login takes over.

    A login that does not work any more yields to any other.
    """
    fresh = candidate.login.credentials
    if sealed is not None and sealed.refresh_token == fresh.refresh_token:
        same_row = _updated(known, candidate) == known
        if same_row and sealed.access_token == fresh.access_token:
            return Kept.SAME
    if sealed is None or signed_out or candidate.refresher is Refresher.TURNTABLE:
        return None
    if known.refresher is Refresher.TURNTABLE:
        return Kept.OURS
    ends, would_end = sealed.expires_at, fresh.expires_at
    older = ends is not None and would_end is not None and would_end < ends
    return Kept.OLDER if older else None


def _put(candidate: Candidate, account_id: AccountId, now: datetime) -> Change:
    """Number and label are chosen in the transition: nobody comes between."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.find(candidate.login.identity)
        if known is not None and known.id != account_id:
            raise _added_meanwhile(known)
        account = (
            _updated(known, candidate)
            if known is not None
            else new_account(
                state,
                candidate.login,
                account_id=account_id,
                refresher=candidate.refresher,
                source=candidate.source,
                workspace_name=candidate.workspace_name,
                label=candidate.label,
                now=now,
            )
        )
        return put_account(account)(state)

    return change


def _updated(known: Account, candidate: Candidate) -> Account:
    return updated_account(
        known,
        candidate.login,
        refresher=candidate.refresher,
        source=candidate.source,
        workspace_name=candidate.workspace_name,
    )


def _added_meanwhile(known: Account) -> CoreError:
    message = Sentence(
        "This account was added meanwhile, as #{number} {label}.",
        number=known.number,
        label=known.label,
    )
    return CoreError("account_added_meanwhile", message, "`turntable accounts` shows it.")
