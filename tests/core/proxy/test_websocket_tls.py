"""A WebSocket whose back end speaks TLS: frames pass, and a full back end slows the client."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.websocket.frames import Opcode, encode
from tests.core.proxy.rig import BASE, Arrived, BackEnd, Client, Rig, Wire
from tests.fakes.clock import FakeClock
from tests.fakes.connect_proxy import Authority

KEY = b"abcd"
HANDSHAKE = (
    f"GET {BASE}/responses HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\n"
    "upgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"
).encode()
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"


@pytest.fixture
async def switched() -> "asyncio.Future[Wire]":
    return asyncio.get_running_loop().create_future()


@pytest.fixture
async def rig(
    authority: Authority, clock: FakeClock, switched: "asyncio.Future[Wire]"
) -> AsyncIterator[Rig]:
    back_end = BackEnd()
    await back_end.start(ssl=authority.server_context("127.0.0.1"))

    async def switch(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING)
        switched.set_result(wire)
        await wire.gone.wait()

    back_end.script = switch
    rig = Rig(back_end.port, clock)
    rig.set("upstream.base_url", f"https://127.0.0.1:{back_end.port}/backend-api")
    rig.set("upstream.ca_file", str(authority.bundle))
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)
    await back_end.stop()


async def test_frames_pass_both_ways_through_tls(
    client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(HANDSHAKE)
    await client.head()
    back = await switched
    asked = encode(Opcode.TEXT, b'{"type":"odd"}', key=KEY)
    await client.send(asked)
    assert await back.reader.readexactly(len(asked)) == asked
    said = encode(Opcode.TEXT, b'{"type":"odd too"}')
    await back.send(said)
    assert await client.reader.readexactly(len(said)) == said


async def test_a_back_end_that_does_not_read_makes_the_client_wait(
    client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(HANDSHAKE)
    await client.head()
    back = await switched
    back.writer.transport.pause_reading()  # type: ignore[attr-defined]
    message = encode(Opcode.TEXT, b'{"type":"odd","d":"%b"}' % (b"x" * 50_000), key=KEY)
    sent = 0
    for _ in range(2000):
        client.writer.write(message)
        sent += len(message)
        try:
            await asyncio.wait_for(client.writer.drain(), 0.2)
        except TimeoutError:
            break
    else:
        pytest.fail("the client could write 100 MB to nobody")
    back.writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert len(await back.reader.readexactly(sent)) == sent
