"""Who holds a port, where the system tells: Linux does, for programs of the same user. Blocking."""

from collections.abc import Iterator
from pathlib import Path

from core.domain.sentence import Sentence

_LISTEN = "0A"
_TABLES = ("tcp", "tcp6")


def who_listens(port: int, proc: Path = Path("/proc")) -> str | None:
    """The program that listens on `port`, as `name (pid 123)`; None when nobody says."""
    inodes = set(_listening(port, proc))
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            return f"{_name(process)} (pid {process.name})"
    return None


def _listening(port: int, proc: Path) -> Iterator[str]:
    """Inodes of listening sockets (proc(5), `/proc/net/tcp`)."""
    for table in _TABLES:
        try:
            lines = (proc / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN and _port(fields[1]) == port:
                yield fields[9]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _holds(process: Path, wanted: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in wanted for link in (process / "fd").iterdir())
    except OSError:
        return False  # another user's, or it has just ended


def _name(process: Path) -> str:
    try:
        name = (process / "comm").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    return name if name.isprintable() and name else Sentence("another program")
