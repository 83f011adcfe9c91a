"""How a face finds the owner of a data folder: a socket in `run/`, reachable by this user alone.

POSIX: a Unix socket in the 0700 folder. Where there is none (Windows) or the path is too long for
one (107 bytes), a loopback port whose number and key lie in a 0600 file; both ends prove that they
could read it (HMAC-SHA-256 over both nonces), and the key itself never travels.
"""

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one JSON line; a status of 200 accounts is far below."""
_LONGEST_SOCKET_PATH = 100
_HANDSHAKE_TIMEOUT_S = 5.0

type Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listen(address: Path, serve: Serve) -> asyncio.Server:
    """Accept connections at `address` until the server is closed.

    The caller holds the owner lock: whatever lies at `address` is left over and is replaced.
    """
    _clear(address)
    if _has_unix_sockets(address):
        # The folder is 0700: whoever reaches the socket is this user.
        return await asyncio.start_unix_server(serve, path=str(address), limit=LONGEST_LINE)
    key = secrets.token_bytes(32)

    async def proven(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known = False
        with contextlib.suppress(asyncio.CancelledError):  # the loop ends in mid-handshake
            known = await _prove(reader, writer, key, b"owner", b"face")
        if known:
            await serve(reader, writer)
        else:
            writer.close()

    server = await asyncio.start_server(proven, host="127.0.0.1", port=0, limit=LONGEST_LINE)
    _leave_note(address, port=server.sockets[0].getsockname()[1], key=key)
    return server


async def connect(address: Path) -> Connection | None:
    """Reach the owner; None when nobody answers there (no owner, or what one left behind)."""
    try:
        if _is_unix_socket(address):
            return await asyncio.open_unix_connection(str(address), limit=LONGEST_LINE)
        port, key = _read_note(address)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_LINE)
    except (OSError, OverflowError, ValueError, KeyError, TypeError):
        return None
    if await _prove(reader, writer, key, b"face", b"owner"):
        return reader, writer
    writer.close()
    return None


def _clear(address: Path) -> None:
    address.unlink(missing_ok=True)


def _leave_note(address: Path, *, port: int, key: bytes) -> None:
    descriptor = os.open(address, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"port": port, "key": key.hex()}, file)


def _read_note(address: Path) -> tuple[int, bytes]:
    found = json.loads(address.read_text("ascii"))
    return int(found["port"]), bytes.fromhex(found["key"])


def _is_unix_socket(address: Path) -> bool:
    """What lies there decides: the owner may call the same folder by a shorter name than we do."""
    return hasattr(socket, "AF_UNIX") and address.is_socket()


def _has_unix_sockets(address: Path) -> bool:
    return hasattr(socket, "AF_UNIX") and len(os.fsencode(address)) <= _LONGEST_SOCKET_PATH


async def _prove(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    key: bytes,
    ours: bytes,
    theirs: bytes,
) -> bool:
    """Both ends send a nonce, then a proof over both; True when the other end knows the key."""
    nonce = secrets.token_bytes(32)
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(_HANDSHAKE_TIMEOUT_S):
            writer.write(nonce)
            their_nonce = await reader.readexactly(32)
            writer.write(_proof(key, ours, nonce, their_nonce))
            proof = await reader.readexactly(32)
            return hmac.compare_digest(proof, _proof(key, theirs, their_nonce, nonce))
    return False


def _proof(key: bytes, role: bytes, own: bytes, other: bytes) -> bytes:
    return hmac.digest(key, role + own + other, "sha256")
