"""The sealed form of opencode-multi-auth's store (PROTOCOL §8). Pure but for randomness.

`{encrypted: true, version: 2, salt, iv, tag, data}`, base64: AES-256-GCM without associated data,
key = scrypt(passphrase, salt, N=16384 r=8 p=1, 32 bytes); 16 bytes of salt, 12 of iv.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping

_N, _R, _P = 16384, 8, 1
_KEY_BYTES, _SALT_BYTES, _IV_BYTES, _TAG_BYTES = 32, 16, 12, 16


class DoesNotOpenError(Exception):
    """Another passphrase sealed it, or it is damaged."""


def is_sealed(document: Mapping[str, object]) -> bool:
    """Whether it is this form, of whatever version."""
    return document.get("encrypted") is True


def open_sealed(document: Mapping[str, object], passphrase: str) -> str:
    """The text inside.

    Raises:
        DoesNotOpenError: it does not open.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, iv, tag, data = (_part(document, name) for name in ("salt", "iv", "tag", "data"))
    if len(tag) != _TAG_BYTES or not 8 <= len(iv) <= 64:
        raise DoesNotOpenError
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(iv, data + tag, None).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise DoesNotOpenError from None


def seal_again(text: str, passphrase: str, *, random: Callable[[int], bytes]) -> dict[str, object]:
    """The document that holds `text`, under fresh salt and iv."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, iv = random(_SALT_BYTES), random(_IV_BYTES)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(iv, text.encode(), None)
    parts = {"salt": salt, "iv": iv, "tag": sealed[-_TAG_BYTES:], "data": sealed[:-_TAG_BYTES]}
    written = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    return {"encrypted": True, "version": 2, **written}


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_KEY_BYTES)


def _part(document: Mapping[str, object], name: str) -> bytes:
    value = document.get(name)
    try:
        return base64.b64decode(value if isinstance(value, str) else "*", validate=True)
    except (binascii.Error, ValueError):
        raise DoesNotOpenError from None
