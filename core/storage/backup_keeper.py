"""Makes our own backups by itself: one a day, and one soon after the accounts changed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from core.domain.account import Account
from core.domain.errors import CoreError
from core.runtime.clock import Clock
from core.storage.backups import Backups
from core.storage.kept_backups import made_at
from core.storage.store import Store
from core.storage.vault import Vault

EVERY = timedelta(days=1)
SETTLE_S = 10.0
"""How long accounts must have stayed as they are: several changes at once are one backup."""
LOOK_S = 600.0
"""How often the day is looked at; a sleeping machine does not count."""

_log = logging.getLogger(__name__)


class BackupKeeper:
    """Runs while a program serves. A locked vault, or one without a login, makes none."""

    def __init__(
        self,
        backups: Backups,
        *,
        store: Store,
        vault: Vault,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Starts nothing."""
        self._backups = backups
        self._store = store
        self._vault = vault
        self._clock = clock
        self._sleep = sleep
        self._changed = asyncio.Event()
        self._kept: tuple[Account, ...] | None = None

    def wake(self) -> None:
        """The accounts may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Make backups until it is cancelled."""
        self._kept = tuple(self._store.state.accounts.values())
        while True:
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._changed.wait()
                await self._sleep(SETTLE_S)
            self._changed.clear()

    async def look(self) -> bool:
        """Make one if the day is over or the accounts are others; whether one was made."""
        accounts = tuple(self._store.state.accounts.values())
        if self._vault.locked or not self._vault.slots or not accounts:
            return False
        try:
            if accounts == self._kept and not await self._day_is_over():
                return False
            await self._backups.write_ours()
        except CoreError as error:  # a full disk: the next look may fare better
            _log.warning("no backup was made: %s", error)
            return False
        self._kept = accounts
        return True

    async def _day_is_over(self) -> bool:
        ours = await self._backups.ours()
        newest = made_at(ours[0].name) if ours else None
        return newest is None or not newest <= self._clock.now() < newest + EVERY
