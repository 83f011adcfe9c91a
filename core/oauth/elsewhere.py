"""Newer tokens for a login that somebody else refreshes. Its refresh token is never presented here.

Two programs that hold one single-use refresh token revoke each other. So an imported login stays
its source's: its file is read again, and when that does not help, the Codex whose file it is is
asked to renew it. Two Codexes can collide as well, because Codex holds no lock while it refreshes.
So Codex is asked only once the token is of no use any more, and only after a pause in which a Codex
that is at work already, and was refused like us, has had the time to write down what it got.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from core.codex_home.auth_file import AUTH_FILE, FoundLogin, read_auth_file
from core.codex_home.auth_json import has_run_out
from core.codex_home.find import CredentialStore, credential_store_of, find_program
from core.codex_home.refreshing import renew_login
from core.domain.account import Account, Identity
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.oauth.lane import Lane
from core.oauth.rests import Rests
from core.runtime.clock import Clock

FIRST_REST = timedelta(minutes=1)
"""How long Codex is not asked again after it could not help; doubled each time."""
LONGEST_REST = timedelta(minutes=30)
SETTLE = timedelta(seconds=3)
"""How long another Codex has to write newer tokens before we ask for some."""
_LOOKS = 6
"""How often the file is read in that time."""

_log = logging.getLogger(__name__)

type ReadSource = Callable[[Path, Identity], FoundLogin | None]
"""The login of an identity in a file; None when it stands there no more. Blocks; may raise
`CoreError`."""


def of_codex(path: Path, identity: Identity) -> FoundLogin | None:
    """Codex keeps one login in one file; whose it is, the caller looks."""
    return read_auth_file(path)


class Elsewhere:
    """Reads sources again and asks Codex, each account rested after it was asked in vain."""

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        lane: Lane,
        clock: Clock,
        read: ReadSource = of_codex,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Starts nothing.

        Args:
            env: finds Codex (`PATH`), and is what Codex is started with.
            lane: one refresh at a time, whoever does it.
            clock: says what has run out.
            read: finds an account's login in the file that it came from; other tools than Codex
                have files of other forms.
            sleep: waits, in seconds.
        """
        self._sleep = sleep
        self._read = read
        self._env = env
        self._lane = lane
        self._clock = clock
        self._rests = Rests(clock, first=FIRST_REST, longest=LONGEST_REST)

    async def newer(
        self, account: Account, known: Credentials, *, dead: bool
    ) -> Credentials | None:
        """Credentials of the same identity with another access token that has not run out.

        None when the source has none and Codex did not bring any; it is asked only if `dead`, that
        is if the known access token is of no use. Never raises: why it did not help is logged.
        """
        fresh = await self._in_source(account, known)
        if fresh is None and dead and not self._rests.rests(account.id):
            program = await asyncio.to_thread(_who_renews, account, self._env)
            if program is not None:
                async with self._lane.turn():
                    fresh = await self._asked(program, account, known)
                if fresh is None:
                    self._rests.failed(account.id)
        if fresh is not None:
            self._rests.succeeded(account.id)
        return fresh

    async def _asked(
        self, program: Path, account: Account, known: Credentials
    ) -> Credentials | None:
        for _ in range(_LOOKS):
            await self._sleep(SETTLE.total_seconds() / _LOOKS)
            if (fresh := await self._in_source(account, known)) is not None:
                return fresh
        home = Path(account.source or "").parent
        try:
            await renew_login(program, home=home, env=self._env)
        except CoreError as error:
            # Codex may have renewed it all the same; the file says.
            _log.info("Codex asked to renew %s: %s", account.id, error.code)
        return await self._in_source(account, known)

    async def _in_source(self, account: Account, known: Credentials) -> Credentials | None:
        found = await self._read_again(account)
        return None if found is None else _usable(found, known, self._clock.now())

    async def _read_again(self, account: Account) -> FoundLogin | None:
        """The source's login while it is still this account's."""
        if account.source is None:
            return None
        try:
            found = await asyncio.to_thread(self._read, Path(account.source), account.identity)
        except CoreError as error:
            _log.info("source of %s: %s", account.id, error.code)
            return None
        if found is None or found.login.identity != account.identity:
            _log.info("source of %s holds another login now", account.id)
            return None
        return found


def _usable(found: FoundLogin, known: Credentials, now: datetime) -> Credentials | None:
    fresh = found.login.credentials
    if fresh.access_token == known.access_token or has_run_out(fresh, now):
        return None
    return fresh


def _who_renews(account: Account, env: Mapping[str, str]) -> Path | None:
    """The Codex that keeps this login in this very file; None when none does. Blocking."""
    source = Path(account.source or "")
    if source.name != AUTH_FILE:
        return None
    if credential_store_of(source.parent) not in (CredentialStore.FILE, CredentialStore.AUTO):
        return None
    try:
        if read_auth_file(source).login.identity != account.identity:
            return None
    except CoreError:
        return None
    return find_program(env)
