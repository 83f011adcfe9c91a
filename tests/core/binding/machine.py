"""Owners that are started, killed and followed by a guard, on a machine of their own."""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.binding.bind_lock import try_lock
from core.binding.last_words import SENTENCE
from core.binding.places import Places
from tests.core.binding.homes import Place

PROJECT = Path(__file__).parents[3]
AT_ONCE_S = 10.0


def soon(what: Callable[[], bool]) -> None:
    """Wait until `what` holds, 10 s at most: what a user is promised."""
    end = time.monotonic() + AT_ONCE_S
    tick = threading.Event()
    while not what():
        assert time.monotonic() < end, "not within ten seconds"
        tick.wait(0.01)


class Machine:
    """A Codex home, a data folder, and the owners that are started on them."""

    def __init__(self, root: Path) -> None:
        self.place = Place(root)
        self.home = root / "turntable"
        self.guards: set[int] = set()
        self._owners: list[subprocess.Popen[str]] = []
        self._locks: list[int] = []

    def start(self) -> tuple[subprocess.Popen[str], int, int]:
        """An owner that is up; its process, its port and its guard."""
        owner = subprocess.Popen(
            [sys.executable, "-m", "tests.core.binding.owner", str(self.place.root)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TURNTABLE_PASSPHRASE": "fake-passphrase"},
            start_new_session=True,
        )
        self._owners.append(owner)
        assert owner.stdout is not None
        self.attempts = json.loads(owner.stdout.readline())["attempts"]
        up = json.loads(owner.stdout.readline())
        self.guards.add(up["guard"])
        self._locks.append(os.open(Places(self.home).guard_lock, os.O_RDWR))
        return owner, up["port"], up["guard"]

    def guard_is_gone(self) -> bool:
        """Nobody holds the guard's lock."""
        descriptor = os.open(Places(self.home).guard_lock, os.O_RDWR | os.O_CREAT)
        try:
            return try_lock(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """No process is left."""
        for owner in self._owners:
            owner.kill()
            owner.communicate()
        for guard in self.guards:
            with contextlib.suppress(ProcessLookupError):
                os.kill(guard, signal.SIGKILL)
        for lock in self._locks:  # also of a data folder that was removed
            soon(functools.partial(try_lock, lock))
            os.close(lock)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def said(port: int, request: bytes) -> bytes:
    """What is answered at `port`, to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=AT_ONCE_S) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    return answer


def tells(port: int) -> bool:
    """The guard answers there with its sentence."""
    try:
        return SENTENCE.encode() in said(port, b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
    except ConnectionError:
        return False
