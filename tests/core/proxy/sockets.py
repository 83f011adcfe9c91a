"""A stand-in that speaks WebSocket, the proxy before it, and clients of bytes before that."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from core.domain.credentials import Grant
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.websocket.frames import Opcode, encode
from tests.core.proxy.rig import BASE, Rig, request_bytes
from tests.core.standin.conftest import BODY
from tests.core.standin.socket_client import HANDSHAKE, Socket
from tests.core.standin.wire import dial
from tests.fakes.clock import FakeClock

SHAKE = request_bytes(
    "GET", "/responses", b"", "connection: Upgrade", "upgrade: websocket",
    "sec-websocket-version: 13", "sec-websocket-key: ZmFrZS1mYWtlLWZha2Utaw==",
)  # fmt: skip
"""A handshake as raw bytes, for a back end of raw bytes."""
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
ASKS = encode(Opcode.TEXT, b'{"type":"response.create","model":"m"}', key=b"abcd")
DEFLATE = "permessage-deflate; client_max_window_bits"
THREAD = "thread-1"


class SocketRig(Rig):
    """A proxy whose accounts A, B and C are people that the stand-in knows."""

    def __init__(self, back_end: StandIn, clock: FakeClock) -> None:
        super().__init__(back_end.port, clock)
        self.back_end = back_end
        self.logins: dict[str, Login] = {}
        for account, name in zip(self.accounts, "ABC", strict=True):
            login = self.logins[name] = make_login(name)
            back_end.add(login)
            self.grants[account] = Grant(
                access_token=login.access_token,
                workspace=login.account_id,
                fedramp=False,
                expires_at=None,
            )

    @asynccontextmanager
    async def handshake(self, **headers: str) -> AsyncIterator[tuple[Any, bytes]]:
        """A connection on which a handshake was answered: the wire, and the head of the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fields = HANDSHAKE | {"Host": "127.0.0.1", "thread-id": THREAD} | named
        lines = [f"GET {BASE}/responses HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
        async with dial(self.port) as wire:
            wire.send("\r\n".join(lines).encode() + b"\r\n\r\n")
            yield wire, await wire.head()

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator[Socket]:
        """An open WebSocket through the proxy."""
        async with self.handshake(**headers) as (wire, head):
            assert head.startswith(b"HTTP/1.1 101 "), head
            yield Socket(wire, head)


async def said_by(socket: Socket) -> str:
    """Asks for a response; what the model says."""
    socket.send(json.dumps({"type": "response.create", **BODY}).encode())
    return await socket.said()


async def closing(socket: Socket) -> tuple[int, str]:
    """The close frame that comes next: code and reason."""
    opcode, payload = await socket.frame()
    assert opcode == 8, (opcode, payload)
    return int.from_bytes(payload[:2]), payload[2:].decode()


@contextmanager
def nobody_accepts() -> Iterator[int]:
    """A port whose queue is full: whoever connects waits."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            held = stack.enter_context(socket.socket())
            held.setblocking(False)
            held.connect_ex(full.getsockname())
        yield full.getsockname()[1]
