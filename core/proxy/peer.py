"""Whose process is at the other end of a loopback connection; Linux tells, others do not.

For addresses that stand in a command line, where every user of the machine can read them.
"""

import os
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

type End = tuple[str, int]


def may_be_ours(ours: End, theirs: End) -> bool:
    """False where the system says that the caller is another user's process, or none any more.

    Args:
        ours: address and port of our end.
        theirs: the same of the caller's.
    """
    if sys.platform != "linux":
        return True
    lines = (line for table in _TABLES if table.exists() for line in _lines(table))
    return uid_of(lines, ours, theirs) == os.getuid()


def uid_of(lines: Iterable[str], ours: End, theirs: End) -> int | None:
    """The user whose socket is `theirs`, by the lines of `/proc/net/tcp*`; None: there is none."""
    wanted = (_written(theirs), _written(ours))
    for line in lines:
        words = line.split()
        if tuple(words[1:3]) == wanted:
            return int(words[7])
    return None


def _lines(table: Path) -> list[str]:
    return table.read_text("ascii").splitlines()[1:]


def _written(end: End) -> str:
    """As the kernel writes it: each 32-bit word of the address in the machine's own order."""
    packed = ip_address(end[0]).packed
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    address = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{address}:{end[1]:04X}"
