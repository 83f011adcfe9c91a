"""Sends one request with one account's login. The only file of the proxy that handles a token."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.outcome import NoWay, Unreachable
from core.domain.settings import UpstreamSettings
from core.domain.trust import OFFICIAL_BACK_END, is_loopback, may_be_sent_to
from core.domain.workspace_route import WorkspaceRoute
from core.proxy.connection import UpstreamConnection
from core.proxy.dialling import Origin
from core.proxy.incoming import Incoming
from core.proxy.messages import (
    Authority,
    Request,
    request_bytes,
    request_fields,
    wants_websocket,
)
from core.proxy.pool import Pool
from core.proxy.tunnel import EgressError

type Authorise = Callable[[AccountId], Awaitable[Grant | None]]
"""A fresh token of this account; None when there is none (whoever says so has learned why)."""
type RouteOf = Callable[[AccountId, Grant], Awaitable[WorkspaceRoute]]
"""Where the requests of this account's workspace go."""
type Granted = Callable[[AccountId], Grant | None]
"""The token that `Authorise` would give without waiting; None: it has to be asked."""
type KnownRoute = Callable[[AccountId, Grant], WorkspaceRoute | None]
"""What `RouteOf` would say without waiting; None: it has to be asked."""
type Renew = Callable[[AccountId, Grant], Awaitable[bool]]
"""Get a newer token than the one that was refused; whether there is one."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """A request that went out: its answer to come, and the login it went with.

    `grant`: None where nothing went out, because the answer was known.
    """

    incoming: Incoming
    grant: Grant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The back end's address, taken apart.

    Attributes:
        origin: where connections go.
        host: value of the `host` field.
        path: what stands before every path; no slash at its end.
    """

    origin: Origin
    host: bytes
    path: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dress:
    """What the requests of one account carry and where they go; made anew when anything changes."""

    grant: Grant
    route: WorkspaceRoute
    settings: UpstreamSettings
    base: Base
    authority: Authority

    def fits(self, grant: Grant, route: WorkspaceRoute | None, settings: UpstreamSettings) -> bool:
        """Whether it was made of these very values."""
        return self.grant is grant and self.route is route and self.settings is settings


class Upstream:
    """The back end, as the relay sees it."""

    def __init__(
        self,
        *,
        pool: Pool,
        authorise: Authorise,
        granted: Granted,
        renew: Renew,
        route_of: RouteOf,
        known_route: KnownRoute,
        settings: Callable[[], UpstreamSettings],
    ) -> None:
        self._pool = pool
        self._granted = granted
        self._known_route = known_route
        self._route_of = route_of
        self._authorise = authorise
        self._renew = renew
        self._settings = settings
        self._dresses: dict[AccountId, _Dress] = {}
        self._bases: dict[tuple[str, bool, str | None], Base | None] = {}

    def send_at_once(
        self, account: AccountId, request: Request, path: bytes, *, keep_turn_state: bool
    ) -> Sent | None:
        """As `send`, if token and connection are at hand; None: nothing was sent, use `send`."""
        grant = self._granted(account)
        if grant is None:
            return None
        route = self._known_route(account, grant)
        dress = self._dresses.get(account)
        if dress is None or not dress.fits(grant, route, self._settings()):
            return None
        connection = self._pool.at_hand(dress.base.origin)
        if connection is None:
            return None
        return _sent_on(connection, dress, request, path, keep_turn_state=keep_turn_state)

    async def send(
        self, account: AccountId, request: Request, path: bytes, *, keep_turn_state: bool
    ) -> Sent | Unreachable | None:
        """Send `request` to `path` (below the base address) with the account's login.

        `Unreachable`: nothing was sent. None: nothing was sent, for there is no token.
        """
        grant = await self._authorise(account)
        if grant is None:
            return None
        route = await self._route_of(account, grant)
        settings = self._settings()
        base = self._base_of(settings, route.origin)
        if base is None:
            what = "upstream.base_url" if route.origin is None else "the workspace's own address"
            return Unreachable(detail=f"{what} is not allowed")
        dress = _Dress(
            grant=grant,
            route=route,
            settings=settings,
            base=base,
            authority=_authority(grant, route, base),
        )
        try:
            connection = await self._pool.connection(
                base.origin, timeout_s=settings.connect_timeout_s
            )
            sent = _sent_on(connection, dress, request, path, keep_turn_state=keep_turn_state)
        except OSError as error:
            return Unreachable(detail=_detail(error), way=_way_of(error))
        self._dresses[account] = dress
        return sent

    async def renew(self, account: AccountId, refused: Sent | None) -> bool:
        """Get a newer token than the one that was refused; whether there is one."""
        grant = refused.grant if refused is not None else None
        return grant is not None and await self._renew(account, grant)

    def cool(self) -> None:
        """Open no connection any more before somebody asks."""
        self._pool.cool()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _base_of(self, settings: UpstreamSettings, origin: str | None) -> Base | None:
        """The address as set now, or the workspace's own; taken apart once."""
        key = (settings.base_url, settings.allow_custom, origin)
        if key not in self._bases:
            base = base_of(settings.base_url, allow_custom=settings.allow_custom)
            if base is not None and origin is not None:
                base = at_origin(base, origin, allow_custom=settings.allow_custom)
            self._bases[key] = base
        return self._bases[key]


