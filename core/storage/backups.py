"""Makes backups, named ones and our own, and opens them again."""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.storage.backup import Backup, Kept, KeptLogin, compose, open_backup, parse
from core.storage.faults import translated
from core.storage.folders import make_private_folder, sync_folder
from core.storage.kept_backups import in_order, name_of, to_drop
from core.storage.slots import Random, SlotKind
from core.storage.store import Store
from core.storage.vault import Vault

LARGEST = 64 * 1024 * 1024
"""More bytes than any backup has."""
_BESIDE = ".turntable-"
"""How the name of a file begins that is not whole yet."""


class Backups:
    """The backups of one data folder."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        folder: Path,
        clock: Clock,
        random: Random = os.urandom,
    ) -> None:
        """`folder` is where our own lie; it is made when the first is."""
        self._store = store
        self._vault = vault
        self._folder = folder
        self._clock = clock
        self._random = random

    async def write(self, path: Path, *, passphrase: str | None = None) -> Kept:
        """A named backup. A file that is there is never overwritten.

        Args:
            path: where to.
            passphrase: opens it too; else only what opens the vault does.

        Raises:
            CoreError: `file_exists`; `locked`; as the disk fails. No half file is left.
        """
        kept = await self._kept()
        text = await self._text(kept, passphrase)
        await asyncio.to_thread(write_new, path, text.encode())
        return kept

    async def write_ours(self) -> Path:
        """One of our own, and an end to those that need not stay any more.

        Raises:
            CoreError: `locked`; as the disk fails.
        """
        text = await self._text(await self._kept(), None)
        return await asyncio.to_thread(self._write_ours, text.encode())

    async def ours(self) -> tuple[Path, ...]:
        """Our own, newest first."""
        names = await asyncio.to_thread(self._names)
        return tuple(self._folder / name for name in in_order(names))

    async def open(self, path: Path, *, passphrase: str | None = None) -> tuple[Backup, Kept]:
        """Read a backup.

        Opened by the vault's own key where it is this vault's; else by the passphrase or recovery
        code that was given; else by the system's keyring.

        Raises:
            CoreError: as `read_backup`; `backup_locked`, exit code locked: nothing that was given
                opens it.
        """
        backup = await asyncio.to_thread(read_backup, path)
        return backup, open_backup(backup, await self._key_of(backup, passphrase))

    async def _key_of(self, backup: Backup, passphrase: str | None) -> bytes:
        slots = self._vault.key_slots
        if not self._vault.locked and slots.kinds:
            vault, _ = await slots.carried()
            if vault == backup.vault:
                key = self._vault.opened_key()
                with contextlib.suppress(CoreError):  # sealed before a `vault rekey`
                    open_backup(backup, key)
                    return key
        for slot in backup.slots:
            if slot.kind is not SlotKind.KEYRING and passphrase is None:
                continue
            try:
                return await slots.open_carried(backup.vault, slot, passphrase)
            except CoreError:
                continue  # another slot may open; if none does, one sentence says so
        raise _locked(backup, given=passphrase is not None)

    async def _kept(self) -> Kept:
        accounts = tuple(self._store.state.accounts.values())
        logins = []
        for account in accounts:
            try:
                credentials = await self._vault.get(account.id)
            except CoreError as error:
                if error.code != "login_damaged":
                    raise
                continue  # its row is kept; there is no login to keep
            if credentials is not None:
                logins.append(KeptLogin(account=account.id, credentials=credentials))
        return Kept(accounts=accounts, logins=tuple(logins))

    async def _text(self, kept: Kept, passphrase: str | None) -> str:
        key, held = self._vault.opened_key(), self._vault.key_slots
        vault, slots = await held.carried()
        if passphrase is not None and SlotKind.PASSPHRASE not in held.kinds:
            slots = (*slots, await held.passphrase_for(vault, key, passphrase))
        return compose(
            key,
            kept,
            vault=vault,
            slots=slots,
            made_at=self._clock.now(),
            random=self._random,
        )

    def _write_ours(self, content: bytes) -> Path:
        names = self._names()
        now = self._clock.now()
        name = name_of(now, names)
        write_new(self._folder / name, content)
        with translated(self._folder):
            # What a killed program was writing goes too: only the owner writes here.
            halves = [half for half in names if half.startswith(_BESIDE)]
            for old in (*to_drop([*names, name], now), *halves):
                (self._folder / old).unlink(missing_ok=True)
        return self._folder / name

    def _names(self) -> list[str]:
        with translated(self._folder):
            try:
                return [path.name for path in self._folder.iterdir()]
            except FileNotFoundError:
                return []


def read_backup(path: Path) -> Backup:
    """A backup that is whole, not opened. Blocks.

    Raises:
        CoreError: `backup_missing`; as `core.storage.backup.parse`, the message with the path.
    """
    with translated(path):
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            hint = "`turntable restore` without a name lists Turntable's own."
            message = Sentence("{path}: there is no such file.", path=path)
            raise CoreError("backup_missing", message, hint) from None
    try:
        return parse(content.decode("utf-8", "replace"))
    except CoreError as error:
        message = Sentence("{path}: {message}", path=path, message=error.message)
        raise CoreError(error.code, message, error.hint, exit_code=error.exit_code) from None


def write_new(path: Path, content: bytes) -> None:
    """A file, 0600, whole and durable under its name, or not at all; never over another. Blocks.

    Raises:
        CoreError: `file_exists`; as the disk fails.
    """
    with translated(path):
        make_private_folder(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_BESIDE)
        written = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                # Unlike a rename, a link never replaces what is there.
                path.hardlink_to(written)
            except FileExistsError:
                raise
            except OSError:  # a file system without links: a race of microseconds remains
                if path.exists():
                    raise FileExistsError from None
                written.rename(path)
        except FileExistsError:
            message = Sentence("{path} is there already, and is not overwritten.", path=path)
            raise CoreError("file_exists", message, "Choose another name.") from None
        finally:
            written.unlink(missing_ok=True)
        sync_folder(path.parent)


def _locked(backup: Backup, *, given: bool) -> CoreError:
    kinds = {slot.kind for slot in backup.slots}
    if not kinds & {SlotKind.PASSPHRASE, SlotKind.RECOVERY}:
        message = "Only the keyring of the system that made this backup opens it."
        hint = "Restore it there, or take a backup that has a passphrase."
        return CoreError("backup_of_a_keyring", message, hint, exit_code=ExitCode.LOCKED)
    message = (
        "This passphrase does not open the backup; nothing was changed."
        if given
        else "The backup is sealed, and no passphrase was given."
    )
    hint = "Give the passphrase or the recovery code that it was made under."
    return CoreError("backup_locked", message, hint, exit_code=ExitCode.LOCKED)
