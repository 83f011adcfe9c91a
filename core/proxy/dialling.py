"""Opens connections to the back end: directly or through an egress proxy, by TLS or plainly."""

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from core.domain.egress import EgressProxy, NoProxy, Way
from core.domain.outcome import NoWay
from core.proxy.read_buffer import ReadBuffer
from core.proxy.tls import TlsWire
from core.proxy.tunnel import EgressError, Tunnel
from core.proxy.wire import Reader

if TYPE_CHECKING:
    from core.proxy.connection import UpstreamConnection

type WayTo = Callable[[str, int], Way]
"""How a host and a port are reached."""


class Origin(NamedTuple):
    """Where connections go: scheme, host and port (RFC 9110 §4.3.1).

    A tuple, because every request looks for the connections of one: a dataclass is compared and
    hashed by Python.
    """

    secure: bool
    host: str
    port: int


class Dialler:
    """Knows how every origin is reached."""

    def __init__(
        self, *, tls: Callable[[], ssl.SSLContext], way: WayTo, buffer: ReadBuffer
    ) -> None:
        """`tls` is called when the first secure connection is opened: it reads files."""
        self._make_context = tls
        self._context: ssl.SSLContext | None = None
        self._way = way
        self._buffer = buffer

    async def dial(
        self, connection: "UpstreamConnection", origin: Origin, session: ssl.SSLSession | None
    ) -> None:
        """Connect it, with TLS where the origin wants it.

        Args:
            connection: who speaks on the wire.
            origin: whom it speaks to.
            session: of an earlier connection to the same origin.

        Raises:
            OSError: refused, unreachable, no such host, TLS or the proxy refused. Nothing was sent.
        """
        loop = asyncio.get_running_loop()
        if not origin.secure:  # only this machine is spoken to without TLS
            await loop.create_connection(lambda: connection, origin.host, origin.port)
            return
        layer = self._layer(connection, origin.host, session)
        try:
            match self._way(origin.host, origin.port):
                case None:
                    await loop.create_connection(lambda: layer, origin.host, origin.port)
                case EgressProxy() as proxy:
                    await self._through(proxy, origin, layer)
                case NoProxy():
                    raise EgressError(NoWay.PROXY, "the egress proxy is not one of HTTP")
            await layer.secured
        except BaseException:
            layer.abort()
            raise

    async def _through(self, proxy: EgressProxy, origin: Origin, layer: TlsWire) -> None:
        """Reach the proxy, by TLS where it wants that, and be led on."""
        loop = asyncio.get_running_loop()
        tunnel = Tunnel(proxy, host=origin.host, port=origin.port, above=layer)
        below = self._layer(tunnel, proxy.host, None) if proxy.secure else None
        lowest = below if below is not None else tunnel
        try:
            await loop.create_connection(lambda: lowest, proxy.host, proxy.port)
            if below is not None:
                await below.secured
            await tunnel.opened
        except BaseException as error:
            lowest.abort()
            if not isinstance(error, OSError) or isinstance(error, EgressError):
                raise
            text = f"the egress proxy cannot be reached: {error.strerror or type(error).__name__}"
            raise EgressError(NoWay.PROXY, text) from error

    def _layer(self, above: Reader, name: str, session: ssl.SSLSession | None) -> TlsWire:
        if self._context is None:
            self._context = self._make_context()
        return TlsWire(
            above,
            buffer=self._buffer,
            context=self._context,
            server_name=name,
            session=session,
        )
