"""The recovery code: 128 random bits as people can write them down and type them again. Pure.

28 signs in groups of four, Crockford's Base32 (no I, L, O, U; small letters and the usual mix-ups
are read as meant). The last 12 bits are a checksum, so that a slip is told from a wrong code.
"""

import hashlib

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

CODE_BYTES = 16
_CHECK_BITS = 12
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OIL", "011", " -")
_LENGTH = (CODE_BYTES * 8 + _CHECK_BITS) // 5


def written(code: bytes) -> str:
    """The code as it is shown: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`."""
    number = int.from_bytes(code) << _CHECK_BITS | _checksum(code)
    signs = "".join(_SIGNS[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return "-".join(signs[start : start + 4] for start in range(0, _LENGTH, 4))


def typed(text: str) -> bytes:
    """The code's bytes, from what somebody typed.

    Raises:
        CoreError: `bad_recovery_code`, exit code usage: it cannot be a code of ours.
    """
    signs = text.upper().translate(_MEANT).strip()
    if len(signs) != _LENGTH or any(sign not in _SIGNS for sign in signs):
        raise _slip(Sentence("A recovery code has {count} letters and digits.", count=_LENGTH))
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    code = (number >> _CHECK_BITS).to_bytes(CODE_BYTES)
    if number & (1 << _CHECK_BITS) - 1 != _checksum(code):
        raise _slip("There is a slip in this recovery code.")
    return code


def _checksum(code: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"turntable\0" + code).digest()[:2]) >> 16 - _CHECK_BITS


def _slip(what: str) -> CoreError:
    hint = "Type it as it was shown when it was made; nothing was changed."
    return CoreError("bad_recovery_code", what, hint, exit_code=ExitCode.USAGE)
