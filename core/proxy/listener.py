"""Bytes of clients into requests, and back: one connection (RFC 9112), nothing about their meaning.

Everything is bounded: heads in bytes and time, bodies in bytes and time, all bodies together, and
connections that have not shown a secret. What is not exactly HTTP/1.1 is refused and the connection
closed, so that nobody behind us can read it differently. One request at a time: a client that sends
the next one early gets its first answer whole, and then the connection closes.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import httptools

from core.proxy.answers import fault_answer
from core.proxy.messages import (
    Fields,
    OwnAnswer,
    Request,
    RequestHead,
    connection_options,
    value,
    values,
)
from core.proxy.reply import Reply
from core.runtime.tasks import Tasks
from core.words.answers import Fault

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a connection.

    Attributes:
        head: bytes of a request head.
        head_s: seconds for a head, from its first byte or from the connection's start.
        body_s: seconds of silence in the middle of a body.
        idle_s: seconds that a connection may wait between requests.
        linger_s: seconds in which a refused client may still read our answer.
        strangers: connections without a valid secret.
    """

    head: int = 64 * 1024
    head_s: float = 30.0
    body_s: float = 30.0
    idle_s: float = 300.0
    linger_s: float = 2.0
    strangers: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted[Route]:
    """The caller may: what it asked for, and the largest body it may send."""

    route: Route
    largest_body: int


type Gate[Route] = Callable[[RequestHead, int], Admitted[Route] | OwnAnswer]
"""Decide on a head, and on the port it came to, before any of its body is read."""
type Handler[Route] = Callable[[Route, Request, Reply], Coroutine[Any, Any, None]]


