"""What an open Codex chat hears at our old port once we are gone: one sentence, at once.

Refused connections make Codex wait for ever, 500 and 503 make it try thirty times; a 400 is shown
and ends the turn (PROTOCOL §5). Nothing is forwarded and nothing of a request is kept. Holding the
port also keeps it from others: whoever listened there would be sent the user's tokens.
"""

import json
import selectors
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.runtime.clock import Clock

SENTENCE = "Turntable has stopped; open this chat again."

# With this code Codex prints the message alone; with any other it prints the whole body.
_ERROR = {
    "type": "turntable",
    "code": "invalid_prompt",
    "reason": "stopped",
    "message": SENTENCE,
}
_BODY = json.dumps({"error": _ERROR}).encode()
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
    b"connection: close\r\ncontent-length: " + str(len(_BODY)).encode() + b"\r\n\r\n" + _BODY
)
_MOST_CALLERS = 64
_HEAD_BYTES = 65_536
_LONGEST_S = 15.0
_CHUNK = 65_536


@dataclass(slots=True, eq=False)
class _Caller:
    """One connection: its head is awaited, then the rest of its request is thrown away."""

    connection: socket.socket
    deadline: float
    head: bytes = field(default=b"", repr=False)
    answered: bool = False


class LastWords:
    """Listens on the old ports and answers; driven by `turn`, without threads or a loop."""

    def __init__(self, clock: Clock) -> None:
        """Nothing listens yet."""
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._listeners: dict[int, socket.socket] = {}
        self._callers: list[_Caller] = []

    def listen(self, ports: Iterable[int]) -> frozenset[int]:
        """Listen on those of `ports` that are free; the ports that we have now."""
        for port in set(ports) - self._listeners.keys():
            listener = _listener(port)
            if listener is not None:
                self._listeners[port] = listener
                self._selector.register(listener, selectors.EVENT_READ, listener)
        return frozenset(self._listeners)

    def turn(self, timeout_s: float) -> None:
        """Answer whoever calls within the next `timeout_s`."""
        for key, _ in self._selector.select(timeout_s):
            if isinstance(key.data, _Caller):
                self._hear(key.data)
            else:
                self._accept(key.data)
        now = self._clock.monotonic()
        for caller in [caller for caller in self._callers if caller.deadline < now]:
            self._drop(caller)

    def close(self) -> None:
        """Let go of every port and caller."""
        for caller in list(self._callers):
            self._drop(caller)
        for listener in self._listeners.values():
            self._selector.unregister(listener)
            listener.close()
        self._listeners.clear()

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the caller has gone already
        if len(self._callers) >= _MOST_CALLERS:
            connection.close()
            return
        connection.setblocking(False)
        deadline = self._clock.monotonic() + _LONGEST_S
        caller = _Caller(connection, deadline)
        self._callers.append(caller)
        self._selector.register(connection, selectors.EVENT_READ, caller)

    def _hear(self, caller: _Caller) -> None:
        try:
            heard = caller.connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self._drop(caller)
        elif not caller.answered:
            caller.head += heard
            if b"\r\n\r\n" in caller.head or len(caller.head) > _HEAD_BYTES:
                self._answer(caller)

    def _answer(self, caller: _Caller) -> None:
        """Say it. What is still being sent is read on: a reset would overtake the answer."""
        caller.answered, caller.head = True, b""
        try:
            caller.connection.sendall(_ANSWER)
            caller.connection.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(caller)

    def _drop(self, caller: _Caller) -> None:
        self._callers.remove(caller)
        self._selector.unregister(caller.connection)
        caller.connection.close()


def _listener(port: int) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # The dead owner's connections may linger; a living listener still keeps us out.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_MOST_CALLERS)
    except OSError:
        listener.close()
        return None
    listener.setblocking(False)
    return listener
