"""The form of a backup: accounts and logins, sealed by the vault key, with the slots that open it.

One JSON object: what it is, when it was made, the vault's id, the slots as they stand in `vault.db`
(a named backup may carry one more, for a passphrase of its own), the sealed accounts and logins,
and a checksum of it all, so that damage is seen without a key. Pure but for randomness.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from core.domain.account import Account, AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.storage.codec import DamagedDocumentError, from_text, to_text
from core.storage.slots import Random, Slot, SlotKind, WrongKeyError, seal, unseal

VERSION = 1
_KINDS = frozenset(kind.value for kind in SlotKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLogin:
    """The login of one account as it was."""

    account: AccountId
    credentials: Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a backup is made of: the accounts' rows, and the logins of those that had one."""

    accounts: tuple[Account, ...]
    logins: tuple[KeptLogin, ...] = field(repr=False)

    def login_of(self, account: AccountId) -> Credentials | None:
        """The login of one of the accounts."""
        return next((one.credentials for one in self.logins if one.account == account), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that is whole; its content is sealed.

    Attributes:
        made_at: when.
        vault: the id of the vault whose key sealed it.
        slots: what opens that key.
        sealed: nonce ‖ AES-256-GCM of `Kept`, with everything else as associated data.
    """

    made_at: datetime
    vault: str
    slots: tuple[Slot, ...]
    sealed: bytes


def compose(
    key: bytes,
    kept: Kept,
    *,
    vault: str,
    slots: tuple[Slot, ...],
    made_at: datetime,
    random: Random,
) -> str:
    """The text of a backup."""
    head = _head(made_at, vault, slots)
    sealed = seal(key, to_text(kept).encode(), about=_about(head), random=random)
    whole = {**head, "sealed": base64.b64encode(sealed).decode()}
    return json.dumps({**whole, "sha256": _checksum(whole)}, indent=1) + "\n"


def parse(text: str) -> Backup:
    """The backup that a text is; it is not opened.

    Raises:
        CoreError: `backup_unknown`, `backup_newer`, or `backup_damaged`: cut, or a byte changed.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(Sentence("it is cut, or is no JSON")) from None
    if not isinstance(document, dict) or document.get("turntable") != "backup":
        message = "This file is no backup of Turntable."
        raise CoreError("backup_unknown", message, "Name a file that `turntable backup` wrote.")
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        message = Sentence(
            "A newer Turntable made this backup (form {version}); nothing was changed.",
            version=version,
        )
        raise CoreError("backup_newer", message, "Restore it with that version.")
    checksum = document.pop("sha256", None)
    if version != VERSION or checksum != _checksum(document):
        raise _damaged(Sentence("its checksum does not fit"))
    return _read(cast("dict[str, object]", document))


def open_backup(backup: Backup, key: bytes) -> Kept:
    """What is sealed in a backup.

    Raises:
        CoreError: `backup_damaged`: the key does not open it.
    """
    about = _about(_head(backup.made_at, backup.vault, backup.slots))
    try:
        text = unseal(key, backup.sealed, about=about).decode()
        kept: Kept = from_text(Kept, text)
    except (WrongKeyError, UnicodeDecodeError, DamagedDocumentError):
        raise _damaged(Sentence("its key does not open it")) from None
    return kept


def _head(made_at: datetime, vault: str, slots: tuple[Slot, ...]) -> dict[str, object]:
    return {
        "turntable": "backup",
        "version": VERSION,
        "made_at": made_at.astimezone(UTC).isoformat(),
        "vault": vault,
        "slots": [
            {
                "kind": slot.kind.value,
                "parameters": slot.parameters,
                "sealed": base64.b64encode(slot.sealed).decode(),
            }
            for slot in slots
        ],
    }


def _about(head: dict[str, object]) -> bytes:
    return b"turntable backup 1\0" + _canonical(head)


def _checksum(document: dict[str, object]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _canonical(document: dict[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _read(document: dict[str, object]) -> Backup:
    """A document whose checksum fits was written by a program like ours."""
    try:
        made_at = datetime.fromisoformat(str(document["made_at"]))
        slots = tuple(
            Slot(
                kind=SlotKind(one["kind"]),
                parameters=str(one["parameters"]),
                sealed=base64.b64decode(str(one["sealed"]), validate=True),
            )
            for one in cast("list[dict[str, str]]", document["slots"])
            if one["kind"] in _KINDS
        )
        sealed = base64.b64decode(str(document["sealed"]), validate=True)
        return Backup(made_at=made_at, vault=str(document["vault"]), slots=slots, sealed=sealed)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise _damaged(Sentence("a part of it is missing")) from None


def _damaged(why: str) -> CoreError:
    hint = "Nothing was changed. Take another copy, or an older one of the folder `backups`."
    return CoreError("backup_damaged", Sentence("This backup is damaged: {why}.", why=why), hint)
