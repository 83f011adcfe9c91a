"""One connection to the back end: a request out, an answer in, then the next (RFC 9112).

httptools reads heads and framing; the bytes of a body are passed on as they were read. Nothing here
decides anything: what an answer means is `classify`'s business.
"""

import asyncio
import select
import sys
from collections.abc import Callable

import httptools

from core.proxy.deadline import Deadline
from core.proxy.fields import Fields
from core.proxy.incoming import Incoming
from core.proxy.messages import NO_BODY_STATUS, ResponseHead
from core.proxy.read_buffer import ReadBuffer
from core.proxy.wire import Wire

_LARGEST_HEAD = 256 * 1024
"""A back end may send long heads; this long they are an attack or a fault."""


_JOIN_BELOW = 64 * 1024
"""A smaller body is copied behind its head: one write costs more than the copy."""


class UpstreamConnection(asyncio.BufferedProtocol):
    """A connection that carries one exchange at a time."""

    def __init__(
        self,
        *,
        buffer: ReadBuffer,
        on_idle: Callable[["UpstreamConnection"], None],
        on_lost: Callable[["UpstreamConnection"], None],
    ) -> None:
        """`buffer`: shared; `on_idle`: may be used again; `on_lost`: never again."""
        self._buffer = buffer
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._wire: Wire | None = None
        self._is_readable: Callable[[], bool] | None = None
        self._incoming: Incoming | None = None
        self._deadline = Deadline(self._out_of_time)
        self._parts: list[bytes] = []
        self.on_body = self._parts.append  # called by the parser, once for each stretch of body
        self._parser = httptools.HttpResponseParser(self)
        self._without_body = False
        self._may_upgrade = False
        self._upgraded = False
        self._reset()

    def _reset(self) -> None:
        self._fields: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._head_bytes = 0
        self._headed = False
        self._complete = False
        self._until_close = False
        self._reusable = True

    # -- used by the pool and by `upstream`

    @property
    def wire(self) -> Wire | None:
        """What it writes to; None before it is connected and after it is lost."""
        return self._wire

    @property
    def usable(self) -> bool:
        """Whether it is open and carries nothing."""
        return self._wire is not None and self._incoming is None and not self._wire.is_closing()

    def speaks_out_of_turn(self) -> bool:
        """Whether an idle connection has something to say: an end, or bytes nobody asked for.

        Asks the socket itself: the loop may not have heard of it yet.
        """
        if self._is_readable is None:
            self._is_readable = readable(self._wire)
        return self._is_readable()

    def never_made(self) -> None:
        """It could not be opened: nothing of it waits for a garbage collector."""
        self._deadline.end()
        self.__dict__.pop("_parser", None)

    def exchange(
        self, head: bytes, body: bytes, *, without_body: bool, upgrade: bool = False
    ) -> Incoming:
        """Send a request and return its answer to come. Nothing was sent when this raises.

        Args:
            head: of the request.
            body: of the request.
            without_body: it was a HEAD.
            upgrade: a 101 ends HTTP here: whatever comes after its head passes as it is.

        Raises:
            ConnectionError: the connection is not usable.
        """
        if self._wire is None or self._incoming is not None or self._wire.is_closing():
            raise ConnectionError("not connected")
        self._reset()
        self._without_body = without_body
        self._may_upgrade = upgrade
        self._incoming = Incoming(self._wire, self._deadline)
        if len(body) < _JOIN_BELOW:
            self._wire.write(head + body)
        else:
            self._wire.write(head)
            self._wire.write(body)
        return self._incoming

    def close(self) -> None:
        """Close it; what is under way is cut."""
        if self._wire is not None:
            self._wire.abort()

    # -- asyncio.BufferedProtocol, or `Reader` above TLS

    def connection_made(self, transport: Wire) -> None:  # type: ignore[override] # ours or theirs
        """The connection (and its TLS session) stands."""
        self._wire = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        """One read without TLS."""
        self.data_received(self._buffer.copy(nbytes))

    def data_received(self, data: bytes) -> None:
        """Parse one read, then deliver what of the body was in it as one piece."""
        incoming = self._incoming
        if incoming is None:
            self.close()  # the back end speaks out of turn: whatever it is, it is no answer
            return
        if self._upgraded:
            incoming.came(data, False)
            return
        if not self._headed:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if not self._headed:
                self._broken(incoming)
                return
            self._upgraded = True
            incoming.came(data[int(upgrade.args[0]) :], False)
            return
        except httptools.HttpParserError:
            self._broken(incoming)
            return
        if not self._headed:
            if self._head_bytes > _LARGEST_HEAD:
                self._broken(incoming)
            return
        self._deliver(incoming)

    def eof_received(self) -> bool:
        """The back end sends no more: an end, where the answer is delimited by it, or a cut."""
        if self._incoming is not None and self._headed and self._until_close:
            self._complete = True
            self._reusable = False
            self._deliver(self._incoming)
        return False

    def pause_writing(self) -> None:
        """The back end does not read as fast as we write."""
        if self._incoming is not None:
            self._incoming.back_end_is_full(True)

    def resume_writing(self) -> None:
        """It reads again."""
        if self._incoming is not None:
            self._incoming.back_end_is_full(False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._deadline.end()
        incoming, self._incoming, self._wire = self._incoming, None, None
        if incoming is not None:
            incoming.cut()
        self._on_lost(self)
        del self._parser  # it knows us: nothing waits for a garbage collector

    # -- called by the parser

    def on_message_begin(self) -> None:
        """A head begins; after a complete answer that is one too many."""
        if self._complete:
            self._reusable = False

    def on_status(self, reason: bytes) -> None:
        """A stretch of the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, found: bytes) -> None:
        """One field line; trailers are dropped."""
        if not self._headed:
            self._fields.append((name, found))

    def on_headers_complete(self) -> None:
        """A head is complete: the answer's, or an informational one before it."""
        if self._complete or self._incoming is None:
            return
        status = self._parser.get_status_code()
        if status < 200 and not (status == 101 and self._may_upgrade):
            self._fields, self._reason = [], b""
            return
        fields = Fields(self._fields)
        self._headed = True
        self._until_close = not self._without_body and _ends_with_connection(status, fields)
        self._reusable = self._parser.should_keep_alive() and not self._until_close
        if self._without_body:
            self._complete = True
        self._incoming.head = ResponseHead(status=status, reason=self._reason, fields=fields)

    def on_message_complete(self) -> None:
        """The answer is complete (informational heads are none)."""
        if self._headed:
            self._complete = True

    # -- inside

    def _out_of_time(self) -> None:
        if self._incoming is not None:
            self._incoming.out_of_time()

    def _deliver(self, incoming: Incoming) -> None:
        parts = self._parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        if not self._complete:
            incoming.came(data, False)
            return
        self._incoming = None
        if self._without_body:
            data = b""
            # The parser waits for the body that a HEAD's answer announces and never sends.
            self._parser = httptools.HttpResponseParser(self)
        incoming.came(data, True)
        if self._wire is None:
            return
        if self._reusable and not self._wire.get_write_buffer_size():
            self._wire.resume_reading()  # a full sink may have paused it
            self._on_idle(self)
        else:  # the rest of our request is still on its way, or the back end wants no other
            self._wire.abort()

    def _broken(self, incoming: Incoming) -> None:
        """Not HTTP, or not the HTTP that we asked for: deliver what was good, then cut."""
        if self._headed and self._complete:
            self._reusable = False
            self._deliver(incoming)
            return
        if self._headed and self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            incoming.came(data, False)
        self._incoming = None
        incoming.cut()
        self.close()


def readable(wire: Wire | None) -> Callable[[], bool]:
    """A question to the socket below `wire`, made once: whether a read would give something now."""
    socket = wire.get_extra_info("socket") if wire is not None else None
    descriptor = getattr(socket, "fileno", lambda: -1)()
    if descriptor < 0:
        return lambda: True
    if sys.platform == "win32":
        return lambda: bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return lambda: bool(poll.poll(0))


def _ends_with_connection(status: int, fields: Fields) -> bool:
    """Whether only the end of the connection ends this body (RFC 9112 §6.3, case 8)."""
    if status in NO_BODY_STATUS or b"content-length" in fields:
        return False
    return b"chunked" not in fields.value(b"transfer-encoding").lower()
