"""Waits on loopback for the browser to come back from the issuer (RFC 8252 §7.3).

One sign-in, one listener, one answer. Only 127.0.0.1 and [::1]; only the two ports that the client
is registered with. A sign-in of another program that holds a port is left alone: whoever asks it to
cancel (as the official client does) ends somebody else's work.
"""

import asyncio
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from core.domain.errors import CoreError
from core.domain.sentence import Sentence, listed
from core.oauth import pages
from core.oauth.port_owner import who_listens
from core.oauth.protocol import (
    CALLBACK_PATH,
    PORTS,
    Attempt,
    Code,
    Denied,
    Trouble,
    read_callback,
)
from core.runtime.tasks import Tasks
from core.words.speech import Speech

_LARGEST_HEAD = 64 * 1024
_HEAD_S = 5.0
_RESULT_S = 45.0
_LEAVE_S = 2.0

_log = logging.getLogger(__name__)


class _Paths(StrEnum):
    """What we answer to; `/cancel` is what the official client asks of another one of its kind."""

    CALLBACK = CALLBACK_PATH
    RESULT = "/result"
    CANCEL = "/cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Another program of this user asked for the port: its sign-in goes before ours."""


type Outcome = Code | Denied | Cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What we look at in a request."""

    method: str
    path: str
    query: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    status: HTTPStatus
    page: str = ""
    location: str = ""


class CallbackListener:
    """A listener for one sign-in, made by `listen`. Close it."""

    def __init__(self, sockets: Sequence[socket.socket], *, speech: Speech) -> None:
        """`sockets` are bound and share one port; `speech` is the browser's person's."""
        self._sockets = sockets
        self._speech = speech
        self.port: int = sockets[0].getsockname()[1]
        self._attempt: Attempt | None = None
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[Outcome] = loop.create_future()
        self._conclusion: asyncio.Future[str] = loop.create_future()
        self._shown = asyncio.Event()
        self._tasks = Tasks("sign-in")
        self._servers: list[asyncio.Server] = []

    @property
    def redirect_uri(self) -> str:
        """Where the issuer sends the browser: the literal address, which no name can lead away."""
        return f"http://127.0.0.1:{self.port}{CALLBACK_PATH}"

    async def start(self) -> None:
        """Accept connections."""
        for bound in self._sockets:
            server = await asyncio.start_server(self._accept, sock=bound, limit=_LARGEST_HEAD)
            self._servers.append(server)

    async def wait(self, attempt: Attempt) -> Outcome:
        """The first callback that carries the state of `attempt`."""
        self._attempt = attempt
        return await asyncio.shield(self._outcome)

    def conclude(self, page: str) -> None:
        """What the browser, which waits for the end of the sign-in, is shown."""
        if not self._conclusion.done():
            self._conclusion.set_result(page)

    async def close(self) -> None:
        """Stop listening; a browser that is on its way to the last page gets it first."""
        if self._is_expected_back():
            try:
                async with asyncio.timeout(_LEAVE_S):
                    await self._shown.wait()
            except TimeoutError:
                pass  # it was closed, or never came
        for server in self._servers:
            server.close()
        await self._tasks.close()
        for bound in self._sockets:
            bound.close()

    def _is_expected_back(self) -> bool:
        """A browser that brought an answer comes once more, for the last page."""
        if not self._outcome.done() or not self._conclusion.done():
            return False
        return not isinstance(self._outcome.result(), Cancelled)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._serve(reader, writer), name="a browser")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_S):
                head = _parse(await reader.readuntil(b"\r\n\r\n"))
            reply = await self._reply(head)
            writer.write(_bytes(reply))
            async with asyncio.timeout(_HEAD_S):
                await writer.drain()
            if head is not None and head.path == _Paths.RESULT:
                self._shown.set()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            _log.debug("a browser went away, or spoke no HTTP")
        finally:
            writer.close()

    async def _reply(self, head: _Head | None) -> _Reply:
        if head is None or head.method != "GET" or not self._is_for_us(head):
            return self._not_ours()
        match head.path:
            case _Paths.CALLBACK:
                return self._called_back(head.query)
            case _Paths.RESULT if self._outcome.done():
                async with asyncio.timeout(_RESULT_S):
                    page = await asyncio.shield(self._conclusion)
                return _Reply(status=HTTPStatus.OK, page=page)
            case _Paths.CANCEL if not _from_a_page(head):
                self._finish(Cancelled())
                return _Reply(status=HTTPStatus.OK)
            case _:
                return self._not_ours(HTTPStatus.NOT_FOUND)

    def _called_back(self, query: str) -> _Reply:
        begun = self._attempt
        answer = Trouble.WRONG_STATE if begun is None else read_callback(query, begun)
        if isinstance(answer, Trouble):
            return self._not_ours()
        self._finish(answer)
        # Away from the address that holds the code, to one that holds nothing.
        return _Reply(status=HTTPStatus.FOUND, location=_Paths.RESULT)

    def _finish(self, outcome: Outcome) -> None:
        if not self._outcome.done():
            self._outcome.set_result(outcome)

    def _not_ours(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> _Reply:
        return _Reply(status=status, page=pages.not_ours(self._speech))

    def _is_for_us(self, head: _Head) -> bool:
        """A name that only leads here (DNS rebinding) is not ours."""
        names = ("127.0.0.1", "localhost", "[::1]")
        return head.fields.get("host", "").lower() in {f"{name}:{self.port}" for name in names}


async def listen(*, speech: Speech, ports: Sequence[int] = PORTS) -> CallbackListener:
    """A listener on the first port that is free.

    Raises:
        CoreError: `ports_taken`, which names who holds them where the system tells.
    """
    for port in ports:
        try:
            sockets = _bind(port)
        except OSError:
            continue
        listener = CallbackListener(sockets, speech=speech)
        await listener.start()
        return listener
    owners = await asyncio.to_thread(_owners, ports)
    raise CoreError(
        "ports_taken",
        _taken(" / ".join(map(str, ports)), owners),
        "End the other sign-in, or use a code: `turntable login --device`.",
    )


def _taken(ports: str, owners: str) -> Sentence:
    if not owners:
        return Sentence("A sign-in comes back to port {ports}; both are taken.", ports=ports)
    return Sentence(
        "A sign-in comes back to port {ports}; both are taken ({owners}).",
        ports=ports,
        owners=owners,
    )


def _bind(port: int) -> tuple[socket.socket, ...]:
    """IPv4, and IPv6 where there is one; browsers may take `localhost` for either."""
    first = _bound(socket.AF_INET, "127.0.0.1", port)
    try:
        second = _bound(socket.AF_INET6, "::1", first.getsockname()[1])
    except OSError:
        return (first,)
    return (first, second)


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # Windows: without it another program may take our callbacks.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((host, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def _owners(ports: Sequence[int]) -> str:
    named = [
        Sentence("{port} by {owner}", port=port, owner=owner)
        for port in ports
        if (owner := who_listens(port))
    ]
    return listed(named)


def _parse(head: bytes) -> _Head | None:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    path, _, query = words[1].partition("?")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return _Head(method=words[0], path=path, query=query, fields=fields)


def _from_a_page(head: _Head) -> bool:
    """Web pages may not end a sign-in; browsers mark what they send for them."""
    site = head.fields.get("sec-fetch-site", "none")
    return "origin" in head.fields or "referer" in head.fields or site != "none"


def _bytes(reply: _Reply) -> bytes:
    body = reply.page.encode()
    lines = [
        f"HTTP/1.1 {reply.status.value} {reply.status.phrase}",
        "content-type: text/html; charset=utf-8",
        f"content-length: {len(body)}",
        "connection: close",
        *(f"{name}: {value}" for name, value in pages.HEADERS),
        *([f"location: {reply.location}"] if reply.location else []),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
