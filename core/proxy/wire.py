"""The two ends of a connection below HTTP: what is written to, and who is told what came."""

from typing import Protocol


class Wire(Protocol):
    """The part of `asyncio.Transport` that the hot path uses.

    Two real implementations: the event loop's own transports, and `core.proxy.tls.TlsWire`.
    """

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Send, or keep until it can be sent; never waits."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that were written and not sent yet."""
        ...

    def pause_reading(self) -> None:
        """Deliver nothing until `resume_reading`."""
        ...

    def resume_reading(self) -> None:
        """Deliver again."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        ...

    def close(self) -> None:
        """Send what was written, then close."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...

    def get_extra_info(self, name: str, default: object = None) -> object:
        """As `asyncio.BaseTransport.get_extra_info`."""
        ...


class Reader(Protocol):
    """Whom the TLS layer tells what it decrypted, as a transport tells a protocol."""

    def connection_made(self, transport: Wire) -> None:
        """The handshake is done."""
        ...

    def data_received(self, data: bytes) -> None:
        """One read's worth."""
        ...

    def eof_received(self) -> bool | None:
        """The other side ended its stream, and said so."""
        ...

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        ...

    def resume_writing(self) -> None:
        """It takes more again."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        ...
