"""Key slots: each holds the vault key, sealed under a key of its own. Pure but for randomness.

A slot's own key comes from the OS keyring (32 random bytes that lie there), from a passphrase
(scrypt), or from the recovery code (HKDF: the code is random enough by itself). Opening a slot
proves itself: AES-GCM fails on a wrong key, so no check value of the passphrase is kept.

The cipher is imported where it is used: a verb that only reads opens nothing and is in a hurry.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12

type Random = Callable[[int], bytes]
"""So many bytes that nobody can guess (`os.urandom`)."""


class SlotKind(StrEnum):
    """What opens a slot."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScryptCost:
    """What a guess of the passphrase costs (RFC 7914): 128·r·N bytes of memory."""

    n: int = 2**17
    r: int = 8
    p: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One row: what is needed besides the secret, and the sealed vault key.

    Attributes:
        kind: what opens it.
        parameters: JSON; salt and cost of a derivation.
        sealed: nonce ‖ AES-256-GCM of the vault key, with vault id and kind as associated data.
    """

    kind: SlotKind
    parameters: str
    sealed: bytes


class WrongKeyError(Exception):
    """What was given does not open it."""


def seal(key: bytes, content: bytes, *, about: bytes, random: Random) -> bytes:
    """Encrypt and bind to `about`: AES-256-GCM under a random nonce, which comes first."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = random(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, about)


def unseal(key: bytes, sealed: bytes, *, about: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        WrongKeyError: another key, other associated data, or a changed byte.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != KEY_BYTES or len(sealed) < _NONCE_BYTES:
        raise WrongKeyError
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except InvalidTag:
        raise WrongKeyError from None


def passphrase_slot(
    vault: str, key: bytes, passphrase: str, *, cost: ScryptCost, random: Random
) -> Slot:
    """A slot that the passphrase opens. Takes `cost` of time and memory."""
    salt = random(_SALT_BYTES)
    parameters = {"kdf": "scrypt", "salt": salt.hex(), "n": cost.n, "r": cost.r, "p": cost.p}
    slot_key = _from_passphrase(passphrase, salt, cost)
    return _slot(
        vault, SlotKind.PASSPHRASE, key, slot_key=slot_key, parameters=parameters, random=random
    )


def recovery_slot(vault: str, key: bytes, code: bytes, *, random: Random) -> Slot:
    """A slot that the recovery code (its bytes, see `core.storage.recovery`) opens."""
    salt = random(_SALT_BYTES)
    parameters = {"kdf": "hkdf-sha256", "salt": salt.hex()}
    slot_key = _from_code(code, salt)
    return _slot(
        vault, SlotKind.RECOVERY, key, slot_key=slot_key, parameters=parameters, random=random
    )


def keyring_slot(vault: str, key: bytes, entry: bytes, *, random: Random) -> Slot:
    """A slot that the keyring's entry opens."""
    return _slot(vault, SlotKind.KEYRING, key, slot_key=entry, parameters={}, random=random)


def open_slot(vault: str, slot: Slot, secret: str | bytes) -> bytes:
    """The vault key. `secret`: the passphrase, the recovery code's bytes, or the keyring's entry.

    Raises:
        WrongKeyError: the secret does not open it, or the slot is damaged.
    """
    try:
        parameters = json.loads(slot.parameters)
        match slot.kind:
            case SlotKind.PASSPHRASE:
                slot_key = _from_passphrase(str(secret), *_scrypt_parameters(parameters))
            case SlotKind.RECOVERY:
                slot_key = _from_code(_bytes(secret), bytes.fromhex(parameters["salt"]))
            case SlotKind.KEYRING:
                slot_key = _bytes(secret)
    except (ValueError, KeyError, TypeError):
        raise WrongKeyError from None
    return unseal(slot_key, slot.sealed, about=_about(vault, slot.kind))


def _slot(
    vault: str,
    kind: SlotKind,
    key: bytes,
    *,
    slot_key: bytes,
    parameters: dict[str, Any],
    random: Random,
) -> Slot:
    sealed = seal(slot_key, key, about=_about(vault, kind), random=random)
    return Slot(kind=kind, parameters=json.dumps(parameters), sealed=sealed)


def _about(vault: str, kind: SlotKind) -> bytes:
    return f"turntable slot 1\0{vault}\0{kind.value}".encode()


def _bytes(secret: str | bytes) -> bytes:
    if not isinstance(secret, bytes):
        raise TypeError("a text is no key")
    return secret


def _from_passphrase(passphrase: str, salt: bytes, cost: ScryptCost) -> bytes:
    # NFKC: the same letters typed on another keyboard or system are the same passphrase.
    return hashlib.scrypt(
        unicodedata.normalize("NFKC", passphrase).encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=256 * cost.n * cost.r,  # twice what scrypt needs
        dklen=KEY_BYTES,
    )


def _from_code(code: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt, b"turntable recovery code 1").derive(code)


def _scrypt_parameters(parameters: Any) -> tuple[bytes, ScryptCost]:
    cost = ScryptCost(n=parameters["n"], r=parameters["r"], p=parameters["p"])
    # A file that somebody changed must not make us take all the memory there is.
    if not (2 <= cost.n <= 2**20 and 1 <= cost.r <= 16 and 1 <= cost.p <= 4):
        raise ValueError("cost out of bounds")
    return bytes.fromhex(parameters["salt"]), cost
