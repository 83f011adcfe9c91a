"""Newer tokens for a login that somebody else refreshes. Its refresh token is never presented here.

Two programs that hold one single-use refresh token revoke each other. So an imported login stays
its source's: its file is read again, and when that does not help, the Codex whose file it is is
asked to refresh it under its own locks.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from core.codex_home.auth_file import AUTH_FILE, FoundLogin, read_auth_file
from core.codex_home.auth_json import has_run_out
from core.codex_home.find import CredentialStore, credential_store_of, find_program
from core.codex_home.refreshing import refresh_login
from core.domain.account import Account
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.oauth.lane import Lane
from core.oauth.rests import Rests
from core.runtime.clock import Clock

FIRST_REST = timedelta(minutes=1)
"""How long Codex is not asked again after it could not help; doubled each time."""
LONGEST_REST = timedelta(minutes=30)

_log = logging.getLogger(__name__)


class Elsewhere:
    """Reads sources again and asks Codex, each account rested after it was asked in vain."""

    def __init__(self, *, env: Mapping[str, str], lane: Lane, clock: Clock) -> None:
        """`env` finds Codex (`PATH`) and is what Codex is started with."""
        self._env = env
        self._lane = lane
        self._clock = clock
        self._rests = Rests(clock, first=FIRST_REST, longest=LONGEST_REST)

    async def newer(self, account: Account, known: Credentials) -> Credentials | None:
        """Credentials of the same identity with another access token that has not run out.

        None when the source has none and Codex, asked, did not bring any. Never raises: why it did
        not help is logged by its code.
        """
        found = await _read_again(account)
        if found is None:
            return None
        if (fresh := _usable(found, known, self._clock.now())) is None:
            fresh = await self._ask_codex(account, found.path, known)
        if fresh is not None:
            self._rests.succeeded(account.id)
        return fresh

    async def _ask_codex(
        self, account: Account, source: Path, known: Credentials
    ) -> Credentials | None:
        if self._rests.rests(account.id):
            return None
        program = await asyncio.to_thread(_who_refreshes, source, self._env)
        if program is None:
            return None
        async with self._lane.turn():
            try:
                await refresh_login(program, home=source.parent, env=self._env)
            except CoreError as error:
                # Codex may have refreshed all the same; the file says.
                _log.info("Codex asked to refresh %s: %s", account.id, error.code)
        found = await _read_again(account)
        fresh = None if found is None else _usable(found, known, self._clock.now())
        if fresh is None:
            self._rests.failed(account.id)
        return fresh


async def _read_again(account: Account) -> FoundLogin | None:
    """The source's login while it is still this account's."""
    if account.source is None:
        return None
    try:
        found = await asyncio.to_thread(read_auth_file, Path(account.source))
    except CoreError as error:
        _log.info("source of %s: %s", account.id, error.code)
        return None
    if found.login.identity != account.identity:
        _log.info("source of %s holds another login now", account.id)
        return None
    return found


def _usable(found: FoundLogin, known: Credentials, now: datetime) -> Credentials | None:
    fresh = found.login.credentials
    if fresh.access_token == known.access_token or has_run_out(fresh, now):
        return None
    return fresh


def _who_refreshes(source: Path, env: Mapping[str, str]) -> Path | None:
    """The Codex that keeps its login in this very file; None when none does. Blocking."""
    if source.name != AUTH_FILE:
        return None
    if credential_store_of(source.parent) not in (CredentialStore.FILE, CredentialStore.AUTO):
        return None
    return find_program(env)
