"""A cable to a server on loopback, whose connections can die as in a sleep: without a word."""

import asyncio
from contextlib import suppress
from typing import Self

_CHUNK = 65_536


class Cable:
    """`async with Cable(port) as cable:` — connect to `cable.port` instead of `port`.

    Attributes:
        there: the connections to the other side, also those that are over.
    """

    def __init__(self, port: int) -> None:
        """`port`: whom it leads to."""
        self._there = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._dead: set[asyncio.StreamWriter] = set()
        self.there: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def die(self) -> None:
        """What is connected now stays so, and hears nothing of the other side any more."""
        self._dead |= self._open

    def passes(self, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether what was read goes on to `writer`."""
        del data
        return writer not in self._dead

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
        both = {writer, there_writer}
        self._open |= both
        self.there.add(there_writer)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass(reader, there_writer))
            group.create_task(self._pass(there_reader, writer))
        self._open -= both

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                if self.passes(data, writer):
                    writer.write(data)
                    await writer.drain()
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
