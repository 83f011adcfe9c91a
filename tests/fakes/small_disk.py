"""A disk of its own that is soon full: a tmpfs of 4 MiB."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE = 4 * 1024 * 1024
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount it at `folder`, which is made."""
    folder.mkdir()
    options = f"size={_SIZE},mode=0700,uid={os.getuid()},gid={os.getgid()}"
    mounted = subprocess.run(
        [*AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert mounted.returncode == 0, f"this test mounts a disk, as root or by sudo: {mounted.stderr}"
    try:
        yield folder
    finally:
        subprocess.run([*AS_ROOT, "umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; the file that takes the room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (64 * 1024, 4096, 512, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return ballast
