"""Files that are ours alone: 0600 in 0700, and on the disk when we say so.

Windows has no such modes; there a user's own profile folder is closed to others already.
"""

import os
import sys
import tempfile
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, 0700. A folder that is there stays as it is."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def create_private(path: Path) -> None:
    """Make an empty file 0600, or close an existing one to others."""
    make_private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32" and os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes) -> None:
    """Replace the file at once and for good: whoever looks sees the old one or the new one, whole.

    A symbolic link is followed: what it points to is replaced.
    """
    target = path.resolve()
    make_private_folder(target.parent)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make names in `folder` durable. Windows does so by itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
