"""By what the listener proves that it is this Turntable: for the doctor, and for the guard.

The key lies in `run/health.key` while something is bound. It opens nothing: whoever has it can
tell one listener from another, and no more. Standard library only, for the guard.
"""

import hashlib
import hmac
from contextlib import suppress
from pathlib import Path

from core.binding.durable import Disk, disk_errors
from core.binding.places import Places


def proof(key: bytes, *, nonce: str, port: int, bind: str) -> str:
    """HMAC-SHA-256 (hex) of nonce, accepted port and bind id, a line each (INTERFACES §4)."""
    said = f"{nonce}\n{port}\n{bind}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def keep_key(root: Path, key: bytes) -> None:
    """Let the guard of the data folder `root` know this run's key.

    Raises:
        CoreError: a disk error.
    """
    path, content = Places(root).health_key, key.hex().encode()
    with disk_errors(path):
        if not path.exists() or path.read_bytes() != content:
            forget_key(root)  # by an older run's key this one would seem to hang
            Disk().save(path, content, what="key")


def forget_key(root: Path) -> None:
    """Nothing has to prove itself any more."""
    with suppress(OSError):  # a key that stays is that of nobody
        Places(root).health_key.unlink()


def kept_key(root: Path) -> bytes | None:
    """The key of the run that binds now; None where none was left."""
    try:
        return bytes.fromhex(Places(root).health_key.read_text("ascii"))
    except (OSError, ValueError):
        return None
