"""A WebSocket client of bytes, written apart from the server's half that it tests."""

import json
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from core.standin.people import Login
from core.standin.server import StandIn
from tests.core.standin.conftest import BODY
from tests.core.standin.wire import Wire, connect, request

KEY = b"\x37\xfa\x21\x3d"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "OpenAI-Beta": "responses_websockets=2026-02-06",
}


def client_frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """One frame of a client, masked with a key that never changes."""
    size = len(payload)
    if size <= 125:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = bytes((0x80 | 126,)) + size.to_bytes(2)
    else:
        length = bytes((0x80 | 127,)) + size.to_bytes(8)
    covered = bytes(byte ^ KEY[index % 4] for index, byte in enumerate(payload))
    return bytes(((0x80 if fin else 0) | rsv | opcode,)) + length + KEY + covered


def create(body: Mapping[str, Any] | None = None, **changed: Any) -> bytes:
    """The text of a `response.create`."""
    return json.dumps({"type": "response.create", **(body or BODY), **changed}).encode()


class Socket:
    """One open WebSocket."""

    def __init__(self, wire: Wire, head: bytes) -> None:
        self.wire = wire
        self.head = head
        compressed = b"permessage-deflate" in head
        self._inflater = zlib.decompressobj(-15) if compressed else None

    def send(self, text: bytes) -> None:
        self.wire.send(client_frame(TEXT, text))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: opcode and unpacked payload."""
        first, size = await self.wire.reader.readexactly(2)
        assert first & 0x80, "the server sends whole messages"
        assert size < 128, "the server masks nothing"
        if size > 125:
            size = int.from_bytes(await self.wire.reader.readexactly(2 if size == 126 else 8))
        payload = await self.wire.reader.readexactly(size)
        if first & 0x40:
            assert self._inflater is not None
            payload = self._inflater.decompress(payload + b"\x00\x00\xff\xff")
        return first & 0x0F, payload

    async def event(self) -> dict[str, Any]:
        """The next event."""
        opcode, payload = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        event: dict[str, Any] = json.loads(payload)
        return event

    async def events(self) -> list[dict[str, Any]]:
        """The events of one response, up to its end or error."""
        events = [await self.event()]
        while events[-1]["type"] not in ("response.completed", "response.failed", "error"):
            events.append(await self.event())
        return events

    async def said(self) -> str:
        """What the model says in one response."""
        return "".join(
            event["delta"]
            for event in await self.events()
            if event["type"] == "response.output_text.delta"
        )


@asynccontextmanager
async def socket(back_end: StandIn, login: Login, **headers: str) -> AsyncIterator[Socket]:
    """A WebSocket of `login`, open."""
    async with connect(back_end) as wire:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        wire.send(request(back_end, login, method="GET", headers=HANDSHAKE | named))
        head = await wire.head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield Socket(wire, head)