class Buffered:
    """Bytes of bodies that all requests hold together."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self.size = 0

    def take(self, size: int) -> bool:
        """Reserve; False when that is too much at once."""
        if self.size + size > self._most():
            return False
        self.size += size
        return True

    def give_back(self, size: int) -> None:
        """The request is answered."""
        self.size -= size


class Listener[Route]:
    """What all connections of one server share."""

    def __init__(
        self,
        *,
        gate: Gate[Route],
        handler: Handler[Route],
        tasks: Tasks,
        buffered: Buffered,
        limits: Limits,
    ) -> None:
        self.gate = gate
        self.handler = handler
        self.tasks = tasks
        self.buffered = buffered
        self.limits = limits
        self.connections: set[Connection[Route]] = set()
        self.strangers: dict[Connection[Route], None] = {}
        self.draining = False
        self._emptied: asyncio.Future[None] | None = None

    def connection(self) -> "Connection[Route]":
        """A protocol for the next connection."""
        return Connection(self)

    def drain(self) -> None:
        """Close idle connections now, the others with the answer they are at."""
        self.draining = True
        for connection in list(self.connections):
            connection.drain()

    async def emptied(self, *, within_s: float) -> bool:
        """Wait until no connection is left; False when some still are after `within_s`."""
        self._emptied = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._emptied
        except TimeoutError:
            return False
        return True

    def lost(self, connection: "Connection[Route]") -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self.strangers.pop(connection, None)
        if not self.connections and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    def cut(self) -> None:
        """Close every connection at once."""
        for connection in list(self.connections):
            connection.cut()


class Connection[Route](asyncio.Protocol):
    """One client connection."""

    def __init__(self, listener: Listener[Route]) -> None:
        self._listener = listener
        self._limits = listener.limits
        self._transport: asyncio.Transport | None = None
        self._port = 0
        self._parser = httptools.HttpRequestParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._full = False
        self._pipelined = False
        self._reset()

    def _reset(self) -> None:
        """Ready for a head."""
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._size = 0
        self._head: RequestHead | None = None
        self._admitted: Admitted[Route] | None = None
        self._parts: list[bytes] = []
        self._body_size = 0
        self._begun = False

    # -- used by `Listener`

    def drain(self) -> None:
        """Close now when idle, else with the answer under way."""
        if self._reply is None and self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected. One stranger too many sends the one away that waited longest."""
        self._transport = transport
        transport.set_write_buffer_limits(high=64 * 1024)
        self._port = transport.get_extra_info("sockname")[1]
        self._listener.connections.add(self)
        self._listener.strangers[self] = None
        if len(self._listener.strangers) > self._limits.strangers:
            next(iter(self._listener.strangers)).cut()
        self._expect_within(self._limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left: whatever is done for it is cancelled."""
        self._transport = None
        self._closing = True
        self._stop_timer()
        self._listener.lost(self)
        self._drop_body()
        if self._reply is not None:
            self._reply.ended = True
        if self._task is not None and not self._task.done():
            # After its first step: a task cancelled before it could not say that it ended.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def eof_received(self) -> bool:
        """The client has closed its side: whoever does so before it has its answer is gone."""
        if self._reply is not None:
            self.cut()
        return False

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        self._full = True
        if self._reply is not None:
            self._reply.is_full(True)

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        if self._reply is not None:
            self._reply.is_full(False)

    def data_received(self, data: bytes) -> None:
        """One read from the client."""
        if self._closing:
            return
        if self._reply is not None:  # it sends on before it has our answer
            self._pipelined = True
            return
        if self._admitted is None:
            if not self._begun:
                self._begun = True
                self._expect_within(self._limits.head_s)
            self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_after(data, int(upgrade.args[0]))
        except httptools.HttpParserCallbackError:
            _log.exception("a request head could not be read")
            self._refuse(Fault.NOT_HTTP)
        except httptools.HttpParserError:
            self._refuse(Fault.NOT_HTTP)
        if self._head is None and self._size > self._limits.head:
            self._refuse(Fault.HEAD_TOO_LARGE)

    # -- called by the parser

    def on_message_begin(self) -> None:
        """A head begins; while another request is under way, that is one too early."""
        if self._head is not None:
            self._pipelined = True

    def on_url(self, target: bytes) -> None:
        """A stretch of the target."""
        if not self._pipelined:
            self._target += target

    def on_header(self, name: bytes, found: bytes) -> None:
        """A field line; trailers are dropped."""
        if self._head is None:
            self._fields.append((name, found))

    def on_headers_complete(self) -> None:
        """The head is complete: decide before the body comes."""
        if self._closing or self._head is not None:
            return
        self._head = RequestHead(
            method=self._parser.get_method(),
            target=self._target,
            fields=tuple(self._fields),
            http11=self._parser.get_http_version() == "1.1",
        )
        fault = self._fault_of(self._head)
        if fault is not None:
            self._refuse(fault)
            return
        verdict = self._listener.gate(self._head, self._port)
        if isinstance(verdict, OwnAnswer):
            self._answer(verdict)
            return
        self._listener.strangers.pop(self, None)
        length = value(self._head.fields, b"content-length")
        if length and int(length) > verdict.largest_body:
            self._refuse(Fault.BODY_TOO_LARGE)
            return
        self._admitted = verdict
        self._expect_within(self._limits.body_s)
        if self._transport is not None and _wants_continue(self._head):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """A stretch of the body."""
        if self._closing or self._admitted is None or self._pipelined or self._reply is not None:
            return
        if self._body_size + len(data) > self._admitted.largest_body:
            self._refuse(Fault.BODY_TOO_LARGE)
        elif not self._listener.buffered.take(len(data)):
            self._refuse(Fault.TOO_MUCH_AT_ONCE)
        else:
            self._body_size += len(data)
            self._parts.append(data)
            self._expect_within(self._limits.body_s)

    def on_message_complete(self) -> None:
        """The request is whole: hand it on."""
        if self._closing or self._pipelined or self._head is None or self._admitted is None:
            return
        self._stop_timer()
        parts, self._parts = self._parts, []
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        request = Request(head=self._head, body=body)
        self._reply = self._new_reply(self._head)
        self._task = self._listener.tasks.start(
            self._handled(self._admitted.route, request, self._reply, self._body_size),
            name="request",
        )
        self._body_size = 0

    # -- inside

    async def _handled(self, route: Route, request: Request, reply: Reply, size: int) -> None:
        try:
            await self._listener.handler(route, request, reply)
        except Exception:
            _log.exception("a request failed inside Turntable")
            if reply.begun:
                reply.cut()
            else:
                reply.answer(fault_answer(Fault.INTERNAL))
        finally:
            self._listener.buffered.give_back(size)
            if not reply.ended:
                reply.cut()

    def _new_reply(self, head: RequestHead) -> Reply:
        assert self._transport is not None  # noqa: S101 - parsing happens between made and lost
        return Reply(
            self._transport,
            without_body=head.method == b"HEAD",
            http11=head.http11,
            keep_alive=b"close" not in connection_options(head.fields),
            full=self._full,
            on_end=self._answered,
        )

    def _answered(self, keep: bool) -> None:
        """An answer is written: the next request may come, or the connection ends."""
        self._reply = None
        self._task = None
        if self._transport is None:
            return
        if keep and not self._pipelined and not self._listener.draining:
            self._reset()
            self._expect_within(self._limits.idle_s)
        elif self._pipelined:
            self._linger()
        else:
            self._closing = True
            self._stop_timer()
            self._transport.close()
            self._wait_for_reader(self._transport.get_write_buffer_size())

    def _answer(self, own: OwnAnswer) -> None:
        """Answer on the spot. A body that is still to come is not read: the connection ends."""
        assert self._head is not None  # noqa: S101 - only after a head
        if not _has_body(self._head.fields):
            # The parser still has to end the message; what it says of it no longer matters.
            self._admitted = None
            reply = self._new_reply(self._head)
            reply.answer(own)
            return
        self._write_and_close(own, without_body=self._head.method == b"HEAD")

    def _refuse(self, fault: Fault) -> None:
        if not self._closing:
            self._write_and_close(fault_answer(fault), without_body=False)

    def _write_and_close(self, own: OwnAnswer, *, without_body: bool) -> None:
        self._drop_body()
        if self._transport is None:
            return
        reply = Reply(
            self._transport,
            without_body=without_body,
            http11=True,
            keep_alive=False,
            full=self._full,
            on_end=lambda _: self._linger(),
        )
        reply.answer(own)

    def _linger(self) -> None:
        """Close our side and let the client read: closing at once could destroy our last bytes.

        A socket that is closed with unread bytes in it resets the connection (RFC 9112 §9.6).
        """
        self._closing = True
        self._stop_timer()
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._wait_for_reader(self._transport.get_write_buffer_size())

    def _wait_for_reader(self, unread: int) -> None:
        """Look again as long as the client takes something of what is left to send."""
        self._timer = asyncio.get_running_loop().call_later(
            self._limits.linger_s, self._lingered, unread
        )

    def _lingered(self, unread: int) -> None:
        left = self._transport.get_write_buffer_size() if self._transport is not None else 0
        if 0 < left < unread:
            self._wait_for_reader(left)
        else:
            self.cut()

    def _fault_of(self, head: RequestHead) -> Fault | None:
        size = len(head.target) + sum(len(name) + len(found) + 4 for name, found in head.fields)
        if size > self._limits.head:
            return Fault.HEAD_TOO_LARGE
        coding = values(head.fields, b"transfer-encoding")
        if coding and (coding != [b"chunked"] or not head.http11):
            return Fault.NOT_HTTP
        return None

    def _go_on_after(self, data: bytes, offset: int) -> None:
        """An `Upgrade` that we do not do is ignored (RFC 9110 §7.8): HTTP goes on after it."""
        self._parser = httptools.HttpRequestParser(self)
        if offset < len(data):
            self.data_received(data[offset:])

    def _expect_within(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self._begun:
            self._refuse(Fault.TOO_SLOW)
        else:
            self.cut()

    def _drop_body(self) -> None:
        if self._body_size:
            self._listener.buffered.give_back(self._body_size)
            self._body_size = 0
        self._parts = []


def _wants_continue(head: RequestHead) -> bool:
    return head.http11 and value(head.fields, b"expect").lower() == b"100-continue"


def _has_body(fields: Fields) -> bool:
    length = value(fields, b"content-length")
    return bool(value(fields, b"transfer-encoding")) or (bool(length) and int(length) > 0)
