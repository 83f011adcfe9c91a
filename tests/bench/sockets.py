"""The benchmark's WebSocket clients: each asks for one response and times its events."""

import asyncio
import base64
import re
import time
from collections.abc import Callable

from core.websocket.frames import Opcode, encode
from tests.bench.load import Client, Target, connect

_STAMP = re.compile(rb'"t":(\d+)')
LAST = b'"response.completed"'
_KEY = base64.b64encode(bytes(16)).decode()
ASK = b'{"type":"response.create","model":"gpt-6.1-sol","input":[]}'


async def streams(target: Target, *, clients: int, events: int, gap_ms: float) -> list[float]:
    """Seconds from each event's sending to its arrival, over `clients` sockets at once."""
    delays: list[float] = []
    left = clients
    all_ended = asyncio.get_running_loop().create_future()

    def ended() -> None:
        nonlocal left
        left -= 1
        if not left:
            all_ended.set_result(None)

    connected: list[Client] = []
    for n in range(clients):
        reader = _Reader(delays, ended)
        reader.client = await connect(target, reader.read)
        reader.client.transport.write(handshake(target, f"stream {events} {gap_ms}"))
        connected.append(reader.client)
        await asyncio.sleep(gap_ms / 1000 / clients if n else 0)
    await asyncio.wait_for(all_ended, events * gap_ms / 1000 * 3 + 60)
    for client in connected:
        client.transport.abort()
    return delays


class _Reader:
    """One socket, from its 101 to its last event."""

    client: Client

    def __init__(self, delays: list[float], ended: Callable[[], None]) -> None:
        self._delays = delays
        self._ended = ended
        self._tail = b""
        self._open = False

    def read(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        self._delays.extend((now - int(stamp)) / 1e9 for stamp in _STAMP.findall(data))
        self._tail = (self._tail + data)[-400:]
        if not self._open and b"\r\n\r\n" in self._tail:
            assert self._tail.startswith(b"HTTP/1.1 101"), self._tail
            self._open = True
            self.client.transport.write(encode(Opcode.TEXT, ASK, key=b"mask"))
        elif LAST in self._tail:
            self._tail = b""
            self._ended()


def handshake(target: Target, bench: str) -> bytes:
    """The request for a socket; `bench`: what the back end does with its first message."""
    return (
        f"GET {target.base}/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\n"
        f"upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {_KEY}\r\n"
        f"x-bench: {bench}\r\nauthorization: Bearer fake-local\r\n"
        "chatgpt-account-id: fake-local\r\noriginator: codex_exec\r\n\r\n"
    ).encode()
