"""Renews the logins that were signed in here: the only place that presents a refresh token.

A refresh token is single use, and one that comes back spent can revoke everything that grew from
the same sign-in. So each use is journalled: the intent is on the disk before the token is sent, and
the next generation is on the disk, in the transaction that ends the intent, before it is used. An
intent without an end is a *doubt*: the token may be spent and its successor lost with an answer
that never arrived. A doubted token is presented once more only when the access token is dead
anyway, because until then there is something to lose and nothing to win.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.domain.account import Account, AccountId, Refresher
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.oauth.lane import Lane
from core.oauth.protocol import Fresh, Refused, merged, read_tokens, refresh_form, revoke_form
from core.oauth.rests import Rests
from core.oauth.send import NoAnswerError, NotSentError, post
from core.runtime.clock import Clock
from core.runtime.failing import what_failed
from core.storage.vault import Vault

if TYPE_CHECKING:
    import httpx

FIRST_REST = timedelta(seconds=30)
"""How long an account rests after a refresh that failed for a passing reason; then doubled."""
LONGEST_REST = timedelta(minutes=15)

_log = logging.getLogger(__name__)


class Renewal(StrEnum):
    """What became of an attempt to renew."""

    NEWER = "newer"
    """The vault holds newer tokens."""
    NONE = "none"
    """Not now; the older ones are as good as they were."""
    ENDED = "ended"
    """The issuer ended the login for good: a sign-in is needed."""
    SUPERSEDED = "superseded"
    """Another login came in meanwhile; what was learned of the older one says nothing of it."""


class Ours:
    """The refresh lane's side of the issuer."""

    def __init__(
        self,
        *,
        vault: Vault,
        lane: Lane,
        clock: Clock,
        connect: "Callable[[], httpx.AsyncClient]",
        auth_url: Callable[[], str],
    ) -> None:
        """`auth_url` is the issuer's address, as `core.oauth.issuer.issuer_of` allows it."""
        self._vault = vault
        self._lane = lane
        self._clock = clock
        self._connect = connect
        self._auth_url = auth_url
        self._rests = Rests(clock, first=FIRST_REST, longest=LONGEST_REST)
        self._doubts: dict[AccountId, int] | None = None
        self._unsealed: dict[AccountId, Credentials] = {}
        self._presented: set[AccountId] = set()

    @property
    def presented(self) -> frozenset[AccountId]:
        """Whose refresh token the issuer may have now: what it answers exists nowhere else yet."""
        return frozenset(self._presented)

    async def in_doubt(self, account: AccountId) -> bool:
        """Whether the newest refresh token that we hold may have been spent already.

        Raises:
            CoreError: the vault is locked, or its file cannot be read.
        """
        known = await self._vault.get(account)
        doubts = await self._journal()
        return known is not None and doubts.get(account) == known.generation

    async def renew(
        self,
        account: Account,
        known: Credentials,
        *,
        dead: bool,
        reason: str,
        in_doubt: bool = False,
    ) -> Renewal:
        """Redeem the refresh token of `known`, if it is still the newest when its turn comes.

        Cancelled in the middle, the token is in doubt, as after a crash.

        Args:
            account: signed in here.
            known: its newest credentials.
            dead: the access token is of no use any more: a doubted refresh token may be presented.
            reason: what the issuer is told (`refresh_reason`).
            in_doubt: somebody doubts it for a reason that the journal does not know.

        Raises:
            CoreError: the journal could not be written; nothing was presented.
        """
        if self._rests.rests(account.id):
            return Renewal.NONE
        if account.id in self._unsealed:
            return await self._seal(account.id, self._unsealed[account.id])
        if not dead and (in_doubt or await self.in_doubt(account.id)):
            return Renewal.NONE
        async with self._lane.turn():
            if await self._vault.get(account.id) != known:
                return Renewal.SUPERSEDED
            self._presented.add(account.id)
            try:
                answer = await self._redeem(account.id, known, reason)
                match answer:
                    case Fresh():
                        return await self._seal(account.id, merged(known, answer))
                    case Refused():
                        return await self._refused(account.id, known, answer)
            finally:
                self._presented.discard(account.id)

    async def revoke(self, account: Account) -> None:
        """End the login at the issuer, whose answer to an unknown token is the same (RFC 7009).

        Raises:
            CoreError: `not_ours_to_revoke`; `issuer_unreachable`; `foreign_issuer`. Nothing was
                changed here.
        """
        if account.refresher is not Refresher.TURNTABLE:
            message = Sentence(
                "The login of #{number} {label} is refreshed elsewhere.",
                number=account.number,
                label=account.label,
            )
            hint = "Sign out where it lives, for example with `codex logout`."
            raise CoreError("not_ours_to_revoke", message, hint)
        async with self._lane.turn():
            known = await self._vault.get(account.id)
            if known is None:
                return
            form = revoke_form(known.refresh_token)
            try:
                status, _ = await post(self._connect, self._auth_url(), form)
            except (NotSentError, NoAnswerError) as error:
                raise _not_revoked(what_failed(error.code)) from None
            if status != 200:
                raise _not_revoked(Sentence("it answered {status}", status=status))

    async def _redeem(self, account: AccountId, known: Credentials, reason: str) -> Fresh | Refused:
        try:
            auth_url = self._auth_url()
        except CoreError as error:
            return Refused(code=error.code, terminal=False, spent=False)
        doubts = await self._journal()
        await self._vault.intend(account, known.generation)
        # From here on until an answer says otherwise.
        doubts[account] = known.generation
        form = refresh_form(known.refresh_token, reason=reason)
        try:
            status, body = await post(self._connect, auth_url, form)
        except NotSentError as error:
            return Refused(code=error.code, terminal=False, spent=False)
        except NoAnswerError as error:
            return Refused(code=f"no_answer_{error.code}", terminal=False, spent=True)
        return read_tokens(status, body, now=self._clock.now())

    async def _seal(self, account: AccountId, fresh: Credentials) -> Renewal:
        """Durable first. A disk that refuses is asked again; the tokens wait in memory, unused."""
        try:
            newest = await self._vault.succeed(account, fresh)
        except CoreError as error:
            _log.error("newer tokens of %s are not on the disk yet: %s", account, error.code)
            self._unsealed[account] = fresh
            self._rests.failed(account)
            return Renewal.NONE
        self._unsealed.pop(account, None)
        self._rests.succeeded(account)
        (await self._journal()).pop(account, None)
        return Renewal.NEWER if newest else Renewal.SUPERSEDED

    async def _refused(self, account: AccountId, known: Credentials, answer: Refused) -> Renewal:
        _log.warning("refresh of %s: %s", account, answer.code)
        if answer.terminal or not answer.spent:
            await self._vault.withdraw(account)
            (await self._journal()).pop(account, None)
        if self._vault.at_hand(account) not in (None, known):
            return Renewal.SUPERSEDED
        if answer.terminal:
            return Renewal.ENDED
        self._rests.failed(account)
        return Renewal.NONE

    async def _journal(self) -> dict[AccountId, int]:
        """Account → generation in doubt; read once, kept in step from then on."""
        if self._doubts is None:
            found = dict(await self._vault.doubtful())
            self._doubts = self._doubts or found
        return self._doubts


def _not_revoked(why: str) -> CoreError:
    message = Sentence(
        "The issuer could not be told to end the login ({why}); it was kept.", why=why
    )
    return CoreError("issuer_unreachable", message, "Try again, or remove it without `--revoke`.")
