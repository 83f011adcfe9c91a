"""httpx by the one rule of `core.domain.egress`. Imported when the first client is made."""

import ssl
from collections.abc import Mapping

import httpx

from core.domain.egress import EgressProxy, NoProxy, Way, way_to


class EgressTransport(httpx.AsyncBaseTransport):
    """Sends each request the way that its host is reached."""

    def __init__(self, *, chosen: str, named: Mapping[str, str], context: ssl.SSLContext) -> None:
        """`chosen`: `upstream.proxy`; `named`: the system's; `context`: who is believed."""
        self._chosen = chosen
        self._named = named
        self._context = context
        self._ways: dict[Way, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx asks it.

        Raises:
            httpx.TransportError: as httpx; `ProxyError` also where no usable proxy is named.
        """
        host, port = request.url.host, request.url.port or 443
        way = way_to(host, port, chosen=self._chosen, named=self._named)
        if way not in self._ways:
            self._ways[way] = self._transport(way)
        return await self._ways[way].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._ways.values():
            await transport.aclose()

    def _transport(self, way: Way) -> httpx.AsyncHTTPTransport:
        match way:
            case None:
                return httpx.AsyncHTTPTransport(verify=self._context)
            case EgressProxy():
                return httpx.AsyncHTTPTransport(verify=self._context, proxy=self._as_httpx(way))
            case NoProxy():
                raise httpx.ProxyError("the egress proxy is not one of HTTP")

    def _as_httpx(self, way: EgressProxy) -> httpx.Proxy:
        headers = {"proxy-authorization": f"Basic {way.basic}"} if way.basic else None
        return httpx.Proxy(
            way.shown, headers=headers, ssl_context=self._context if way.secure else None
        )
