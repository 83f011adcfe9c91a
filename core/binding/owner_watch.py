"""Whether the data folder has an owner: asked of the kernel, which knows also after kill -9.

The owner holds `run/owner.lock` for its life (`core.storage.lock`) and writes `{"pid", "mode"}`
into it. We wait for a shared lock on the same file, so that the kernel wakes us; nothing is polled
while an owner lives.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_OWNERS = frozenset({"tray", "serve"})
"""Who listens. A verb of the command line holds the lock for a moment too, and wants no port."""

type _Look = tuple[int, int, int] | None

if sys.platform == "win32":
    import msvcrt

    _FAR_BYTE = 1 << 30

    def _shared(descriptor: int, *, wait: bool) -> bool:
        """Windows knows no shared lock here; ours is held for milliseconds."""
        os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if wait:
                    continue
                return False
            return True

else:
    import fcntl

    def _shared(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


class OwnerWatch:
    """One watcher's view of the owner lock."""

    def __init__(self, path: Path) -> None:
        """`path` is `run/owner.lock`."""
        self._path = path
        self._seen: _Look = None

    @contextlib.contextmanager
    def no_owner(self, *, wait: bool) -> Iterator[bool]:
        """Keep owners out while the block runs: a new one waits until it is over.

        Args:
            wait: until the owner ends, however long; else look once.

        Yields:
            Whether there is no owner; always true with `wait`.

        Raises:
            FileNotFoundError: the data folder is gone.
        """
        descriptor = self._locked(wait=wait)
        if descriptor is None:
            yield False
            return
        try:
            self._seen = self._look()
            yield True
        finally:
            os.close(descriptor)

    def owner_is_back(self) -> bool:
        """Whether a tray or `serve` has taken the lock since `no_owner` was left.

        Costs one `stat`; only where the file has changed is the lock itself looked at.
        """
        if (look := self._look()) == self._seen:
            return False
        with contextlib.suppress(FileNotFoundError), self.no_owner(wait=False) as free:
            if not free and self._mode() in _OWNERS:
                return True
        if self._mode() is not None:
            # A verb's moment. A file without content is an owner that has not signed yet.
            self._seen = look
        return False

    def _locked(self, *, wait: bool) -> int | None:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                locked = _shared(descriptor, wait=wait)
                # The lock counts only on the file that others will open, not on a deleted one.
                if locked and self._is_still(descriptor):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
            if not locked:
                return None

    def _is_still(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def _look(self) -> _Look:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _mode(self) -> str | None:
        try:
            return str(json.loads(self._path.read_bytes())["mode"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
