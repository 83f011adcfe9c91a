"""Whether the data folder has an owner: asked of the kernel, which knows also after kill -9.

The owner holds `run/owner.lock` for its life (`core.storage.lock`) and writes `{"pid", "mode"}`
into it. We wait for a shared lock on the same file, so that the kernel wakes us at its end.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
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
    def no_owner(
        self,
        *,
        wait: bool,
        every_s: float | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Iterator[bool]:
        """Keep owners out while the block runs: a new one waits until it is over.

        Args:
            wait: until the owner ends, however long; else look once.
            every_s: with `wait`: how often `meanwhile` is called before that; never unless given.
            meanwhile: what is done beside waiting.

        Yields:
            Whether there is no owner; always true with `wait`.

        Raises:
            FileNotFoundError: the data folder is gone.
        """
        if wait and every_s is not None:
            descriptor = _Wait(lambda: self._locked(wait=True)).result(every_s, meanwhile)
        else:
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

        Costs one `stat`; only where the file has changed is the lock itself looked at. Where it is
        gone nobody is back, and none is made: the data folder may just be being removed.
        """
        look = self._look()
        if look is None or look == self._seen:
            return False
        with contextlib.suppress(FileNotFoundError), self.no_owner(wait=False) as free:
            if not free and self._mode() in _OWNERS:
                return True
        if self._mode() is not None:
            # A verb's moment. A file without content is an owner that has not signed yet.
            self._seen = look
        return False

    def end_owner(self) -> bool:
        """Kill the tray or `serve` that holds the lock; False: it is not certain who that is."""
        pid = self._pid()
        if pid is None or self._mode() not in _OWNERS or not has_open(pid, self._path):
            return False
        try:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError:
            return False
        return True

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

    def _pid(self) -> int | None:
        try:
            return int(json.loads(self._path.read_bytes())["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class _Wait:
    """A thread that waits in the kernel, so that we can do something beside it."""

    def __init__(self, wait: Callable[[], int | None]) -> None:
        """Starts waiting."""
        self._wait = wait
        self._found: int | None = None
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="owner lock", daemon=True)
        self._thread.start()

    def result(self, every_s: float, meanwhile: Callable[[], None]) -> int | None:
        """What was waited for; raises what the wait has raised."""
        while True:
            self._thread.join(every_s)
            if not self._thread.is_alive():
                break
            meanwhile()
        if self._error is not None:
            raise self._error
        return self._found

    def _run(self) -> None:
        try:
            self._found = self._wait()
        except OSError as error:
            self._error = error


def has_open(pid: int, path: Path) -> bool:
    """Whether the process has this very file open, and so its lock; true where nobody tells.

    A process id that is read from a file may be an old one, or that of another container.
    """
    if not Path("/proc/self/fd").exists():
        return True
    try:
        wanted = path.stat()
        opened = tuple(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for link in opened:
        with contextlib.suppress(OSError):  # closed just now
            if os.path.samestat(link.stat(), wanted):
                return True
    return False
