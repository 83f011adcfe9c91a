"""A program that is killed while it makes backups leaves whole ones, and no litter for long."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.storage.backups import Backups, read_backup
from core.storage.database import open_database
from core.storage.kept_backups import in_order
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import load_store
from core.storage.vault import load_vault
from tests.core.storage.killed_backup import PASSPHRASE
from tests.core.storage.samples import CHEAP
from tests.fakes.clock import FakeClock

_KILLS = 12


def kill_while_it_writes(home: Path, after_s: float) -> list[str]:
    """The names that were promised before the program was killed."""
    command = [sys.executable, "-m", "tests.core.storage.killed_backup", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        promised = [program.stdout.readline().strip()]
        # Not a wait for something: any moment of its work will do.
        time.sleep(after_s)
        program.send_signal(signal.SIGKILL)
        promised += [line.strip() for line in program.stdout if line.endswith("\n")]
    return promised


@pytest.mark.timeout(60)
async def test_every_backup_that_is_there_is_whole(path: Path, clock: FakeClock) -> None:
    home, drawn = path.parent, random.Random(20261120)
    for _ in range(_KILLS):
        promised = kill_while_it_writes(home, drawn.random() / 20)
        names = [one.name for one in (home / "backups").iterdir()]
        assert promised[-1] in names
        for name in in_order(names):
            assert len(read_backup(home / "backups" / name).slots) == 1
    database = await open_database(path, VAULT_SCHEMA)
    try:
        vault = await load_vault(database, clock=clock, cost=CHEAP)
        store = await load_store(database, publish=lambda _: None)
        await vault.unlock(passphrase=PASSPHRASE)
        folder = home / "backups"
        backups = Backups(store=store, vault=vault, folder=folder, clock=clock)
        await backups.write_ours()
        assert not list(folder.glob(".turntable-*"))
        _, kept = await backups.open((await backups.ours())[0])
        assert len(kept.logins) == 29
        await store.close()
        await vault.close()
    finally:
        await database.close()
