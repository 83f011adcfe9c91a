"""A slow side slows the other down; nothing piles up in between."""

import asyncio
import socket
import tracemalloc

from core.domain.usage import Result
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until

MB = 1024 * 1024
LARGE = 50 * MB


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
    before = -1
    while before != sent:  # until everything between us is full
        before = sent
        for _ in range(2000):
            await asyncio.sleep(0)
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

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
    got = await client.ask(body=body)
    assert (got.status, got.body) == (413, b"no")
    server.close()