def _authority(grant: Grant, route: WorkspaceRoute, base: Base) -> Authority:
    return Authority(
        host=base.host,
        authorization=b"Bearer " + grant.access_token.encode(),
        workspace=grant.workspace.encode(),
        fedramp=grant.fedramp,
        override=(route.override or "").encode(),
    )


def _sent_on(
    connection: UpstreamConnection,
    dress: _Dress,
    request: Request,
    path: bytes,
    *,
    keep_turn_state: bool,
) -> Sent:
    """Send it on this connection.

    Raises:
        ConnectionError: it is not usable; nothing was sent.
    """
    asked = request.head
    fields = request_fields(request, dress.authority, keep_turn_state=keep_turn_state)
    incoming = connection.exchange(
        request_bytes(asked.method, dress.base.path + path, fields),
        request.body,
        without_body=asked.method == b"HEAD",
        upgrade=wants_websocket(asked),
    )
    return Sent(incoming=incoming, grant=dress.grant)


def at_origin(base: Base, origin: str, *, allow_custom: bool) -> Base | None:
    """The same paths at a workspace's own origin; None when tokens may not go there.

    The back end names it, so it is believed where the back end is the official one: a host of its
    domain, by https. A back end on loopback may name loopback.
    """
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return None
    ours = host == OFFICIAL_BACK_END or host.endswith(f".{OFFICIAL_BACK_END}")
    known = ours and parts.scheme == "https" and not is_loopback(base.origin.host)
    if not known and not (is_loopback(host) and is_loopback(base.origin.host)) and not allow_custom:
        return None
    return base_of(
        f"{parts.scheme}://{parts.netloc}{base.path.decode()}", allow_custom=known or allow_custom
    )


def base_of(url: str, *, allow_custom: bool) -> Base | None:
    """Take the address apart; None when tokens may not go there.

    They go to the official host by https and to loopback; anywhere else only with `allow_custom`,
    and then by https too.
    """
    if not may_be_sent_to(url, official=OFFICIAL_BACK_END, allow_custom=allow_custom):
        return None
    parts = urlsplit(url)
    host, port, secure = parts.hostname or "", parts.port, parts.scheme == "https"
    shown = f"[{host}]" if ":" in host else host
    return Base(
        origin=Origin(secure=secure, host=host, port=port or (443 if secure else 80)),
        host=(shown if port is None else f"{shown}:{port}").encode(),
        path=parts.path.rstrip("/").encode(),
    )


def _way_of(error: OSError) -> NoWay:
    match error:
        case EgressError(way=way):
            return way
        case ssl.SSLCertVerificationError():
            return NoWay.CERTIFICATE
        case _:
            return NoWay.NETWORK


def _detail(error: Exception) -> str:
    """What went wrong, without an address that might hold a secret."""
    match error:
        case TimeoutError():
            return "connect timeout"
        case ssl.SSLCertVerificationError():
            return f"certificate: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {error.reason or 'handshake failed'}"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return type(error).__name__
