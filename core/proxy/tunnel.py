"""The first words on a connection to an egress proxy: CONNECT, its answer, and then out of the way.

Nothing of a request, and no account's token, is said before the proxy has led us to the back end
and TLS with the back end itself stands (RFC 9110 §9.3.6).
"""

import asyncio
from typing import Protocol, cast

from core.domain.egress import EgressProxy
from core.domain.outcome import NoWay
from core.proxy.wire import Reader, Wire

_LARGEST_HEAD = 64 * 1024
_END = b"\r\n\r\n"


class EgressError(OSError):
    """The egress proxy leads nowhere. Nothing was sent to the back end.

    Attributes:
        way: what is wrong with it.
    """

    def __init__(self, way: NoWay, text: str) -> None:
        """`text`: for the log; it holds no login."""
        super().__init__(text)
        self.way = way
        self.strerror = text


class Switchable(Wire, Protocol):
    """A wire whose reader can change: asyncio's own transports, and `TlsWire`."""

    def set_protocol(self, protocol: Reader) -> None:
        """Who is told from now on what comes."""
        ...


class Tunnel(asyncio.Protocol):
    """Asks a proxy for the way, then hands the wire over.

    Attributes:
        opened: ends when the wire belongs to the layer above; raises `EgressError`.
    """

    def __init__(self, proxy: EgressProxy, *, host: str, port: int, above: Reader) -> None:
        """Create it inside the running loop.

        Args:
            proxy: who is asked.
            host: of the back end.
            port: of the back end.
            above: takes the wire when the way is open.
        """
        self._request = connect_request(proxy, host=host, port=port)
        self._above = above
        self._wire: Switchable | None = None
        self._head = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Wire) -> None:  # type: ignore[override] # ours or theirs
        """The proxy took the connection."""
        self._wire = cast("Switchable", transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """A part of the proxy's answer."""
        self._head += data
        head, end, more = self._head.partition(_END)
        if not end and len(self._head) <= _LARGEST_HEAD:
            return
        if self._wire is None or self.opened.done():
            return
        if (refused := _refusal(head) if end and not more else _not_http()) is not None:
            self._fail(refused)
            self._wire.abort()
            return
        self._wire.set_protocol(self._above)
        self.opened.set_result(None)
        self._above.connection_made(self._wire)

    def eof_received(self) -> bool:
        """The proxy hung up."""
        return False

    def pause_writing(self) -> None:
        """It has to take one head: nothing waits."""

    def resume_writing(self) -> None:
        """As above."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The proxy hung up before it had answered."""
        self._wire = None
        self._fail(EgressError(NoWay.PROXY, "the egress proxy closed the connection"))

    def abort(self) -> None:
        """Close at once."""
        if self._wire is not None:
            self._wire.abort()

    def _fail(self, refused: EgressError) -> None:
        if not self.opened.done():
            self.opened.set_exception(refused)


def connect_request(proxy: EgressProxy, *, host: str, port: int) -> bytes:
    """`CONNECT host:port`, with the proxy's login where it has one (RFC 9110 §11.7.1)."""
    shown = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {shown}:{port} HTTP/1.1", f"Host: {shown}:{port}"]
    if proxy.basic:
        lines.append(f"Proxy-Authorization: Basic {proxy.basic}")
    return "\r\n".join(lines).encode() + _END


def _refusal(head: bytes) -> EgressError | None:
    """What is wrong with the proxy's answer; None = the way is open."""
    first = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not first[0].startswith(b"HTTP/1.") or len(first) < 2 or not first[1].isdigit():
        return _not_http()
    match int(first[1]):
        case status if 200 <= status < 300:
            return None
        case 407:
            return EgressError(NoWay.PROXY_LOGIN, "the egress proxy wants a login (407)")
        case status:
            return EgressError(NoWay.PROXY, f"the egress proxy refused with {status}")


def _not_http() -> EgressError:
    return EgressError(NoWay.PROXY, "the egress proxy did not answer as one")
