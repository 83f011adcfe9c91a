"""What a protocol writes to: a plain transport, or our TLS layer above one."""

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
