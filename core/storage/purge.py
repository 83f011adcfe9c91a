"""The end of a data folder: our own files and the keyring's entry, and nothing of anybody else.

A folder can be named by mistake (`TURNTABLE_HOME`), so that it is not removed as a whole: each of
our names goes, and the folder itself when nothing is left in it.
"""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from core.domain.errors import CoreError
from core.runtime.paths import Home
from core.storage.faults import translated
from core.storage.keys import KeyringUnavailableError, SystemKeyring
from core.storage.lock import OwnerLock

_FOLDERS = ("backups", "binds", "launch", "log", "run", "switches")
_WINDOW = "window.json"
"""How the tray's window was left; the tray writes it, whoever uninstalls may have no tray."""
_WAIT_S = 10.0


def our_files(home: Home) -> tuple[Path, ...]:
    """What of ours lies in the folder."""
    databases = [
        database.with_name(database.name + ending)
        for database in (home.vault, home.ledger)
        for ending in ("", "-wal", "-shm", "-journal")
    ]
    folders = [home.root / name for name in _FOLDERS]
    files = (home.settings, home.root / _WINDOW, *databases)
    return tuple(path for path in (*files, *folders) if path.exists())


async def purge(home: Home, *, keyring: SystemKeyring | None = None) -> tuple[Path, ...]:
    """Remove the logins' key, then every file of ours; what was removed.

    Args:
        home: a data folder that nobody owns.
        keyring: where the key may lie; the system's unless given.

    Raises:
        CoreError: `owned`: a Turntable runs; nothing was removed. Or a disk error.
    """
    if not home.run.is_dir():
        return ()
    with OwnerLock(home.owner_lock, mode="uninstall") as lock:
        if not await lock.wait_acquire(_WAIT_S):
            raise CoreError("owned", "A Turntable runs; its data was kept.", "Stop it first.")
        await _forget_key(home.vault, keyring or SystemKeyring())
        found = our_files(home)
        with translated(home.root):
            for path in found:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
    with suppress(OSError):  # somebody keeps something there
        home.root.rmdir()
    return found


async def _forget_key(vault: Path, keyring: SystemKeyring) -> None:
    """The entry alone opens nothing any more; where the keyring is locked, it stays in it."""
    name = _vault_id(vault)
    if name is not None:
        with suppress(KeyringUnavailableError):
            await keyring.delete(name)
    keyring.close()


def _vault_id(vault: Path) -> str | None:
    """The keyring's name for this vault, where it was ever asked for one."""
    if not vault.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{vault.as_uri()}?mode=ro", uri=True)) as connection:
            asked = connection.execute("SELECT 1 FROM slot WHERE kind = 'keyring'").fetchone()
            named = connection.execute("SELECT id FROM vault").fetchone()
    except sqlite3.Error:
        return None  # a file that cannot be read any more goes all the same
    return None if asked is None or named is None else str(named[0])
