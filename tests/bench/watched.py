"""`python -m core` with a window into its tasks: `python -m tests.bench.watched SOCKET serve`.

Whoever connects to SOCKET is told, as JSON, how many asyncio tasks have not ended, by name. The
program itself has no such window: what it would show is nobody's business but a measurement's.
"""

import asyncio
import gc
import json
import re
import socket
import sys
import threading
from collections import Counter
from pathlib import Path

from core.__main__ import main

_NUMBER = re.compile(r"\d+")


def tasks() -> Counter[str]:
    """The tasks that have not ended, by name; those without one are of one kind.

    Those from before the program settled to serve are not seen (`gc.freeze`): they stay anyway.
    """
    found = (one for one in gc.get_objects() if isinstance(one, asyncio.Task))
    return Counter(_NUMBER.sub("N", one.get_name()) for one in found if not one.done())


def _tell(window: socket.socket) -> None:
    while True:
        visitor, _ = window.accept()
        with visitor:
            visitor.sendall(json.dumps(tasks()).encode())


def tasks_of(path: Path) -> Counter[str]:
    """What the program behind the window at `path` says."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(10)
        visitor.connect(str(path))
        told = b"".join(iter(lambda: visitor.recv(65536), b""))
    return Counter(json.loads(told))


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(sys.argv.pop(1))
        opened.listen()
        threading.Thread(target=_tell, args=(opened,), daemon=True).start()
        sys.exit(main())
