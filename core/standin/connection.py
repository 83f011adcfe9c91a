"""Bytes ⇄ requests: one connection of the stand-in, HTTP/1.1 and perhaps a WebSocket after it.

A callback protocol and no task: a request is parsed by httptools, its answer comes as an iterator
of acts, and the pump performs them until one has to wait. That carries thousands of paced streams
on one loop, which is what makes the stand-in a load partner.
"""

import asyncio
import socket
import struct
import sys
from collections import deque
from typing import Protocol

import httptools

from core.standin.conversation import Answer, Conversation
from core.standin.pump import Pump
from core.standin.recorded import Ending, Recorded

# struct linger {on, 0 s}: closing sends RST; its members are shorter on Windows.
_LINGER_NOT = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
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
    ) -> Answer:
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
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._waiting: deque[Answer] = deque()
        self._current: Answer | None = None
        self._pump = Pump(self, loop)
        self._left_http = False
        # After an upgrade: the handshake, and how it will be said to have ended.
        self._upgraded: Answer | None = None
        self._ending = Ending.CLIENT_GONE
        self._early = b""

    # asyncio: what happens to the connection

    # Not every loop's transports are asyncio's own by inheritance; they can do the same.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio: connected."""
        self._transport = transport
        self._host.opened(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the client."""
        if self._left_http:
            self._hear(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The handshake is answered like any request; what follows it is not HTTP.
            self._left_http = True
            self._hear(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if self._transport is not None and self._current is None:
                self._transport.write(_BAD_REQUEST)
            self.drop()

    def pause_writing(self) -> None:
        """asyncio: the client reads too slowly."""
        self._pump.pause()

    def resume_writing(self) -> None:
        """asyncio: the client has caught up."""
        self._pump.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: over, whoever ended it."""
        self._transport = None
        self._pump.stop()
        if self._current is not None:
            self._host.ended(self._current.recorded, Ending.CLIENT_GONE)
            self._current = None
        self._forget(Ending.CLIENT_GONE)
        if self._upgraded is not None:
            self._host.ended(self._upgraded.recorded, self._ending)
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
        self.idle()

    # The pump: what we send

    def write(self, data: bytes) -> None:
        """Send; nothing happens when the connection is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def idle(self) -> None:
        """Begin the next answer, if there is one."""
        if self._transport is None or self._transport.is_closing():
            return
        if not self._pump.busy and self._waiting:
            self._current = self._waiting.popleft()
            self._pump.begin(self._current.acts)

    def over(self, ending: Ending) -> None:
        """The current answer is over."""
        answer, self._current = self._current, None
        assert answer is not None  # noqa: S101 - the pump performs for a request only
        if answer.conversation is not None and ending is Ending.ANSWERED:
            self._upgraded = answer
            early, self._early = self._early, b""
            self._hear(early)
            return
        self._host.ended(answer.recorded, ending)
        if ending is Ending.CUT:
            self._ending = ending
            self._forget(ending)
        elif not answer.recorded.keep_alive:
            self.drop()

    # After an upgrade

    def _hear(self, data: bytes) -> None:
        """What the client says over the WebSocket, or before it knows that there is one."""
        conversation = self._upgraded and self._upgraded.conversation
        if conversation is None:
            self._early += data
            return
        heard = conversation.receive(data)
        self.write(heard.urgent)
        self._waiting.extend(heard.answers)
        if heard.over:
            self._end(conversation)
        else:
            self.idle()

    def _end(self, conversation: Conversation) -> None:
        """Somebody has said that the conversation is over; §7.1.1: the server closes first."""
        if self._ending is Ending.CLIENT_GONE and conversation.closed_well:
            self._ending = Ending.ANSWERED
        self.drop()

    def _forget(self, ending: Ending) -> None:
        """What waits is answered no more."""
        for answer in self._waiting:
            self._host.ended(answer.recorded, ending)
        self._waiting.clear()
