"""Writing so that a crash at any instruction leaves the old file or the new one, never a mix.

Stage beside the target, flush to the disk, rename over it, flush the folder. Before each act the
`step` that was handed in is called with the act's name: a test stops, kills or breaks there.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

type Step = Callable[[str], None]


def no_step(_act: str) -> None:
    """The step of a program in use: nothing happens between two acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A regular file as it was read: content, permission bits, owner."""

    content: bytes = field(repr=False)
    mode: int
    uid: int
    gid: int


class Disk:
    """The durable acts. Each is atomic by itself; `OSError` passes through."""

    def __init__(self, step: Step = no_step) -> None:
        """`step` is called with the name of each act right before it."""
        self._step = step

    def stage(
        self, path: Path, content: bytes, *, mode: int, like: FileState | None, what: str
    ) -> None:
        """Write a new file, flushed to the disk; a leftover of the same name is replaced.

        Args:
            path: the temporary name, in the folder of the later target.
            content: everything.
            mode: permission bits; until they are set nobody but us can read it.
            like: whose owner and group the file shall have.
            what: the first word of the acts' names.
        """
        self._step(f"{what}: create")
        path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, PRIVATE_FILE)
        try:
            self._step(f"{what}: write")
            _write_all(descriptor, content)
            _adopt(descriptor, mode, like)
            self._step(f"{what}: sync")
            _flush(descriptor)
        finally:
            os.close(descriptor)

    def commit(self, staged: Path, target: Path, *, what: str) -> None:
        """Put the staged file in the target's place."""
        self._step(f"{what}: rename")
        staged.replace(target)
        self._step(f"{what}: sync folder")
        _flush_folder(target.parent)

    def save(self, path: Path, content: bytes, *, what: str) -> None:
        """Stage and commit a private file of our own; where there is no room, in place."""
        staged = path.with_name(path.name + ".tmp")
        try:
            self.stage(staged, content, mode=PRIVATE_FILE, like=None, what=what)
            self.commit(staged, path, what=what)
        except OSError as error:
            staged.unlink(missing_ok=True)
            if not is_full(error) or not path.exists():
                raise
            self.overwrite(path, content, what=what)

    def overwrite(self, path: Path, content: bytes, *, what: str) -> None:
        """The last resort on a full disk: write over the blocks that the file has already.

        Line feeds fill the rest of the old length until the file is cut, so that what lies there
        in between is the new content too, for a format that ignores blank lines at the end.

        Raises:
            OSError: `ENOSPC`: the content is longer than the file.
        """
        self._step(f"{what}: overwrite")
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        try:
            length = os.fstat(descriptor).st_size
            if len(content) > length:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _write_all(descriptor, content.ljust(length, b"\n"))
            _flush(descriptor)
            self._step(f"{what}: cut")
            os.ftruncate(descriptor, len(content))
            _flush(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: Path, *, what: str) -> None:
        """Remove a file if it is there."""
        self._step(f"{what}: remove")
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _flush_folder(path.parent)

    def make_folder(self, path: Path, *, what: str) -> None:
        """Make a private folder; its parent exists."""
        self._step(f"{what}: make")
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        _flush_folder(path.parent)

    def remove_folder(self, path: Path, *, what: str) -> None:
        """Remove a folder if it is empty."""
        self._step(f"{what}: remove")
        try:
            path.rmdir()
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
                raise

    def change_mode(self, path: Path, mode: int, *, what: str) -> None:
        """Set the permission bits of a file."""
        self._step(f"{what}: mode")
        path.chmod(mode)


def read_file(path: Path) -> FileState | None:
    """A regular file's state; None when there is none.

    Raises:
        CoreError: `config_not_a_file`.
        OSError: it cannot be read.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise CoreError(
                "config_not_a_file",
                Sentence("{path} is not a file; nothing was changed.", path=path),
                "Move it away and try again.",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return FileState(
        content=content, mode=stat.S_IMODE(found.st_mode), uid=found.st_uid, gid=found.st_gid
    )


def is_full(error: OSError) -> bool:
    """There is no room for another file; room in the old one may be left."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Tell a person what the system said about `path`.

    Raises:
        CoreError: `disk_full`, `config_read_only` or `config_unreachable`.
    """
    try:
        yield
    except OSError as error:
        raise _told(error, path) from error


def _told(error: OSError, path: Path) -> CoreError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return CoreError(
                "disk_full",
                Sentence(
                    "There is no room to write {path} ({reason}); nothing was changed.",
                    path=path,
                    reason=reason,
                ),
                "Free some space and try again.",
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return CoreError(
                "config_read_only",
                Sentence(
                    "You may not write {path} ({reason}); nothing was changed.",
                    path=path,
                    reason=reason,
                ),
                "Make the file and its folder writable and try again.",
            )
        case _:
            return CoreError(
                "config_unreachable",
                Sentence(
                    "{path} could not be read or written ({reason}); nothing was changed.",
                    path=path,
                    reason=reason,
                ),
                "Look at the file and its disk, and try again.",
            )


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _flush(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # fsync(2) on macOS: the drive may still reorder; F_FULLFSYNC is the real one.
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    os.fsync(descriptor)


if sys.platform == "win32":

    def _adopt(descriptor: int, mode: int, like: FileState | None) -> None:
        """Windows: the new file has the folder's access list, as the old one had."""

    def _flush_folder(path: Path) -> None:
        """Windows has no such call; its file system's journal orders renames."""

else:

    def _adopt(descriptor: int, mode: int, like: FileState | None) -> None:
        """Give the new file its owner and then its permission bits."""
        if like is not None:
            own = os.fstat(descriptor)
            if (own.st_uid, own.st_gid) != (like.uid, like.gid):
                os.fchown(descriptor, like.uid, like.gid)
        os.fchmod(descriptor, mode)

    def _flush_folder(path: Path) -> None:
        """Make a rename durable."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
