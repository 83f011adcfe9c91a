"""The benchmark's clients: requests in a closed loop, paced streams, slow readers, leavers."""

import asyncio
import math
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_STAMP = re.compile(rb'"t":(\d+)')
_LENGTH = re.compile(rb"content-length: (\d+)", re.I)
BODY = bytes(range(256)) * 80
"""20 KB, as a turn of a middling chat, compressed."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom to ask: the back end itself, or what stands before it."""

    name: str
    port: int
    base: str
    tls: ssl.SSLContext | None = None

    def request(self, bench: str, body: bytes = BODY) -> bytes:
        """A turn, as Codex sends it, with what the back end shall do."""
        return (
            f"POST {self.base}/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nversion: 0.169.0\r\n"
            f"x-bench: {bench}\r\nx-codex-routing-hint: model=gpt-6.1-sol\r\n"
            "accept: text/event-stream\r\ncontent-type: application/json\r\n"
            "authorization: Bearer fake-local\r\nchatgpt-account-id: fake-local\r\n"
            f"originator: codex_exec\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body


class Client(asyncio.Protocol):
    """A connection that hands every read to a function."""

    def __init__(self, read: Callable[[bytes], None]) -> None:
        self._read = read
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._read(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)


async def connect(target: Target, read: Callable[[bytes], None]) -> Client:
    """A client of `target`."""
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(read),
        "127.0.0.1",
        target.port,
        ssl=target.tls,
        server_hostname="127.0.0.1" if target.tls else None,
    )
    return client


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a closed loop saw: seconds to each first byte, and answers a second."""

    first_byte_s: list[float]
    per_second: float


class _Loop:
    """One client that asks again as soon as it is answered."""

    def __init__(
        self,
        request: bytes,
        most: int | None = None,
        *,
        until: float = math.inf,
        pause_s: float = 0.0,
    ) -> None:
        """It ends after `most` answers, or with the first one after `until`."""
        self._request = request
        self._most = most
        self._until = until
        self._pause_s = pause_s
        self._left = 0
        self._head = b""
        self.first_byte_s: list[float] = []
        self.client: Client
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def ask(self) -> None:
        self._sent = time.perf_counter()
        self.client.transport.write(self._request)

    def read(self, data: bytes) -> None:
        if not self._left:
            if not self._head:
                self.first_byte_s.append(time.perf_counter() - self._sent)
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._head)
            assert length is not None, self._head
            assert self._head.startswith(b"HTTP/1.1 200"), self._head
            self._left = int(length[1]) - (len(self._head) - end - 4)
            self._head = b""
        else:
            self._left -= len(data)
        if self._left <= 0:
            self._left = 0
            enough = self._most is not None and len(self.first_byte_s) >= self._most
            if not enough and time.perf_counter() < self._until:
                if self._pause_s:
                    asyncio.get_running_loop().call_later(self._pause_s, self.ask)
                else:
                    self.ask()
            elif not self.done.done():
                self.done.set_result(None)


async def closed_loop(
    target: Target, *, clients: int, seconds: float, bench: str = "short", pause_s: float = 0.0
) -> Answers:
    """`clients` connections ask short questions for `seconds`, each `pause_s` after an answer."""
    started = time.perf_counter()
    until = started + seconds
    request = target.request(bench)
    loops = [_Loop(request, until=until, pause_s=pause_s) for _ in range(clients)]
    for n, loop in enumerate(loops):
        loop.client = await connect(target, loop.read)
        loop.ask()
        while n % 32 == 31 and not all(o.first_byte_s for o in loops[: n + 1]):  # noqa: ASYNC110
            await asyncio.sleep(0.005)  # who was not read yet is a stranger: only 64 of those
    await asyncio.wait_for(asyncio.gather(*(loop.done for loop in loops)), seconds + 30)
    took = time.perf_counter() - started
    for loop in loops:
        loop.client.transport.abort()
    times = [t for loop in loops for t in loop.first_byte_s]
    return Answers(first_byte_s=times, per_second=len(times) / took)


async def counted(target: Target, *, clients: int, requests: int) -> float:
    """So many short questions, shared among `clients` connections; answers a second."""
    each = requests // clients
    loops = [_Loop(target.request("short"), each) for _ in range(clients)]
    for loop in loops:
        loop.client = await connect(target, loop.read)
    began = time.perf_counter()
    for loop in loops:
        loop.ask()
    await asyncio.wait_for(asyncio.gather(*(loop.done for loop in loops)), 120)
    took = time.perf_counter() - began
    for loop in loops:
        loop.client.transport.abort()
    return requests / took


async def streams(
    target: Target,
    *,
    clients: int,
    events: int,
    gap_ms: float,
    midway: Callable[[], Awaitable[None]] | None = None,
) -> list[float]:
    """Seconds from each event's sending to its arrival, over `clients` streams at once.

    `midway` is called while all of them flow.
    """
    delays: list[float] = []
    begun = ended = 0
    all_ended = asyncio.get_running_loop().create_future()

    def reader() -> Callable[[bytes], None]:
        tail = b""

        def read(data: bytes) -> None:
            nonlocal tail, begun, ended
            now = time.perf_counter_ns()
            begun += not tail
            delays.extend((now - int(stamp)) / 1e9 for stamp in _STAMP.findall(data))
            tail = (tail + data)[-7:]
            if tail.endswith(b"\r\n0\r\n\r\n"):
                ended += 1
                if ended == clients:
                    all_ended.set_result(None)

        return read

    connected = []
    request = target.request(f"stream {events} {gap_ms}")
    for n in range(clients):
        client = await connect(target, reader())
        client.transport.write(request)
        connected.append(client)
        await asyncio.sleep(gap_ms / 1000 / clients if n else 0)
        while n % 32 == 31 and begun <= n:  # noqa: ASYNC110 - as in `closed_loop`
            await asyncio.sleep(0.005)
    if midway is not None:
        await asyncio.sleep(events * gap_ms / 2000)
        await midway()
    await asyncio.wait_for(all_ended, events * gap_ms / 1000 * 3 + 60)
    for client in connected:
        client.transport.abort()
    return delays


async def slow_reader(target: Target, *, size: int, watch: Callable[[], None]) -> None:
    """Read `size` bytes at about 50 MB/s; `watch` is called between the reads."""
    left = size
    resumed = asyncio.Event()

    def read(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        client.transport.pause_reading()
        resumed.set()

    client = await connect(target, read)
    client.transport.write(target.request(f"large {size}"))
    while left > 0:
        await asyncio.wait_for(resumed.wait(), 10)
        resumed.clear()
        watch()
        await asyncio.sleep(0.002)
        client.transport.resume_reading()
    client.transport.abort()


async def bodies(target: Target, *, clients: int, size: int, watch: Callable[[], None]) -> None:
    """`clients` bodies of `size` bytes are held at once: the back end reads them and hangs."""
    connected = [await connect(target, lambda _: None) for _ in range(clients)]
    request = target.request("hang", bytes(size))
    for client in connected:
        client.transport.write(request)
    for _ in range(40):
        await asyncio.sleep(0.1)
        watch()
    for client in connected:
        client.transport.abort()


async def leave(target: Target, direct: Target) -> float:
    """Seconds from a client's leaving to the end of its connection at the back end."""
    client = await connect(target, lambda _: None)
    client.transport.write(target.request("hang"))
    await asyncio.sleep(0.2)
    left = time.perf_counter_ns()
    client.transport.abort()
    while True:
        await asyncio.sleep(0.05)
        ended = int(await once(direct, "ended"))
        if ended > left:
            return (ended - left) / 1e9


