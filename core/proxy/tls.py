"""TLS above a plain transport, with small buffers and session reuse.

asyncio's own TLS keeps about 295 KB for each connection and can resume no session; with
`ssl.MemoryBIO` it is about 24 KB, and a handshake on a known session costs a third less. Body bytes
are encrypted when the socket takes them, not before, so that a large request is kept only once.
"""

import asyncio
import contextlib
import ssl
from collections import deque

from core.proxy.read_buffer import SIZE, ReadBuffer
from core.proxy.wire import Reader, Wire
from core.runtime.net import trusted

_SLICE = 64 * 1024
"""How much is encrypted at once."""


class TlsWire(asyncio.BufferedProtocol):
    """Protocol of the plain transport below, transport of the protocol above."""

    def __init__(
        self,
        above: Reader,
        *,
        buffer: ReadBuffer,
        context: ssl.SSLContext,
        server_name: str,
        session: ssl.SSLSession | None,
    ) -> None:
        """Create it inside the running loop. `secured` ends when the handshake has."""
        self._above = above
        self._buffer = buffer
        self._from_net, self._to_net = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._from_net, self._to_net, server_hostname=server_name, session=session
        )
        self.secured: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._raw: Wire | None = None
        self._backlog: deque[memoryview] = deque()
        self._backlog_size = 0
        self._net_is_full = False
        self._paused = False
        self._ended = False

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection may resume; a copy, costly in time and memory (`sessions`)."""
        return self._tls.session

    @property
    def resumed(self) -> bool:
        """Whether the back end took up the session that it was offered."""
        return self._tls.session_reused is True

    # -- Wire, for the protocol above

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Encrypt and send, or keep until the socket takes more."""
        if self._raw is None or self._ended or not data:
            return
        if not self._backlog and not self._net_is_full and len(data) <= _SLICE:
            self._write_at_once(data)
            return
        self._backlog.append(memoryview(data))
        self._backlog_size += len(data)
        self._pump()

    def get_write_buffer_size(self) -> int:
        """Bytes not sent yet, encrypted or not."""
        below = self._raw.get_write_buffer_size() if self._raw is not None else 0
        return self._backlog_size + below

    def pause_reading(self) -> None:
        """Deliver nothing until `resume_reading`; the socket is not read either."""
        self._paused = True
        if self._raw is not None:
            self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Deliver what was decrypted meanwhile, and read on."""
        if not self._paused:
            return
        self._paused = False
        if self._raw is not None and not self._ended:
            self._raw.resume_reading()
            asyncio.get_running_loop().call_soon(self._deliver)

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._ended or self._raw is None or self._raw.is_closing()

    def close(self) -> None:
        """Say good-bye (close_notify), then close."""
        if self._raw is None or self._ended:
            return
        self._ended = True
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()  # the other side has not answered it yet: nobody waits for that
        self._flush()
        self._raw.close()

    def abort(self) -> None:
        """Close at once."""
        self._ended = True
        if self._raw is not None:
            self._raw.abort()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """As the plain transport's."""
        return self._raw.get_extra_info(name, default) if self._raw is not None else default

    def set_protocol(self, protocol: Reader) -> None:
        """As the plain transport's: who is told from now on."""
        self._above = protocol

    # -- asyncio.Protocol, for the transport below

    def connection_made(self, transport: Wire) -> None:  # type: ignore[override] # ours or theirs
        """The plain connection stands: shake hands."""
        self._raw = transport
        self._handshake()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes from the network."""
        self._from_net.write(self._buffer.view[:nbytes])
        if not self.secured.done():
            self._handshake()
        else:
            self._deliver()

    def data_received(self, data: bytes) -> None:
        """Bytes from another `TlsWire` below: TLS inside the TLS of an egress proxy."""
        self._from_net.write(data)
        if not self.secured.done():
            self._handshake()
        else:
            self._deliver()

    def eof_received(self) -> bool:
        """The network ended without a close_notify: whatever was under way is cut, not ended."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The plain connection is gone."""
        secured = self.secured.done() and not self.secured.cancelled()
        self._ended = True
        self._raw = None
        self._backlog.clear()
        if not self.secured.done():
            self.secured.set_exception(exc or ConnectionResetError("closed in the handshake"))
        elif secured and self.secured.exception() is None:
            self._above.connection_lost(exc)

    def pause_writing(self) -> None:
        """The socket is full."""
        self._net_is_full = True
        self._above.pause_writing()

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._net_is_full = False
        self._pump()
        if not self._net_is_full:
            self._above.resume_writing()

    # -- inside

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLError as error:
            self._flush()  # the alert that says why
            if not self.secured.done():
                self.secured.set_exception(error)
            self.abort()
            return
        self._flush()
        if self.secured.done():  # cancelled: nobody waits any more
            self.abort()
            return
        self.secured.set_result(None)
        self._above.connection_made(self)
        self._deliver()

    def _deliver(self) -> None:
        """Decrypt all that has come and hand it up as one piece."""
        if self._ended or self._paused:
            return
        parts: list[bytes] = []
        closed, broken = False, False
        try:
            while True:
                # Into our buffer: `read` alone would allocate as much as it may return.
                size: int = self._tls.read(SIZE, self._buffer.view)  # type: ignore[assignment]
                if not size:
                    closed = True
                    break
                parts.append(self._buffer.copy(size))
                if not self._from_net.pending:
                    # Asking once more would only raise, which costs as much as a read: a record
                    # (16 KB at most) fits into the buffer, so that nothing of it is left in TLS.
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            closed = True
        except ssl.SSLError:
            broken = True
        if self._to_net.pending:
            self._flush()
        if parts:
            self._above.data_received(parts[0] if len(parts) == 1 else b"".join(parts))
        if closed and not self._ended:
            self._above.eof_received()
            self.close()
        elif broken:
            self.abort()

    def _write_at_once(self, data: bytes | bytearray | memoryview) -> None:
        """Nothing waits before it, and it is small: it is encrypted whole (the buffer grows)."""
        try:
            self._tls.write(data)
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def _pump(self) -> None:
        """Encrypt and send while the socket takes it."""
        while self._backlog and not self._net_is_full and not self._ended:
            first = self._backlog[0]
            part = first[:_SLICE]
            try:
                written = self._tls.write(part)
            except ssl.SSLError:
                self.abort()
                return
            self._backlog_size -= written
            if written == len(first):
                self._backlog.popleft()
            else:
                self._backlog[0] = first[written:]
            self._flush()

    def _flush(self) -> None:
        if self._raw is not None and self._to_net.pending:
            self._raw.write(self._to_net.read())


def client_context(ca_file: str) -> ssl.SSLContext:
    """Believe whom the rest of the program believes; HTTP/1.1 by ALPN.

    Raises:
        OSError: `ca_file` cannot be read, or holds no certificate.
    """
    context = trusted(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context
