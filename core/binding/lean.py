"""Keeps OpenSSL out of the guard's process: a fifth of its memory, and it only wants a SHA-256."""

import sys
from importlib.util import find_spec

_OF_PYTHON = ("_md5", "_sha1", "_sha2", "_sha3", "_blake2")


def spare_openssl() -> None:
    """Have `hashlib` use Python's own code; to be called before it is loaded.

    Some distributions leave that code out of their Python: there everything stays as it is.
    """
    if all(find_spec(name) for name in _OF_PYTHON):
        sys.modules["_hashlib"] = None  # type: ignore[assignment]