async def once(target: Target, bench: str) -> bytes:
    """The body of one short answer."""
    got = b""
    done = asyncio.Event()

    def read(data: bytes) -> None:
        nonlocal got
        got += data
        head, _, body = got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is not None and len(body) >= int(length[1]):
            done.set()

    client = await connect(target, read)
    client.transport.write(target.request(bench))
    await asyncio.wait_for(done.wait(), 10)
    client.transport.abort()
    return got.partition(b"\r\n\r\n")[2]


async def failover(target: Target, limited: str) -> float:
    """Seconds that a 429 of the preferred account adds to a first byte.

    The limit counts for a second; each sample waits until it is over.
    """
    plain, moved = [], []
    for _ in range(5):
        await asyncio.sleep(1.3)
        plain.append(await _first_byte_s(target, "short"))
        moved.append(await _first_byte_s(target, limited))
    return sorted(moved)[2] - sorted(plain)[2]


async def _first_byte_s(target: Target, bench: str) -> float:
    came: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def read(data: bytes) -> None:
        if not came.done():
            came.set_result(time.perf_counter())

    client = await connect(target, read)
    sent = time.perf_counter()
    client.transport.write(target.request(bench))
    first = await asyncio.wait_for(came, 10)
    client.transport.abort()
    return first - sent
