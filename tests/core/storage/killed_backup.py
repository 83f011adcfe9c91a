"""A program that makes backups until it is killed: `python -m …killed_backup HOME`.

It says each name once the file is promised to be there.
"""

import asyncio
import sys
from pathlib import Path

from core.domain.state import put_account
from core.runtime.clock import SystemClock
from core.storage.backups import Backups
from core.storage.database import open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import load_store
from core.storage.vault import load_vault
from tests.core.storage.samples import CHEAP, account, login

PASSPHRASE = "fake correct horse battery staple"


async def main(home: Path) -> None:
    database = await open_database(home / "vault.db", VAULT_SCHEMA)
    clock = SystemClock()
    store = await load_store(database, publish=lambda _: None)
    vault = await load_vault(database, clock=clock, cost=CHEAP)
    await vault.unlock(passphrase=PASSPHRASE)
    for number in range(1, 30):
        await vault.put(account(number).id, login(f"L{number}"))
        await store.change(put_account(account(number)))
    backups = Backups(store=store, vault=vault, folder=home / "backups", clock=clock)
    while True:
        path = await backups.write_ours()
        sys.stdout.write(f"{path.name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
