"""One process owns the data folder: `run/owner.lock`, held for life and released by the kernel.

The lock is the kernel's, on the open file; what stands in the file (pid and mode, as JSON) is for
people and for "who is it" only. On POSIX `flock`, so that a watcher in another process may wait for
the owner's end with a blocking call and no polling; on Windows one byte far behind the content,
since a locked byte cannot be read there.
"""

import asyncio
import json
import os
import sys
import threading
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from core.storage.faults import translated
from core.storage.folders import make_private_folder

if sys.platform == "win32":
    import msvcrt

    _FAR_BYTE = 1 << 30

    def _lock(descriptor: int, *, wait: bool) -> bool:
        os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
        while True:
            try:
                # LK_LOCK itself gives up after ten attempts, one a second.
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if wait:
                    continue
                return False
            return True

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who owns the folder: `mode` is `tray`, `serve`, or the verb that writes."""

    pid: int
    mode: str


class OwnerLock:
    """The right to write in a data folder. `with` releases it."""

    def __init__(self, path: Path, *, mode: str) -> None:
        """`path` is `run/owner.lock`; `mode` is said to others who find it locked."""
        self._path = path
        self._mode = mode
        self._descriptor: int | None = None
        self._attempt: _Attempt | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def held(self) -> bool:
        """Whether this process owns the folder."""
        return self._descriptor is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; whether it is ours now.

        Raises:
            CoreError: the folder cannot be written.
        """
        if self._descriptor is None:
            with translated(self._path):
                self._keep(_acquire(self._path, wait=False))
        return self.held

    async def wait_acquire(self, timeout_s: float | None) -> bool:
        """Take the lock as soon as its owner ends; whether it is ours now.

        Does not poll: a thread waits in the kernel. When the wait ends before, the thread gives the
        lock back in the moment it gets it, unless a later call still wants it.

        Raises:
            CoreError: the folder cannot be written.
        """
        if self.try_acquire():
            return True
        attempt = self._attempt
        if attempt is None or not attempt.rejoin():
            attempt = self._attempt = _Attempt(self._path)
        try:
            # The other way round, `translated` would take the TimeoutError for the disk's.
            async with asyncio.timeout(timeout_s):
                with translated(self._path):
                    await attempt.over()
        except TimeoutError:
            pass
        finally:
            self._keep(attempt.take())
        return self.held

    def release(self) -> None:
        """Let the next one in. Not ours: does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def _keep(self, descriptor: int | None) -> None:
        if descriptor is None:
            return
        self._descriptor = descriptor
        content = json.dumps(asdict(Holder(pid=os.getpid(), mode=self._mode)))
        with translated(self._path):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, content.encode())


class _Attempt:
    """A thread that waits in the kernel for the lock, and keeps it only while it is wanted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._wanted = True
        self._ended = False
        self._descriptor: int | None = None
        self._over: Future[None] = Future()
        self._over.set_running_or_notify_cancel()  # whoever stops waiting does not cancel it
        threading.Thread(target=self._wait, name="owner lock", daemon=True).start()

    def rejoin(self) -> bool:
        """Want the lock again; False when the thread has ended meanwhile."""
        with self._guard:
            self._wanted = True
            return not self._ended

    async def over(self) -> None:
        """The lock is there, or cannot be had (raises OSError)."""
        await asyncio.wrap_future(self._over)

    def take(self) -> int | None:
        """The locked file; None when it is not there, and then it is not wanted any more."""
        with self._guard:
            self._wanted = False
            descriptor, self._descriptor = self._descriptor, None
            return descriptor

    def _wait(self) -> None:
        try:
            descriptor = _acquire(self._path, wait=True)
        except OSError as error:
            self._end(None)
            self._over.set_exception(error)
        else:
            self._end(descriptor)
            self._over.set_result(None)

    def _end(self, descriptor: int | None) -> None:
        with self._guard:
            self._ended = True
            if self._wanted:
                self._descriptor = descriptor
            elif descriptor is not None:
                os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """What the owner says of itself; to be asked when the lock could not be had.

    None when it has said nothing (yet). Without the lock nobody keeps this true.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        return Holder(pid=int(document["pid"]), mode=str(document["mode"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _acquire(path: Path, *, wait: bool) -> int | None:
    """The locked file's descriptor; None when another has it and we do not wait."""
    make_private_folder(path.parent)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            locked = _lock(descriptor, wait=wait)
            if locked and _is_still(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not locked:
            return None


def _is_still(path: Path, descriptor: int) -> bool:
    """The lock counts only on the file that others will open: not on a deleted one."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
