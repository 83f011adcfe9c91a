"""Bytes ⇄ requests: one HTTP/1.1 connection of the stand-in.

A callback protocol and no task: a request is parsed by httptools, its answer comes as an iterator
of acts, and the pump performs them until one has to wait. That carries thousands of paced streams
on one loop, which is what makes the stand-in a load partner.
"""

import asyncio
import socket
import struct
import sys
from collections import deque
from collections.abc import Iterator
from typing import Protocol, assert_never

import httptools

from core.standin.acts import Act, Break, Hang, Wait
from core.standin.recorded import Ending, Recorded
from core.standin.script import Gate

# struct linger {on, 0 s}: closing sends RST; its members are shorter on Windows.
_LINGER_NOT = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
_FLUSH_AT = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Host(Protocol):
    """What a connection needs from its server."""

    def opened(self, connection: "Connection") -> None:
        """A client has connected."""
        ...

    def closed(self, connection: "Connection") -> None:
        """The connection is over."""
        ...

    def received(
        self,
        *,
        connection: int,
        method: str,
        target: str,
        headers: tuple[tuple[bytes, bytes], ...],
        body: bytes,
        upgrade: bool,
        keep_alive: bool,
    ) -> tuple[Recorded, Iterator[Act]]:
        """A request is complete: record it and say how it is answered."""
        ...

    def ended(self, recorded: Recorded, ending: Ending) -> None:
        """The request is over."""
        ...


class Connection(asyncio.Protocol):
    """One client's connection; requests are answered one after the other."""

    def __init__(self, host: Host, number: int, loop: asyncio.AbstractEventLoop) -> None:
        """`number` tells connections apart in the record."""
        self.number = number
        self._host = host
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._waiting: deque[tuple[Recorded, Iterator[Act]]] = deque()
        self._current: Recorded | None = None
        self._acts: Iterator[Act] = iter(())
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._pumping = False

    # asyncio: what happens to the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows asyncio's base type
        self._transport = transport
        self._host.opened(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the client."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The handshake is answered like any request; what follows it is not HTTP.
            return
        except httptools.HttpParserError:
            if self._transport is not None and self._current is None:
                self._transport.write(_BAD_REQUEST)
            self.drop()

    def pause_writing(self) -> None:
        """asyncio: the client reads too slowly."""
        self._paused = True

    def resume_writing(self) -> None:
        """asyncio: the client has caught up."""
        self._paused = False
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: over, whoever ended it."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._current is not None:
            self._over(Ending.CLIENT_GONE)
        for recorded, _ in self._waiting:
            self._host.ended(recorded, Ending.CLIENT_GONE)
        self._waiting.clear()
        self._acts = iter(())
        self._host.closed(self)

    def drop(self, *, reset: bool = False) -> None:
        """End the connection: by FIN after what is written, or by RST at once."""
        if self._transport is None:
            return
        if not reset:
            self._transport.close()
            return
        if (sock := self._transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._transport.abort()

    # httptools: what the client sends

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        self._target = b""
        self._headers = []
        self._body = []

    def on_url(self, url: bytes) -> None:
        """httptools: (a part of) the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one field, in the client's spelling."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is complete."""
        expects = any(
            name.lower() == b"expect" and value.lower() == b"100-continue"
            for name, value in self._headers
        )
        if expects and self._transport is not None:
            self._transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        """httptools: a part of the body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """httptools: the request is complete."""
        upgrade = bool(self._parser.should_upgrade())
        answer = self._host.received(
            connection=self.number,
            method=self._parser.get_method().decode(),
            target=self._target.decode("latin-1"),
            headers=tuple(self._headers),
            body=b"".join(self._body),
            upgrade=upgrade,
            keep_alive=bool(self._parser.should_keep_alive()) and not upgrade,
        )
        self._body = []
        self._waiting.append(answer)
        self._next()

    # What we send

    def _next(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._current is None and self._waiting:
            self._current, self._acts = self._waiting.popleft()
            self._due = self._loop.time()
            self._pump()

    def _pump(self) -> None:
        """Perform acts until one waits, the client is slow, or the answer is complete."""
        if self._pumping:
            return
        self._pumping = True
        try:
            self._perform()
        finally:
            self._pumping = False
        if self._current is None:
            self._next()

    def _perform(self) -> None:
        parts: list[bytes] = []
        size = 0
        while not self._paused and self._current is not None:
            act = next(self._acts, None)
            if isinstance(act, bytes):
                parts.append(act)
                size += len(act)
                if size < _FLUSH_AT:
                    continue
            self._write(parts)
            parts, size = [], 0
            if self._stops_at(act):
                return
        self._write(parts)

    def _write(self, parts: list[bytes]) -> None:
        if parts and self._transport is not None:
            self._transport.write(b"".join(parts))

    def _stops_at(self, act: Act | None) -> bool:
        """Do what is not writing; True if the pump must stop here."""
        match act:
            case None:
                self._finish()
                return True
            case bytes():
                return False
            case Wait():
                self._due += act.seconds
                self._timer = self._loop.call_at(self._due, self._pump)
                return True
            case Gate():
                return not act.passes(self._pump)
            case Hang():
                return True
            case Break():
                self._over(Ending.CUT)
                self.drop(reset=act.reset)
                return True
            case _:
                assert_never(act)

    def _finish(self) -> None:
        recorded = self._over(Ending.ANSWERED)
        if not recorded.keep_alive:
            self.drop()

    def _over(self, ending: Ending) -> Recorded:
        """The current request is over."""
        recorded, self._current = self._current, None
        assert recorded is not None  # noqa: S101 - the pump performs for a request only
        self._host.ended(recorded, ending)
        return recorded
