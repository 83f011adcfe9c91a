"""A slow side slows the other down; nothing piles up in between."""

import asyncio
import socket
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from core.domain import client as tools
from core.domain.usage import Result
from core.proxy.clients import token_hash
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until

pytestmark = pytest.mark.both_loops

MB = 1024 * 1024
LARGE = 50 * MB
TOKEN = "tt_fake-token-of-an-editor"


async def full(sent: Callable[[], int]) -> None:
    """Until everything between the back end and the client is full: no more is sent."""
    before = -1
    while before != sent():
        before = sent()
        for _ in range(2000):
            await asyncio.sleep(0)


async def test_a_slow_reader_holds_the_back_end_and_not_our_memory(
    rig: Rig, back_end: BackEnd
) -> None:
    sent = 0
    piece = bytes(256 * 1024)

    async def script(arrived: Arrived, wire: Wire) -> None:
        nonlocal sent
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % LARGE)
        wire.writer.transport.set_write_buffer_limits(high=0)
        while sent < LARGE:
            await wire.send(piece)
            sent += len(piece)

    back_end.script = script
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    small.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(small, ("127.0.0.1", rig.port))
    tracemalloc.start()
    await loop.sock_sendall(small, request_bytes("GET", "/models", b""))
    await full(lambda: sent)
    assert 0 < sent < LARGE // 2
    left = LARGE
    head = True
    while left > 0:
        data = await loop.sock_recv(small, 128 * 1024)
        if head:
            data = data.partition(b"\r\n\r\n")[2]
            head = False
        left -= len(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    small.close()
    assert peak < 4 * MB
    assert (await rig.row()).result is Result.SERVED


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request_bytes(), id="Codex"),
        pytest.param(
            request_bytes(
                "POST",
                "//v1/responses",
                b'{"model":"m","input":"hi","stream":true}',
                f"authorization: Bearer {TOKEN}",
            ),
            id="another tool, whose events are translated",
        ),
    ],
)
async def test_events_wait_at_the_back_end_for_a_slow_reader(
    rig: Rig, back_end: BackEnd, client: Client, asked: bytes
) -> None:
    rig.clients = [
        tools.Client(
            id=tools.ClientId("cl_1"),
            label="editor",
            token_sha256=token_hash(TOKEN),
            created_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    ]
    event = b'event: response.output_text.delta\ndata: {"delta":"%b"}\n\n' % (b"x" * 64_000)
    sent = 0

    async def script(arrived: Arrived, wire: Wire) -> None:
        nonlocal sent
        await wire.events()
        wire.writer.transport.set_write_buffer_limits(high=0)
        while sent < LARGE:
            await wire.chunk(event)
            sent += len(event)
        await wire.end()

    back_end.script = script
    tracemalloc.start()
    await client.send(asked)
    await full(lambda: sent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0 < sent < LARGE // 2
    assert peak < 4 * MB
    await client.head()
    got = 0
    while got < LARGE:
        got += len(await client.chunk())
    assert (await rig.row()).result is Result.SERVED


async def test_an_endless_refusal_is_not_kept_while_a_newer_token_is_awaited(
    rig: Rig, back_end: BackEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    sent = 0

    async def script(arrived: Arrived, wire: Wire) -> None:
        nonlocal sent
        if arrived.value(b"chatgpt-account-id") != b"ws-acc_a":
            await wire.answer(200, b"fine")
            return
        await wire.send(b"HTTP/1.1 401 No\r\ncontent-length: %d\r\n\r\n" % LARGE)
        wire.writer.transport.set_write_buffer_limits(high=0)
        while sent < LARGE:
            await wire.send(bytes(256 * 1024))
            sent += 256 * 1024

    async def renew(account: object, refused: object) -> bool:
        asked.set()
        await go_on.wait()
        return False

    monkeypatch.setattr(rig, "renew", renew)
    await rig.server.drain(grace_s=0)
    await rig.start()
    back_end.script = script
    caller = await Client.connect(rig.port)
    await caller.send(request_bytes())
    await asked.wait()
    await full(lambda: sent)
    assert sent < LARGE // 2
    go_on.set()
    assert (await caller.answer()).body == b"fine"
    await caller.close()


async def test_a_connection_that_was_held_back_serves_the_next_request(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    body = bytes(8 * MB)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, body)

    back_end.script = script
    for _ in range(3):
        await client.send(request_bytes("GET", "/models", b""))
        await until(lambda: bool(back_end.arrived))
        for _ in range(50):
            await asyncio.sleep(0)
        got = await client.answer()
        assert len(got.body) == len(body)
        back_end.arrived.clear()
    assert back_end.connections == 1


async def test_an_answer_before_the_whole_request_was_taken_is_passed_on(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    body = bytes(16 * MB)

    connections = 0

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
    for asked in (body, b"{}"):  # the rest of the first is still on its way
        got = await client.ask(body=asked)
        assert (got.status, got.body) == (413, b"no")
    assert connections == 2
    server.close()
