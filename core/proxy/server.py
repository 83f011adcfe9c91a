"""The proxy as one thing: what it listens on, and its start and stop."""

import asyncio
import contextlib
import errno
import logging
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial

from core.domain.egress import Way, way_to
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.proxy.answers import fault_answer
from core.proxy.attempt import Attempts
from core.proxy.buffered import Buffered
from core.proxy.dialling import Dialler
from core.proxy.listener import Limits, Listener
from core.proxy.pool import Pool
from core.proxy.read_buffer import ReadBuffer
from core.proxy.relay import Relay, Seams
from core.proxy.routes import Identity, Known, Passage, Routes, Status, Valid
from core.proxy.tls import client_context
from core.proxy.traffic import Traffic
from core.proxy.upstream import Authorise, Granted, KnownRoute, Renew, RouteOf, Upstream
from core.runtime.net import system_proxies
from core.runtime.tasks import Tasks

_log = logging.getLogger(__name__)

PORTS_TRIED = 50
"""How many ports after the preferred one are tried before any free one is taken."""
_BACKLOG = 1024
_LOOK_AGAIN_S = 0.02


class ProxyServer:
    """Listens on loopback and nowhere else."""

    def __init__(
        self,
        *,
        seams: Seams,
        authorise: Authorise,
        granted: Granted,
        renew: Renew,
        route_of: RouteOf,
        known_route: KnownRoute,
        valid: Valid,
        known: Known,
        status: Status,
        identity: Callable[[], Identity],
        limits: Limits | None = None,
        proxies: Callable[[], Mapping[str, str]] = system_proxies,
    ) -> None:
        """Builds the parts; nothing listens and nothing is opened yet.

        Args:
            seams: what the application hands in.
            authorise: a fresh token of an account.
            granted: the same, if it is at hand.
            renew: a newer one.
            route_of: where the requests of an account's workspace go.
            known_route: the same, if it is known.
            valid: whose the secret of a bound path is.
            known: whose the token of another tool is.
            status: what `/status` answers: no address, no name of a person.
            identity: what `/health` proves.
            limits: of connections.
            proxies: the egress proxies that the system names.
        """
        settings = seams.settings
        self.traffic = Traffic()
        self._tasks = Tasks("proxy")
        buffer = ReadBuffer()

        def way(host: str, port: int) -> Way:
            return way_to(host, port, chosen=settings().upstream.proxy, named=proxies())

        dialler = Dialler(
            tls=lambda: client_context(settings().upstream.ca_file), way=way, buffer=buffer
        )
        self._upstream = Upstream(
            pool=Pool(dialler=dialler, buffer=buffer, clock=seams.clock, tasks=self._tasks),
            authorise=authorise,
            granted=granted,
            renew=renew,
            route_of=route_of,
            known_route=known_route,
            settings=lambda: settings().upstream,
        )
        attempts = Attempts(upstream=self._upstream, settings=settings, clock=seams.clock)
        buffered = Buffered(lambda: settings().proxy.max_buffered)
        relay = Relay(
            attempts=attempts,
            seams=seams,
            traffic=self.traffic,
            buffered=buffered,
            random_bytes=secrets.token_bytes,
        )
        routes = Routes(
            valid=valid,
            known=known,
            status=status,
            identity=identity,
            settings=lambda: settings().proxy,
            folders_wanted=seams.places.wanted,
            say=seams.speech.say,
        )
        self._listener: Listener[Passage] = Listener(
            gate=routes.gate,
            handler=relay.serve,
            tasks=self._tasks,
            buffered=buffered,
            buffer=buffer,
            limits=limits if limits is not None else Limits(),
            says=partial(fault_answer, say=seams.speech.say),
        )
        self._servers: list[asyncio.Server] = []
        self._port: int | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; None before `start` and after `drain`."""
        return self._port

    async def start(self, preferred: int, *, patience_s: float = 0.0) -> int:
        """Listen on `preferred`, or the next free port; on ::1 too where that can be had.

        Args:
            preferred: the port that is tried first.
            patience_s: how long whoever has it may take to let it go (a guard does).

        Raises:
            CoreError: `no_port`; nothing listens.
        """
        sock = await _socket_at(preferred, within_s=patience_s) or _loopback_socket(preferred)
        port: int = sock.getsockname()[1]
        loop = asyncio.get_running_loop()
        create = self._listener.connection
        self._listener.draining = False
        self._servers = [await loop.create_server(create, sock=sock, backlog=_BACKLOG)]
        with contextlib.suppress(OSError):  # no IPv6, or the port is taken there
            other = _bound(socket.AF_INET6, "::1", port)
            self._servers.append(await loop.create_server(create, sock=other, backlog=_BACKLOG))
        self._port = port
        _log.info("listening on 127.0.0.1:%d", port)
        return port

    async def drain(self, grace_s: float = 2.0) -> None:
        """Take no more requests, give those under way `grace_s`, then cut what is left."""
        for server in self._servers:
            server.close()
        self._servers = []
        self._port = None
        self._listener.drain()
        if self._listener.connections:
            await self._listener.emptied(within_s=grace_s)
        self._listener.cut()
        self._upstream.cool()
        await self._tasks.close()
        self._upstream.close()


async def _socket_at(port: int, *, within_s: float) -> socket.socket | None:
    """The port itself, as soon as it is let go; None when it is not in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(OSError):
                    return _bound(socket.AF_INET, "127.0.0.1", port)
                await asyncio.sleep(_LOOK_AGAIN_S)
    return None


def _loopback_socket(preferred: int) -> socket.socket:
    last = min(preferred + PORTS_TRIED, 65_536)
    for port in (*range(preferred, last), 0):
        try:
            return _bound(socket.AF_INET, "127.0.0.1", port)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise CoreError(
                    "no_port",
                    Sentence("Turntable cannot listen on 127.0.0.1: {why}.", why=error.strerror),
                    "`proxy.port` sets the port.",
                ) from error
    raise CoreError("no_port", "No port on 127.0.0.1 is free.", "`proxy.port` sets the port.")


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    """A socket that nobody else can share or take over."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
