"""A stand-in for the app: `python -m tests.core.binding.owner ROOT [OTHER PORT]`.

Owns the data folder, listens, binds the home and starts the guard, all as the app does; prints
one line of JSON when it is up; ends cleanly when its standard input ends.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path

from core.binding.guard import start_guard
from core.storage.lock import OwnerLock
from tests.core.binding.homes import Place

PATIENCE_S = 3.0
PAUSE_S = 0.02


def _listen(wanted: int) -> socket.socket:
    """The wanted port; tried for three seconds, as a guard may have it."""
    for attempt in range(int(PATIENCE_S / PAUSE_S)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
            listener.listen()
        except OSError:
            listener.close()
            time.sleep(PAUSE_S)
        else:
            print(json.dumps({"attempts": attempt + 1}), flush=True)  # noqa: T201
            return listener
    sys.exit("the old port was not handed back")


def _serve(listener: socket.socket) -> None:
    """Tell the catalogue, which Codex waits for; leave every turn without an answer."""
    open_turns = []
    while True:
        connection, _ = listener.accept()
        if b"/models" in connection.recv(65_536).partition(b"\r\n")[0]:
            body = b'{"models":[]}'
            head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n"
            connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            connection.close()
        else:
            open_turns.append(connection)


def main(root: Path) -> None:
    """Be the owner until standard input ends."""
    place = Place(root, make=False)
    lock = OwnerLock(root / "turntable" / "run" / "owner.lock", mode="serve")
    while not lock.try_acquire():
        time.sleep(PAUSE_S)
    binder = place.binder()
    binder.recover()
    records = binder.records()
    listener = _listen(records[0].port if records else 0)
    port = listener.getsockname()[1]
    if place.home.exists():
        binder.bind(place.home, port)
    guard = start_guard(root / "turntable")
    print(json.dumps({"port": port, "guard": guard}), flush=True)  # noqa: T201
    threading.Thread(target=_serve, args=[listener], daemon=True).start()
    sys.stdin.read()
    binder.unbind(place.home, keep_secret=True)
    listener.close()
    lock.release()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
