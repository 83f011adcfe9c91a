"""Our side of one exchange with a client: what is written, and whether anyone still reads."""

from collections.abc import Callable

from core.proxy.messages import (
    NO_BODY_STATUS,
    OwnAnswer,
    ResponseHead,
    response_bytes,
    response_fields,
    upgraded_fields,
)
from core.proxy.wire import Wire

_JOIN_BELOW = 64 * 1024
"""Smaller pieces are copied into one write with their framing; larger ones are written apart."""


def _nobody(keep: bool) -> None:
    """Whom the end of an answer concerns that no client reads."""


def _no_hurry() -> None:
    """What an answer does that comes to its end by itself."""


class Reply:
    """Writes one answer to a client. After `cut` or the client's leaving, writes do nothing."""

    def __init__(
        self,
        wire: Wire,
        *,
        without_body: bool,
        http11: bool,
        keep_alive: bool,
        full: bool,
        on_end: Callable[[bool], None],
    ) -> None:
        """`full`: the socket takes no more at this moment.

        `on_end(keep)`: the answer is written; may the connection carry another request?
        """
        self._wire = wire
        self._without_body = without_body
        self._http11 = http11
        self._keep_alive = keep_alive and http11
        self._on_end = on_end
        self._chunked = False
        self._sends_body = True
        self._full = full
        self._begun = b""
        self._on_full: Callable[[bool], None] | None = None
        self._on_drain: Callable[[], None] = _no_hurry
        self.heard: Callable[[bytes], None] | None = None
        self.status: int | None = None
        self.ended = False

    @property
    def begun(self) -> bool:
        """Whether the first byte is written: the commit point is behind us."""
        return self.status is not None

    def begin(self, head: ResponseHead, *, request_id: str) -> None:
        """The head of an answer that is passed on; it leaves with the first `write`, or `flush`."""
        if self.ended:
            return
        fields = response_fields(head, request_id=request_id)
        self._sends_body = not (self._without_body or head.status in NO_BODY_STATUS)
        if self._sends_body and not head.fields.value(b"content-length"):
            self._chunked = self._http11
            if self._chunked:
                fields = (*fields, (b"transfer-encoding", b"chunked"))
            else:
                self._keep_alive = False
        if not self._keep_alive:
            fields = (*fields, (b"connection", b"close"))
        self.status = head.status
        self._begun = response_bytes(head.status, head.reason, fields)

    def flush(self) -> None:
        """Send the head now, though no byte of the body is here yet."""
        if self._begun and not self.ended:
            begun, self._begun = self._begun, b""
            self._wire.write(begun)

    def write(self, data: bytes, last: bool) -> None:
        """Pass on one read's worth of body; `last` ends the answer."""
        if self.ended:
            return
        begun, self._begun = self._begun, b""
        tail = b""
        if not self._sends_body:
            data = b""
        elif self._chunked and data:
            begun += b"%x\r\n" % len(data)
            tail = b"\r\n0\r\n\r\n" if last else b"\r\n"
        elif self._chunked and last:
            tail = b"0\r\n\r\n"
        if len(data) < _JOIN_BELOW:
            if piece := begun + data + tail:
                self._wire.write(piece)
        else:
            self._wire.write(begun)
            self._wire.write(data)
            self._wire.write(tail)
        if last:
            self._end(self._keep_alive)

    def answer(self, own: OwnAnswer) -> None:
        """Write an answer of ours, whole."""
        if self.ended:
            return
        keep = self._keep_alive and not own.close
        fields = (*own.fields, (b"content-length", b"%d" % len(own.body)))
        if not keep:
            fields = (*fields, (b"connection", b"close"))
        self.status = own.status
        body = b"" if self._without_body else own.body
        self._wire.write(response_bytes(own.status, own.reason, fields) + body)
        self._end(keep)

    def upgrade(
        self,
        head: ResponseHead,
        *,
        request_id: str,
        heard: Callable[[bytes], None],
        on_drain: Callable[[], None],
    ) -> Wire:
        """Answer 101; from here on the connection belongs to whoever takes the wire.

        Args:
            head: of the back end's 101.
            request_id: `req_…`.
            heard: takes what the client says from now on.
            on_drain: the program stops: come to an end.
        """
        self.status = head.status
        if not self.ended:
            self.heard = heard
            self._on_drain = on_drain
            fields = upgraded_fields(head, request_id=request_id)
            self._wire.write(response_bytes(head.status, head.reason, fields))
        return self._wire

    def drain(self) -> None:
        """The program stops. An answer comes to its end by itself."""
        self._on_drain()

    def leave(self) -> None:
        """After an upgrade: what was written is sent, then the connection ends."""
        if not self.ended:
            self._end(False)

    def cut(self) -> None:
        """Close the client's connection at once, as the back end cut ours."""
        if not self.ended:
            self._is_over()
            self._wire.abort()

    def gone(self) -> None:
        """The client has left: whoever still answers is not heard, and nobody is told of an end."""
        self._is_over()
        self._on_end = _nobody

    def on_full(self, told: Callable[[bool], None] | None) -> None:
        """Whom to tell that the client takes no more for now (True), or again (False)."""
        self._on_full = told
        if told is not None and self._full:
            told(True)

    def is_full(self, full: bool) -> None:  # told by the transport
        """The socket is full, or takes more again."""
        self._full = full
        if self._on_full is not None:
            self._on_full(full)

    def _end(self, keep: bool) -> None:
        self._is_over()
        self._on_end(keep)

    def _is_over(self) -> None:
        """Whoever answered is told nothing any more, and is free without a garbage collector."""
        self.ended = True
        self._on_full = self.heard = None
        self._on_drain = _no_hurry
