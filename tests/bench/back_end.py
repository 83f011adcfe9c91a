"""The benchmark's back end, a process of its own: as little work as TLS and HTTP allow.

What it answers is named by the field `x-bench` of the request: `short`, `stream EVENTS GAP_MS`,
`large BYTES`, `limit ACCOUNT` (429 for that workspace, short for others), `hang` (no answer; when
the connection ends, its time is kept), `ended` (that time), `cut EVENTS` (a stream that is reset
after so many), `refuse STATUS`. Every event carries the moment of its
sending (`"t":` nanoseconds of the machine's monotonic clock), so that the client sees its delay.
"""

import asyncio
import base64
import hashlib
import random
import re
import ssl
import sys
import time
from collections.abc import AsyncIterator, Coroutine

_LENGTH = re.compile(rb"content-length: (\d+)", re.I)
_BENCH = re.compile(rb"x-bench: ([^\r]+)", re.I)
_WORKSPACE = re.compile(rb"chatgpt-account-id: ([^\r]+)", re.I)
_SHORT = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n"
    b"x-codex-primary-used-percent: 12.5\r\nx-codex-primary-window-minutes: 300\r\n\r\n%b"
)
_EVENT = (
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    b'"item_id":"msg_0123456789abcdef","output_index":0,"content_index":0,"delta":" word",'
    b'"t":%d}\n\n'
)
_COMPLETED = (
    b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1",'
    b'"usage":{"input_tokens":100,"output_tokens":20}}}\n\n'
)
_KEY = re.compile(rb"sec-websocket-key: ([^\r]+)", re.I)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-accept: %b\r\n\r\n"
)
_ASKS_ROUTES = b"GET /backend-api/wham/accounts/check"
_LIMIT = b'{"error":{"type":"usage_limit_reached","resets_in_seconds":1}}'
_PIECE = bytes(64 * 1024)


def _words(head: bytes) -> list[bytes]:
    """What the request asks of us."""
    found = _BENCH.search(head)
    return found[1].split() if found else [b"short"]


class Moments:
    """When the last hanging client was let go."""

    ended = 0


async def _paced(events: int, gap_s: float) -> AsyncIterator[int]:
    """The moments of a stream's events, in nanoseconds: evenly, in no step with other streams'.

    Each begins at a phase of its own and keeps it. Streams that began together and slept for
    `gap_s` after each event would be sent in one burst, in which the middle one waits for thirty
    others: that measures the burst.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() * gap_s
    for _ in range(events):
        await asyncio.sleep(due - loop.time())
        yield time.perf_counter_ns()
        due += gap_s


class BackEnd(asyncio.Protocol):
    """One connection; requests one after another."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self._head = b""
        self._buffer = b""
        self._need = 0
        self._hanging = False
        self._is_socket = False
        self._paused: asyncio.Event = asyncio.Event()
        self._paused.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._hanging:
            self._moments.ended = time.perf_counter_ns()
        for task in self._tasks:
            task.cancel()

    def pause_writing(self) -> None:
        self._paused.clear()

    def resume_writing(self) -> None:
        self._paused.set()

    def data_received(self, data: bytes) -> None:
        if self._is_socket:
            if not self._tasks:  # the first frame asks; what it says does not matter
                words = _words(self._head)
                self._start(self._frames(int(words[1]), float(words[2]) / 1000))
            return
        if self._need:
            self._need -= len(data)
            if self._need <= 0:
                self._need = 0
                self._answer()
            return
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        self._head = self._buffer[: end + 4]
        length = _LENGTH.search(self._head)
        self._need = (int(length[1]) if length else 0) - (len(self._buffer) - end - 4)
        self._buffer = b""
        if self._need <= 0:
            self._need = 0
            self._answer()

    def _answer(self) -> None:
        if (key := _KEY.search(self._head)) is not None:
            self._is_socket = True
            accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
            self._transport.write(_UPGRADED % accept)
            return
        if self._head.startswith(_ASKS_ROUTES):
            self._write(b'{"accounts":[]}')  # the usual way; unread, it is asked again each minute
            return
        words = _words(self._head)
        match words[0]:
            case b"stream":
                self._start(self._stream(int(words[1]), float(words[2]) / 1000))
            case b"large":
                self._start(self._large(int(words[1])))
            case b"cut":
                self._start(self._stream(int(words[1]), 0.01, cut=True))
            case b"refuse":
                self._transport.write(
                    b"HTTP/1.1 %b Refused\r\ncontent-type: application/json\r\n"
                    b"content-length: 2\r\n\r\n{}" % words[1]
                )
            case b"hang":
                self._hanging = True
            case b"ended":
                self._write(b"%d" % self._moments.ended)
            case b"limit" if (who := _WORKSPACE.search(self._head)) and who[1] == words[1]:
                self._transport.write(
                    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(_LIMIT), _LIMIT)
                )
            case _:
                self._write(_EVENT % time.perf_counter_ns() + _COMPLETED)

    def _write(self, body: bytes) -> None:
        self._transport.write(_SHORT % (len(body), body))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stream(self, events: int, gap_s: float, *, cut: bool = False) -> None:
        write = self._transport.write
        write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        async for stamp in _paced(events, gap_s):
            event = _EVENT % stamp
            write(b"%x\r\n%b\r\n" % (len(event), event))
        if cut:
            self._transport.abort()
            return
        write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(_COMPLETED), _COMPLETED))

    async def _frames(self, events: int, gap_s: float) -> None:
        """As `_stream`, each event a frame of its own."""
        async for stamp in _paced(events, gap_s):
            self._frame(_EVENT % stamp)
        self._frame(_COMPLETED)

    def _frame(self, event: bytes) -> None:
        payload = event.partition(b"data: ")[2].rstrip()
        self._transport.write(b"\x81\x7e" + len(payload).to_bytes(2) + payload)

    async def _large(self, size: int) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        while size > 0:
            self._transport.write(_PIECE[:size])
            size -= len(_PIECE)
            await self._paused.wait()


async def serve(certificate: str, host: str) -> None:
    """Listen on any port; the first line on stdout names it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    moments = Moments()
    server = await asyncio.get_running_loop().create_server(
        lambda: BackEnd(moments), host, 0, ssl=context, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2] if sys.argv[2:] else "127.0.0.1"))
