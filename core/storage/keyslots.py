"""Which slot opens the vault, and the way to the vault key through it.

Choice: a passphrase that was given counts; else the OS keyring; else the vault stays locked, with
the sentence that says what to do. Nothing here falls back to plain text, or to another slot
unasked.
"""

import sqlite3
from collections.abc import Mapping
from typing import assert_never

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.clock import Clock
from core.storage.database import Database
from core.storage.keys import KeyringUnavailableError, SystemKeyring
from core.storage.recovery import CODE_BYTES, typed, written
from core.storage.slots import (
    KEY_BYTES,
    Random,
    ScryptCost,
    Slot,
    SlotKind,
    WrongKeyError,
    keyring_slot,
    open_slot,
    passphrase_slot,
    recovery_slot,
)
from core.storage.worker import Worker

_VAULT_ID_BYTES = 12
_SET_PASSPHRASE = "Set TURNTABLE_PASSPHRASE, or TURNTABLE_PASSPHRASE_FILE, and try again."


class KeySlots:
    """The slots of one vault. The vault key passes through; it is not kept here."""

    def __init__(
        self,
        database: Database,
        slots: Mapping[SlotKind, Slot],
        *,
        keyring: SystemKeyring,
        clock: Clock,
        random: Random,
        cost: ScryptCost,
    ) -> None:
        """Made by `load_slots`."""
        self._database = database
        self._slots = dict(slots)
        self._keyring = keyring
        self._clock = clock
        self._random = random
        self._cost = cost
        # scrypt takes half a second of computing: not on the loop, nor before a commit.
        self._deriving = Worker("scrypt")

    @property
    def kinds(self) -> frozenset[SlotKind]:
        """What can open this vault; empty before the first secret."""
        return frozenset(self._slots)

    def usual(self, *, passphrase: bool) -> SlotKind | None:
        """The slot that opens the vault without asking; None when a person must help.

        Args:
            passphrase: whether one was given.
        """
        if passphrase and SlotKind.PASSPHRASE in self._slots:
            return SlotKind.PASSPHRASE
        return SlotKind.KEYRING if SlotKind.KEYRING in self._slots else None

    async def open(self, kind: SlotKind, secret: str | None) -> bytes:
        """The vault key through one slot; `secret` is a passphrase or a recovery code as typed.

        Raises:
            CoreError: `locked`, exit code locked; nothing was changed.
        """
        slot = self._slots.get(kind)
        if slot is None:
            raise locked(Sentence("This vault has no {kind} slot.", kind=kind.value), self.hint())
        return await self.open_carried(await self._vault_id(), slot, secret)

    async def carried(self) -> tuple[str, tuple[Slot, ...]]:
        """The vault's id and its slots: all that a backup needs to be opened elsewhere."""
        return await self._vault_id(), tuple(self._slots.values())

    async def open_carried(self, vault: str, slot: Slot, secret: str | None) -> bytes:
        """The vault key through a slot of this or another vault; `secret` as for `open`.

        Raises:
            CoreError: `locked`, exit code locked.
        """
        match slot.kind:
            case SlotKind.KEYRING:
                known: str | bytes = await self._keyring_entry(vault)
            case SlotKind.PASSPHRASE:
                known = secret or ""
            case SlotKind.RECOVERY:
                known = typed(secret or "")
            case _:
                assert_never(slot.kind)
        try:
            return await self._deriving.run(lambda: open_slot(vault, slot, known))
        except WrongKeyError:
            raise locked(_WRONG[slot.kind], self.hint()) from None

    async def create(self, passphrase: str | None) -> tuple[bytes, SlotKind]:
        """A new vault key in its first slot: the passphrase's if one was given, else the keyring's.

        Raises:
            CoreError: `no_key_slot`, exit code locked: neither is there.
        """
        key = self._random(KEY_BYTES)
        if passphrase is not None:
            await self.add_passphrase(key, passphrase)
            return key, SlotKind.PASSPHRASE
        try:
            await self.add_keyring(key)
        except KeyringUnavailableError as error:
            raise CoreError(
                "no_key_slot",
                Sentence(
                    "There is no keyring to keep the key of your logins ({why}); nothing was "
                    "saved.",
                    why=error.why,
                ),
                _SET_PASSPHRASE,
                exit_code=ExitCode.LOCKED,
            ) from None
        return key, SlotKind.KEYRING

    async def add_passphrase(self, key: bytes, passphrase: str) -> None:
        """Let `passphrase` open the vault, instead of an earlier one.

        Raises:
            CoreError: `bad_passphrase`, exit code usage: it is empty.
        """
        if not passphrase.strip():
            raise CoreError(
                "bad_passphrase", "The passphrase is empty.", "", exit_code=ExitCode.USAGE
            )
        await self._save(await self.passphrase_for(await self._vault_id(), key, passphrase))

    async def add_keyring(self, key: bytes) -> None:
        """Let the OS keyring open the vault.

        Raises:
            KeyringUnavailableError: there is none that keeps what it is given.
        """
        vault = await self._vault_id()
        # An entry that is there may open a copy of this vault (a backup, a moved folder): keep it.
        entry = await self._keyring.get(vault)
        if entry is None or len(entry) != KEY_BYTES:
            entry = self._random(KEY_BYTES)
            await self._keyring.set(vault, entry)
        await self._save(keyring_slot(vault, key, entry, random=self._random))

    async def add_recovery(self, key: bytes) -> str:
        """A new recovery code, instead of an earlier one; this is the only time it is shown."""
        code = self._random(CODE_BYTES)
        vault = await self._vault_id()
        await self._save(recovery_slot(vault, key, code, random=self._random))
        return written(code)

    async def remade(
        self, key: bytes, passphrase: str | None
    ) -> tuple[tuple[Slot, ...], str | None]:
        """Each slot again, around another vault key; nothing is written.

        Returns:
            The slots, and a new recovery code where there was one.

        Raises:
            CoreError: `locked`: keyring or passphrase do not open the vault as it is.
        """
        vault, slots, code = await self._vault_id(), [], None
        if SlotKind.KEYRING in self._slots:
            entry = await self._keyring_entry(vault)
            slots.append(keyring_slot(vault, key, entry, random=self._random))
        if SlotKind.PASSPHRASE in self._slots:
            await self.open(SlotKind.PASSPHRASE, passphrase)
            slots.append(await self.passphrase_for(vault, key, passphrase or ""))
        if SlotKind.RECOVERY in self._slots:
            drawn = self._random(CODE_BYTES)
            slots.append(recovery_slot(vault, key, drawn, random=self._random))
            code = written(drawn)
        return tuple(slots), code

    def write(self, connection: sqlite3.Connection, slots: tuple[Slot, ...]) -> None:
        """Write slots in a transaction of the caller's; `took` says that it was committed."""
        now = self._clock.now().isoformat()
        for slot in slots:
            connection.execute(
                "INSERT OR REPLACE INTO slot VALUES (?, ?, ?, ?)",
                (slot.kind.value, slot.parameters, slot.sealed, now),
            )

    def took(self, slots: tuple[Slot, ...]) -> None:
        """These slots are in the file now."""
        self._slots.update({slot.kind: slot for slot in slots})

    async def remove(self, kind: SlotKind) -> None:
        """Close one way to the vault.

        Raises:
            CoreError: `last_key_slot`: the vault could not be opened any more.
        """
        if not set(self._slots) - {kind, SlotKind.RECOVERY}:
            raise CoreError(
                "last_key_slot",
                Sentence(
                    "The {kind} is the only thing that opens your logins; it was kept.",
                    kind=kind.value,
                ),
                "Add another one first.",
            )
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM slot WHERE kind = ?", (kind,))
        )
        self._slots.pop(kind, None)

    def hint(self) -> str:
        """What a person can do to open this vault."""
        if SlotKind.PASSPHRASE in self._slots:
            return _SET_PASSPHRASE
        if SlotKind.RECOVERY in self._slots:
            return "Unlock the desktop’s keyring and try again, or use the recovery code."
        return "Unlock the desktop’s keyring and try again."

    def close(self) -> None:
        """End the threads."""
        self._deriving.stop()
        self._keyring.close()

    async def passphrase_for(self, vault: str, key: bytes, passphrase: str) -> Slot:
        """A slot that the passphrase opens; it is not written."""
        return await self._deriving.run(
            lambda: passphrase_slot(vault, key, passphrase, cost=self._cost, random=self._random)
        )

    async def _keyring_entry(self, vault: str) -> bytes:
        try:
            entry = await self._keyring.get(vault)
        except KeyringUnavailableError as error:
            raise locked(
                Sentence("The keyring cannot be read: {why}.", why=error.why), self.hint()
            ) from None
        if entry is None:
            raise locked("The keyring does not hold the key of your logins.", self.hint())
        return entry

    async def _vault_id(self) -> str:
        """Written before the first slot: a second attempt then finds the same keyring entry."""
        fresh = self._random(_VAULT_ID_BYTES).hex()

        def known_or_fresh(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT OR IGNORE INTO vault VALUES (1, ?)", (fresh,))
            (known,) = connection.execute("SELECT id FROM vault").fetchone()
            return str(known)

        return await self._database.write(known_or_fresh)

    async def _save(self, slot: Slot) -> None:
        await self._database.write(lambda connection: self.write(connection, (slot,)))
        self.took((slot,))


async def load_slots(
    database: Database, *, keyring: SystemKeyring, clock: Clock, random: Random, cost: ScryptCost
) -> KeySlots:
    """The slots that the file holds; asks no keyring.

    Raises:
        CoreError: the file cannot be read.
    """
    slots = await database.read(read_slots)
    return KeySlots(database, slots, keyring=keyring, clock=clock, random=random, cost=cost)


def read_slots(connection: sqlite3.Connection) -> dict[SlotKind, Slot]:
    """The rows of the slots; kinds of a later version are left alone."""
    found = connection.execute("SELECT kind, parameters, sealed FROM slot").fetchall()
    known = {kind.value for kind in SlotKind}
    return {
        SlotKind(kind): Slot(kind=SlotKind(kind), parameters=parameters, sealed=sealed)
        for kind, parameters, sealed in found
        if kind in known
    }


def locked(what: str, hint: str) -> CoreError:
    """The vault stays closed; nothing was changed."""
    return CoreError("locked", what, hint, exit_code=ExitCode.LOCKED)


_WRONG: Mapping[SlotKind, str] = {
    SlotKind.KEYRING: "The keyring holds another key than that of your logins.",
    SlotKind.PASSPHRASE: "This passphrase does not open your logins; nothing was changed.",
    SlotKind.RECOVERY: "This recovery code does not open your logins; nothing was changed.",
}
