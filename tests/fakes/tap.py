"""A wire tap on loopback: passes every byte on, and keeps what the client said."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """One request as the client wrote it.

    Attributes:
        first: its request line.
        headers: names and values, in their order and spelling.
        rest: the body's bytes; after a handshake everything that came behind it.
    """

    first: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    rest: bytes

    def value(self, name: bytes) -> bytes | None:
        """The first value of a field, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Tap:
    """`async with Tap(port) as tap:` — connect to `tap.port` instead of `port`."""

    def __init__(self, port: int) -> None:
        """`port`: whom it leads to."""
        self._there = port
        self._heard: list[bytearray] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def requests(self) -> list[Tapped]:
        """Everything that was asked so far, connection by connection."""
        return [one for heard in self._heard for one in _requests(bytes(heard))]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._there)
        self._open |= {writer, there_writer}
        heard = bytearray()
        self._heard.append(heard)
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass(reader, there_writer, heard))
            group.create_task(_pass(there_reader, writer, None))
        self._open -= {writer, there_writer}


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray | None
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            if heard is not None:
                heard += data
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()


def _requests(heard: bytes) -> list[Tapped]:
    found: list[Tapped] = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = (line.partition(b": ") for line in lines)
        one = Tapped(first=first, headers=tuple((n, v) for n, _, v in pairs), rest=rest)
        if one.value(b"upgrade") is not None:
            return [*found, one]
        size = int(one.value(b"content-length") or 0)
        found.append(Tapped(first=first, headers=one.headers, rest=rest[:size]))
        heard = rest[size:]
    return found
