"""An owned data folder: the lock, then the databases, opened and closed in the one right order."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from core.domain.errors import CoreError
from core.domain.events import Event
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.runtime.paths import Home
from core.storage.backups import Backups
from core.storage.database import Database, open_database
from core.storage.keys import SystemKeyring
from core.storage.ledger import Ledger, open_ledger
from core.storage.lock import Holder, OwnerLock, holder
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import Store, load_store
from core.storage.vault import Vault, load_vault


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolder:
    """What its one owner works with. Made by `own`, ended by `close`."""

    lock: OwnerLock
    database: Database
    store: Store
    vault: Vault
    ledger: Ledger
    backups: Backups

    async def close(self) -> None:
        """Write what is left, close every file, let the next owner in."""
        async with AsyncExitStack() as ends:  # what comes last here is done first
            ends.callback(self.lock.release)
            ends.push_async_callback(self.database.close)
            ends.push_async_callback(self.vault.close)
            ends.push_async_callback(self.store.close)
            ends.push_async_callback(self.ledger.close)


async def own(
    home: Home,
    *,
    mode: str,
    wait_s: float,
    clock: Clock,
    publish: Callable[[tuple[Event, ...]], None],
    keyring: SystemKeyring,
) -> DataFolder:
    """Take the folder's lock and open what lies in it; the vault stays closed.

    Args:
        home: the folder; made when it is missing.
        mode: what others are told who find it locked: `tray`, `serve`, or the verb that writes.
        wait_s: how long another owner may take to end.
        clock: dates what is written.
        publish: hears what transitions bring about.
        keyring: where the vault's key may lie.

    Raises:
        CoreError: `owned` (another process has it), or as a database cannot be opened.
    """
    home.create()
    lock = OwnerLock(home.owner_lock, mode=mode)
    async with AsyncExitStack() as undo:
        undo.callback(lock.release)
        if not await lock.wait_acquire(wait_s):
            raise _owned(holder(home.owner_lock))
        database = await open_database(home.vault, VAULT_SCHEMA)
        undo.push_async_callback(database.close)
        store = await load_store(database, publish=publish)
        vault = await load_vault(database, clock=clock, keyring=keyring)
        undo.push_async_callback(vault.close)
        ledger = await open_ledger(home.ledger, now=clock.now())
        undo.pop_all()
    backups = Backups(store=store, vault=vault, folder=home.backups, clock=clock)
    return DataFolder(
        lock=lock, database=database, store=store, vault=vault, ledger=ledger, backups=backups
    )


def _owned(by: Holder | None) -> CoreError:
    who = (
        Sentence("Another Turntable")
        if by is None
        else Sentence("Another Turntable ({mode}, pid {pid})", mode=by.mode, pid=by.pid)
    )
    return CoreError(
        "owned",
        Sentence("{who} works in this data folder; nothing was changed.", who=who),
        "Wait until it has ended, or stop it with `turntable stop`.",
    )
