"""Brings accounts and logins back from a backup, next to what is here."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.accounts.merge import Held, Merge, Step, plan
from core.domain.account import Account, AccountId, Refresher
from core.domain.credentials import Credentials
from core.domain.decision import Because
from core.domain.doubt import doubted, verified
from core.domain.errors import CoreError
from core.domain.events import Event
from core.domain.observed import signed_in_again
from core.domain.state import Change, State, edit_account, put_account
from core.storage.backup import Kept
from core.storage.store import Store
from core.storage.vault import Vault


class Restorer:
    """Merges one backup at a time."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        unlock: Callable[[], Awaitable[None]],
        landed: Callable[[AccountId], Awaitable[None]],
    ) -> None:
        """Starts nothing.

        Args:
            store: the accounts.
            vault: their secrets.
            unlock: opens the vault, or makes its key when there is none yet.
            landed: waits until no renewal of an account is under way: what it brings is newer than
                the backup.
        """
        self._store = store
        self._vault = vault
        self._unlock = unlock
        self._landed = landed
        self._one = asyncio.Lock()

    async def restore(self, kept: Kept, *, dry_run: bool = False) -> tuple[Step, ...]:
        """Merge what a backup holds; what was done, or would be, for each of its accounts.

        A login that was signed in here may have been renewed since the backup was made, or live on
        in another copy. So its refresh token is not presented until the user says that there is no
        other (`confirm`); that doubt is on the disk before the login is.

        Raises:
            CoreError: the vault is locked, or the disk fails. What was restored before stays; the
                same backup again goes on from there.
        """
        async with self._one:
            if not dry_run or self._vault.slots:
                await self._unlock()
            for account in tuple(self._store.state.accounts):
                await self._landed(account)
            steps = plan(self._store.state, await self._held(), kept)
            if dry_run:
                return steps
            doubts = [step.account.id for step in steps if step.unverified]
            for account in doubts:
                self._store.learn(doubted(account, Because.RESTORED))
            if doubts:
                await self._store.flush()
            return tuple([await self._take(step) for step in steps])

    async def confirm(self, account: Account) -> bool:
        """The user says that no other copy of this login is in use; whether there was a doubt."""
        if self._store.observed.unverified.get(account.id) is not Because.RESTORED:
            return False
        self._store.learn(verified(account.id))
        self._store.learn(signed_in_again(account.id))
        await self._store.flush()
        return True

    async def _take(self, step: Step) -> Step:
        if step.merge is Merge.UNCHANGED:
            return step
        account = step.account
        if step.merge is Merge.ADDED:
            step = await self._beside_what_is_sealed(step)
        if step.credentials is not None:
            await self._vault.put(account.id, step.credentials)
        await self._store.change(_with(step))
        if not step.unverified:
            self._store.learn(verified(account.id))
        self._store.learn(signed_in_again(account.id))
        return step

    async def _beside_what_is_sealed(self, step: Step) -> Step:
        """A login without a row is as new as any of the same account: it is never replaced."""
        account = step.account.id
        sealed = await self._login(account)
        if sealed is None:
            # Removed here a few days ago: nobody else can have newer tokens than what is sealed.
            back = await self._vault.bring_back(account)
            return replace(step, credentials=None, unverified=False) if back else step
        fresh = step.credentials
        same = fresh is not None and fresh.refresh_token == sealed.refresh_token
        # Of a restore or a removal that was cut off; which of them, nobody knows any more.
        return step if same else replace(step, credentials=None)

    async def _held(self) -> dict[AccountId, Held]:
        """The logins that are here. One that is damaged counts as none."""
        observed, held = self._store.observed, {}
        for account in self._store.state.accounts.values():
            provisional = account.refresher is Refresher.ELSEWHERE
            held[account.id] = Held(
                credentials=await self._login(account.id),
                works=account.id not in observed.signed_out,
                certain=not provisional and account.id not in observed.unverified,
            )
        return held

    async def _login(self, account: AccountId) -> Credentials | None:
        try:
            return await self._vault.get(account)
        except CoreError as error:
            if error.code != "login_damaged":
                raise
            return None


def _with(step: Step) -> Change:
    """The row as planned; an account that is here keeps what the user chose since."""
    account = step.account
    if step.merge is Merge.ADDED:
        return _added(account)
    return edit_account(
        account.id,
        lambda known: replace(known, refresher=account.refresher, source=account.source),
    )


def _added(account: Account) -> Change:
    """The row among the others, in the order of their numbers."""
    put = put_account(account)

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        after, events = put(state)
        ordered = sorted(after.accounts.values(), key=lambda each: each.number)
        return replace(after, accounts={each.id: each for each in ordered}), events

    return change
