"""One bind or unbind at a time, whoever does it: owner, guard, login entry or command line."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.binding.durable import PRIVATE_FILE, PRIVATE_FOLDER, disk_errors
from core.domain.errors import CoreError

_PAUSE_S = 0.02
_PATIENCE_S = 5.0


class BindLock:
    """An advisory lock on `run/bind.lock`. The system releases it when its holder dies."""

    def __init__(self, path: Path, *, patience_s: float = _PATIENCE_S) -> None:
        """The file is made when the lock is first held; it is never removed.

        `patience_s`: how long another holder is waited for; an act takes milliseconds.
        """
        self._path = path
        self._attempts = round(patience_s / _PAUSE_S)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            CoreError: `bind_busy` or a disk error.
        """
        with disk_errors(self._path):
            self._path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            self._take(descriptor)
            yield
        finally:
            # Closing releases the lock, here as in a crash.
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        for _ in range(self._attempts):
            if try_lock(descriptor):
                return
            time.sleep(_PAUSE_S)
        raise CoreError(
            "bind_busy",
            "Another program is binding or unbinding Codex right now; nothing was changed.",
            "Try again in a moment.",
        )


if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read on Windows: far behind whatever the file holds.
    _FAR_BYTE = 1 << 30

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process alone, if nobody else has; whether we did."""
        os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process alone, if nobody else has; whether we did."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
