"""Who may spend which token: gives each request its grant, and renews what has run out.

The hot path reads memory only: the vault holds what it has opened. A renewal is one flight for each
account, in a task of its own: requests may come and go, a refresh that has begun is finished.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core.codex_home.auth_json import has_run_out
from core.domain.account import Account, AccountId, Refresher
from core.domain.credentials import Credentials, Grant
from core.domain.decision import Because
from core.domain.doubt import doubted, not_renewed, verified
from core.domain.observed import sign_in_ended, signed_in_again
from core.oauth.elsewhere import Elsewhere
from core.oauth.ours import Ours, Renewal
from core.oauth.send import ANSWER_S
from core.runtime.clock import Clock
from core.runtime.tasks import Tasks
from core.storage.store import Store
from core.storage.vault import Vault

CLOSE_S = 1.0
"""How long `close` waits for refreshes that have begun, in seconds, where somebody waits for it."""
PATIENT_S = ANSWER_S + 5.0
"""The same where nobody is in a hurry, and for one whose token the issuer has in any case: as long
as the issuer may take. Cut off, it may have spent its token, and its answer is lost."""


class Authoriser:
    """Grants by account; the only one to renew them."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        elsewhere: Elsewhere,
        ours: Ours,
        clock: Clock,
        refresh_before_s: Callable[[], float],
    ) -> None:
        """Starts nothing.

        Args:
            store: the accounts, and what was learned of their logins.
            vault: their tokens.
            elsewhere: renews logins that were imported.
            ours: renews logins that were signed in here.
            clock: says what has run out.
            refresh_before_s: seconds before its end at which an access token is renewed.
        """
        self._store = store
        self._ours = ours
        self._vault = vault
        self._elsewhere = elsewhere
        self._clock = clock
        self._refresh_before_s = refresh_before_s
        self._refused: dict[AccountId, str] = {}
        self._given: dict[AccountId, _Given] = {}
        self._flights: dict[AccountId, asyncio.Task[None]] = {}
        self._tasks = Tasks("oauth")

    async def authorise(self, account_id: AccountId) -> Grant | None:
        """What the next request of this account is sent with; None when it has nothing usable.

        A token that runs out soon is given while its renewal goes on beside.

        Raises:
            CoreError: the vault is locked, or its file cannot be read.
        """
        account = self._store.state.accounts.get(account_id)
        if account is None or not account.enabled:
            return None
        known = await self._vault.get(account_id)
        if known is None:
            return None
        if self._is_dead(account_id, known):
            await self._renewal(account_id)
            known = await self._vault.get(account_id)
            if known is None or self._is_dead(account_id, known):
                return None
        elif self._ends_soon(known):
            self._start_renewal(account_id)
        grant = _grant(account, known)
        self._given[account_id] = _Given(account=account, known=known, grant=grant)
        return grant

    def granted(self, account_id: AccountId) -> Grant | None:
        """What `authorise` gave last, if it would give the same at once; None: ask it.

        For the hot path: the same account, the same login, and neither a refusal nor an end of
        the token that would have to be seen to.
        """
        given = self._given.get(account_id)
        if (
            given is None
            or given.account is not self._store.state.accounts.get(account_id)
            or given.known is not self._vault.at_hand(account_id)
            or account_id in self._refused
            or self._ends_soon(given.known)
        ):
            return None
        return given.grant

    async def renew(self, account_id: AccountId, refused: Grant) -> bool:
        """After a 401 on `refused`: True if `authorise` now gives another token.

        Raises:
            CoreError: the vault is locked, or the disk fails.
        """
        known = await self._vault.get(account_id)
        if known is None:
            return False
        if known.access_token == refused.access_token:
            self._refused[account_id] = refused.access_token
            await self._renewal(account_id)
            known = await self._vault.get(account_id)
        return known is not None and not self._is_dead(account_id, known)

    async def look_again(self) -> tuple[AccountId, ...]:
        """Try every signed-out login again that may be alive; those that work again.

        For a timer. Whoever refreshes it elsewhere may have signed in since; one of our own may
        only have met an issuer that could not answer.
        """
        revived = []
        for account_id, because in tuple(self._store.observed.signed_out.items()):
            account = self._store.state.accounts.get(account_id)
            if account is None or not account.enabled or self._vault.locked:
                continue
            elsewhere = account.refresher is Refresher.ELSEWHERE
            if elsewhere or because is not Because.SIGN_IN_ENDED:
                await self._renewal(account_id)
                if account_id not in self._store.observed.signed_out:
                    revived.append(account_id)
        return tuple(revived)

    async def renew_ending(self) -> None:
        """Begin to renew every login of our own that ends soon, used or not. For a timer."""
        if self._vault.locked:
            return
        for account in self._store.state.accounts.values():
            if account.enabled and account.refresher is Refresher.TURNTABLE:
                known = await self._vault.get(account.id)
                if known is not None and self._ends_soon(known):
                    self._start_renewal(account.id)

    async def sign_out(self, account: Account, *, revoke: bool) -> None:
        """End a login here, once a renewal that is under way is over.

        Args:
            account: whose.
            revoke: end it at the issuer too, and before.

        Raises:
            CoreError: `not_ours_to_revoke`, `issuer_unreachable`, `foreign_issuer`, or as the disk
                fails; the login was kept.
        """
        if (flight := self._flights.get(account.id)) is not None:
            await asyncio.wait([flight])
        if revoke:
            await self._ours.revoke(account)
        await self._vault.remove(account.id)
        self._store.learn(verified(account.id))
        self._store.learn(sign_in_ended(account.id, Because.SIGNED_OUT))

    @property
    def presented(self) -> frozenset[AccountId]:
        """Whose renewal has been sent to the issuer and is not answered: it must not be cut."""
        return self._ours.presented

    async def landed(self, account_id: AccountId) -> None:
        """Wait until no renewal of this account is under way."""
        if (flight := self._flights.get(account_id)) is not None:
            await asyncio.wait([flight])

    async def note_doubts(self) -> None:
        """Learn which refresh tokens of ours may be spent already; read from the journal."""
        if self._vault.locked:
            return
        for account in self._store.state.accounts.values():
            if account.refresher is Refresher.TURNTABLE:
                await self._note_doubt(account.id)

    async def close(
        self, *, patience_s: float | None = None, waits: Callable[[], None] = lambda: None
    ) -> None:
        """Let refreshes that have begun come to their end, for a moment; then stop waiting.

        One that was sent to the issuer is waited for longer, as long as the issuer may take. A
        refresh of Codex's goes on without us; what it writes is read at the next start.

        Args:
            patience_s: how long that moment is; `CLOSE_S` unless given.
            waits: told once, when one that was sent is not answered yet.
        """
        if told := bool(self.presented):
            waits()
        if self._flights:
            timeout = CLOSE_S if patience_s is None else patience_s
            await asyncio.wait(self._flights.values(), timeout=timeout)
        sent = self._presented_only()
        if sent:
            if not told:
                waits()
            await asyncio.wait(sent, timeout=PATIENT_S)
        await self._tasks.close()

    def _presented_only(self) -> list[asyncio.Task[None]]:
        """The flights that were sent; no other begins to be sent from now on."""
        flights = tuple(self._flights.items())
        for account_id, flight in flights:
            if account_id not in self.presented:
                flight.cancel()
        return [flight for account_id, flight in flights if account_id in self.presented]

    async def _renewal(self, account_id: AccountId) -> None:
        """Join the flight of this account, or begin one. Leaving does not stop it."""
        await asyncio.shield(self._start_renewal(account_id))

    def _start_renewal(self, account_id: AccountId) -> asyncio.Task[None]:
        flight = self._flights.get(account_id)
        if flight is None:
            flight = self._tasks.start(self._renew(account_id), name=f"renew {account_id}")
            self._flights[account_id] = flight
            flight.add_done_callback(lambda _: self._flights.pop(account_id, None))
        return flight

    async def _renew(self, account_id: AccountId) -> None:
        account = self._store.state.accounts.get(account_id)
        known = await self._vault.get(account_id)
        if account is None or known is None:
            return
        match account.refresher:
            case Refresher.ELSEWHERE:
                await self._renew_elsewhere(account, known)
            case Refresher.TURNTABLE:
                await self._renew_ours(account, known)

    async def _renew_elsewhere(self, account: Account, known: Credentials) -> None:
        dead = self._is_dead(account.id, known)
        fresh = await self._elsewhere.newer(account, known, dead=dead)
        if await self._vault.get(account.id) != known:
            return  # another login came in meanwhile
        if fresh is not None:
            await self._vault.put(account.id, fresh)
            self._works_again(account.id)
        elif self._is_dead(account.id, known):
            ran_out = has_run_out(known, self._clock.now())
            because = Because.TOKEN_EXPIRED if ran_out else Because.SIGN_IN_ENDED
            self._store.learn(sign_in_ended(account.id, because))

    async def _renew_ours(self, account: Account, known: Credentials) -> None:
        observed = self._store.observed
        signed_out = observed.signed_out.get(account.id)
        if signed_out is Because.SIGN_IN_ENDED:
            return  # a login that the issuer has ended is not presented again
        dead = signed_out is not None or self._is_dead(account.id, known)
        doubt = observed.unverified.get(account.id)
        if doubt is Because.RESTORED:
            # Another copy of this refresh token may be in use: the user decides, not we.
            if dead:
                self._store.learn(sign_in_ended(account.id, Because.RESTORED))
            return
        refused = self._refused.get(account.id) == known.access_token
        reason = "unauthorized_recovery" if refused else "proactive_expiry"
        in_doubt = doubt is Because.IN_DOUBT
        match await self._ours.renew(account, known, dead=dead, reason=reason, in_doubt=in_doubt):
            case Renewal.NEWER:
                self._store.learn(verified(account.id))
                self._works_again(account.id)
            case Renewal.ENDED:
                self._store.learn(sign_in_ended(account.id, Because.SIGN_IN_ENDED))
            case Renewal.NONE:
                if self._is_dead(account.id, known):
                    self._store.learn(not_renewed(account.id))
            case Renewal.SUPERSEDED:
                self._refused.pop(account.id, None)
        await self._note_doubt(account.id)

    async def _note_doubt(self, account_id: AccountId) -> None:
        """Learn a doubt of the journal. Whoever else has one has it kept: a newer login ends it."""
        if await self._ours.in_doubt(account_id):
            self._store.learn(doubted(account_id, Because.IN_DOUBT))

    def _works_again(self, account_id: AccountId) -> None:
        self._refused.pop(account_id, None)
        self._store.learn(signed_in_again(account_id))

    def _is_dead(self, account_id: AccountId, known: Credentials) -> bool:
        refused = self._refused.get(account_id) == known.access_token
        return refused or has_run_out(known, self._clock.now())

    def _ends_soon(self, known: Credentials) -> bool:
        if known.expires_at is None:
            return False
        before = timedelta(seconds=self._refresh_before_s())
        return has_run_out(known, self._clock.now() + before)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A grant, and what it was made of."""

    account: Account
    known: Credentials
    grant: Grant


def _grant(account: Account, known: Credentials) -> Grant:
    return Grant(
        access_token=known.access_token,
        workspace=account.identity.workspace,
        fedramp=account.fedramp,
        expires_at=known.expires_at,
    )
