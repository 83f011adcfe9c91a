"""Seals and opens secrets. On the disk they are AES-256-GCM under the vault key, and never plain.

A login has one row: its newest generation. A new one replaces the old in the same transaction that
closes the refresh journal's entry, and is on the disk (fsync) when `put` returns; only then may its
tokens be used. An older generation is never brought back.
"""

import asyncio
import os
import sqlite3
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.domain.account import AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.runtime.tasks import Tasks
from core.storage.database import Database, read_only
from core.storage.keys import KeyringUnavailableError, SystemKeyring
from core.storage.keyslots import KeySlots, load_slots, locked, read_slots
from core.storage.login_row import Row, put_row, sealed_row, succeed_row
from core.storage.schema import VAULT_SCHEMA
from core.storage.sealed_login import open_login, seal_login
from core.storage.slots import KEY_BYTES, Random, ScryptCost, SlotKind

KEEP_REMOVED = timedelta(days=7)
"""How long a removed login stays sealed, so that removing can be undone."""

NO_BACKEND = "none"
"""The back end of a vault that never held a secret."""


class Vault:
    """The logins' tokens, by account. One for each data folder."""

    def __init__(
        self, database: Database, slots: KeySlots, *, clock: Clock, random: Random
    ) -> None:
        """Made by `load_vault`; closed until `unlock`."""
        self._database = database
        self._slots = slots
        self._clock = clock
        self._random = random
        self._key: bytes | None = None
        self._opened_by: SlotKind | None = None
        self._opened: dict[AccountId, Credentials] = {}
        self._unlocking = asyncio.Lock()
        # What is sealed or opened is so under one key: nobody changes it meanwhile.
        self._sealing = asyncio.Lock()
        self._tasks = Tasks("vault")

    @property
    def locked(self) -> bool:
        """There is something sealed here, and no key for it."""
        return self._key is None and bool(self._slots.kinds)

    @property
    def backend(self) -> str:
        """Where the key lies: `keyring`, `passphrase`, or `none` before the first secret."""
        return _backend(self._slots.kinds, self._opened_by)

    @property
    def slots(self) -> frozenset[SlotKind]:
        """Everything that can open this vault."""
        return self._slots.kinds

    @property
    def key_slots(self) -> KeySlots:
        """The slots themselves, for a backup that carries them."""
        return self._slots

    async def unlock(self, *, passphrase: str | None = None, recovery: str | None = None) -> None:
        """Open the vault; make its key when this is the first time. Open already: does nothing.

        A vault that never held a secret needs no key: the start of a program leaves it alone
        (`backend` is `none`), the first login unlocks it.

        Raises:
            CoreError: `locked` or `no_key_slot`, exit code locked; nothing was changed. A keyring
                that waits for its owner ends here too, after `core.storage.keys.ANSWER_S`.
        """
        async with self._unlocking:
            if self._key is not None:
                return
            if recovery is not None:
                kind: SlotKind | None = SlotKind.RECOVERY
            elif self._slots.kinds:
                kind = self._slots.usual(passphrase=passphrase is not None)
            else:
                self._key, self._opened_by = await self._slots.create(passphrase)
                return
            if kind is None:
                what = "Your logins are locked: a passphrase opens them, and none was given."
                raise locked(what, self._slots.hint())
            self._key = await self._slots.open(kind, recovery or passphrase)
            self._opened_by = kind

    def lock(self) -> None:
        """Forget the key and every secret in memory."""
        self._key = None
        self._opened.clear()

    async def put(self, account: AccountId, credentials: Credentials) -> Credentials:
        """Seal a login; it is on the disk when this returns.

        The vault numbers generations: what comes back carries the number that it got, one more than
        the newest that was here (the same tokens again are the same generation). An open entry of
        the refresh journal ends in the same transaction.

        Raises:
            CoreError: `locked`, or as the disk fails; what was there is kept.
        """
        self.opened_key()
        return await self._whole(self._put(account, credentials), name="put")

    async def succeed(self, account: AccountId, credentials: Credentials) -> bool:
        """As `put`, for what a renewal of the generation in `credentials` has brought.

        False: another login has come in since, or none is left; nothing was changed. Tokens of a
        login that was removed meanwhile are sealed with it, and it stays removed.
        """
        return await self._whole(self._succeed(account, credentials), name="succeed")

    def at_hand(self, account: AccountId) -> Credentials | None:
        """What `get` would answer from memory; None: it has to be asked."""
        return self._opened.get(account) if self._key is not None else None

    async def get(self, account: AccountId) -> Credentials | None:
        """The newest generation; None when there is no login, or it was removed.

        Raises:
            CoreError: `locked`; `login_damaged`, exit code sign-in needed.
        """
        if self._key is None and not self._slots.kinds:
            return None
        self.opened_key()
        known = self._opened.get(account)
        if known is not None:
            return known
        async with self._sealing:
            key = self.opened_key()
            row = await self._database.read(lambda connection: sealed_row(connection, account))
            if row is None:
                return None
            # Whoever put a newer one while we waited has it here already.
            return self._opened.setdefault(account, open_login(key, account, *row))

    async def remove(self, account: AccountId) -> None:
        """Take a login out of use. It stays sealed for `KEEP_REMOVED`."""
        row = (self._clock.now().isoformat(), account)
        await self._whole(self._remove(account, row), name="remove")

    async def bring_back(self, account: AccountId) -> bool:
        """Undo `remove`; False when the login has gone for good."""
        return await self._database.write(
            lambda connection: (
                connection.execute(
                    "UPDATE secret SET removed_at = NULL WHERE account = ?", (account,)
                ).rowcount
                > 0
            )
        )

    async def sweep(self) -> int:
        """Delete logins that were removed `KEEP_REMOVED` ago; how many."""
        before = (self._clock.now() - KEEP_REMOVED).isoformat()
        return await self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM secret WHERE removed_at <= ?", (before,)).rowcount
            )
        )

    async def intend(self, account: AccountId, generation: int) -> None:
        """Journal, durably: the refresh token of this generation is about to be presented."""
        row = (account, generation, self._clock.now().isoformat())
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO refresh_intent VALUES (?, ?, ?)", row
            )
        )

    async def withdraw(self, account: AccountId) -> None:
        """Journal: the token was certainly not spent (nothing was sent, or it was refused)."""
        await self._database.write(
            lambda connection: connection.execute(
                "DELETE FROM refresh_intent WHERE account = ?", (account,)
            )
        )

    async def doubtful(self) -> Mapping[AccountId, int]:
        """Intents without an end: accounts whose token of this generation may be spent."""
        rows = await self._database.read(
            lambda connection: connection.execute(
                "SELECT account, generation FROM refresh_intent"
            ).fetchall()
        )
        return {AccountId(account): generation for account, generation in rows}

    async def use_passphrase(self, passphrase: str) -> None:
        """Let a passphrase open the vault, instead of an earlier one.

        Raises:
            CoreError: `locked`; `bad_passphrase`.
        """
        await self._slots.add_passphrase(self.opened_key(), passphrase)

    async def make_recovery_code(self) -> str:
        """A new recovery code, instead of an earlier one. To be shown once; it is kept nowhere.

        Raises:
            CoreError: `locked`.
        """
        return await self._slots.add_recovery(self.opened_key())

    async def use_keyring(self) -> None:
        """Let the OS keyring open the vault.

        Raises:
            CoreError: `locked`; `no_keyring`: there is none that keeps what it is given.
        """
        key = self.opened_key()
        try:
            await self._slots.add_keyring(key)
        except KeyringUnavailableError as error:
            what = Sentence(
                "There is no keyring that can be used ({why}); nothing was changed.", why=error.why
            )
            raise CoreError(
                "no_keyring", what, "Unlock the desktop’s keyring, if it has one."
            ) from None

    async def rekey(self, passphrase: str | None) -> str | None:
        """Seal everything under a new vault key, in one transaction; the old one opens nothing.

        Args:
            passphrase: the one that opens the vault now, where one does.

        Returns:
            A new recovery code, where there was one: the old one opens nothing any more.

        Raises:
            CoreError: `locked`; `login_damaged`: a row does not open, and nothing was changed.
        """
        return await self._whole(self._rekey(passphrase), name="rekey")

    async def _rekey(self, passphrase: str | None) -> str | None:
        async with self._sealing:
            old, new = self.opened_key(), self._random(KEY_BYTES)
            slots, code = await self._slots.remade(new, passphrase)

            def reseal(connection: sqlite3.Connection) -> None:
                rows = connection.execute("SELECT account, generation, sealed FROM secret")
                for account, generation, sealed in rows.fetchall():
                    known = open_login(old, account, generation, sealed)
                    connection.execute(
                        "UPDATE secret SET sealed = ? WHERE account = ?",
                        (seal_login(new, account, known, random=self._random), account),
                    )
                self._slots.write(connection, slots)

            await self._database.write(reseal)
            self._slots.took(slots)
            self._key = new
            return code

    async def remove_slot(self, kind: SlotKind) -> None:
        """Close one way to the vault.

        Raises:
            CoreError: `last_key_slot`.
        """
        await self._slots.remove(kind)

    async def close(self) -> None:
        """Forget the secrets and end the threads. The database is closed by who opened it."""
        await self._tasks.close()
        self.lock()
        self._slots.close()

    async def _put(self, account: AccountId, credentials: Credentials) -> Credentials:
        async with self._sealing:
            row = Row(account=account, key=self.opened_key(), random=self._random)
            fresh = await self._database.write(lambda file: put_row(file, row, credentials))
            if self._key is not None:
                self._opened[account] = fresh
            return fresh

    async def _succeed(self, account: AccountId, credentials: Credentials) -> bool:
        async with self._sealing:
            row = Row(account=account, key=self.opened_key(), random=self._random)
            fresh = await self._database.write(lambda file: succeed_row(file, row, credentials))
            if fresh is not None and account in self._opened:
                self._opened[account] = fresh
            return fresh is not None

    async def _remove(self, account: AccountId, row: tuple[str, str]) -> None:
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE secret SET removed_at = ? WHERE account = ? AND removed_at IS NULL", row
            )
        )
        self._opened.pop(account, None)

    async def _whole[T](self, work: Coroutine[Any, Any, T], *, name: str) -> T:
        """Memory follows the file also when the caller is cancelled in between."""
        return await asyncio.shield(self._tasks.start(work, name=name))

    def opened_key(self) -> bytes:
        """The vault key, for what is sealed beside the vault (`core.storage.backups`).

        Raises:
            CoreError: `locked`.
        """
        if self._key is None:
            raise locked("Your logins are locked.", self._slots.hint())
        return self._key


async def load_vault(
    database: Database,
    *,
    clock: Clock,
    keyring: SystemKeyring | None = None,
    random: Random = os.urandom,
    cost: ScryptCost | None = None,
) -> Vault:
    """The vault of an open `vault.db`, closed. Asks no keyring and derives no key.

    Raises:
        CoreError: the file cannot be read.
    """
    slots = await load_slots(
        database,
        keyring=keyring or SystemKeyring(),
        clock=clock,
        random=random,
        cost=cost or ScryptCost(),
    )
    return Vault(database, slots, clock=clock, random=random)


def read_backend(path: Path) -> str:
    """What `Vault.backend` would say, without the owner's lock. Blocks.

    Raises:
        CoreError: the file cannot be read.
    """
    return _backend(read_only(path, VAULT_SCHEMA, read_slots) or {}, None)


def _backend(kinds: Mapping[SlotKind, object] | frozenset[SlotKind], by: SlotKind | None) -> str:
    if by in (SlotKind.KEYRING, SlotKind.PASSPHRASE):
        return by.value
    usual = (kind for kind in (SlotKind.KEYRING, SlotKind.PASSPHRASE) if kind in kinds)
    found = next(usual, None)
    return NO_BACKEND if found is None else found.value
