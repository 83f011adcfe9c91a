"""Every byte of a WebSocket as it came, and nobody's memory filled by the other side."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from core.domain.usage import Result
from core.websocket.deflate import Deflater
from core.websocket.frames import Opcode, encode
from tests.core.proxy.rig import BASE, A, Arrived, BackEnd, Client, Rig, Wire, grant_of, until

RECORDED: Any = json.loads(
    (Path(__file__).parents[2] / "data" / "captures" / "websocket_handshake.json").read_text()
)[0]
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nconnection: upgrade\r\n"
    b"x-Odd: spelling\r\nsec-websocket-accept: abc\r\n"
)
PACKED = b"sec-websocket-extensions: permessage-deflate\r\n"
KEY = b"abcd"


def handshake() -> bytes:
    lines = [f"{name}: {found}" for name, found in RECORDED["headers"]]
    return f"GET {BASE}/responses HTTP/1.1\r\n".encode() + "\r\n".join([*lines, "\r\n"]).encode()


def create(**more: str) -> bytes:
    return json.dumps({"type": "response.create", "model": "m", **more}).encode()


@pytest.fixture
async def switched(back_end: BackEnd) -> "asyncio.Future[Wire]":
    """The back end's connection once it has answered 101."""
    future: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()

    async def switch(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING + PACKED + b"\r\n")
        future.set_result(wire)
        await wire.gone.wait()

    back_end.script = switch
    return future


async def test_the_recorded_handshake_arrives_equal_but_for_the_named_fields(
    rig: Rig, back_end: BackEnd, client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(handshake())
    head = await client.head()
    (arrived,) = back_end.arrived
    grant = grant_of(A)
    ours = {
        "host": f"127.0.0.1:{back_end.port}",
        "authorization": f"Bearer {grant.access_token}",
        "chatgpt-account-id": grant.workspace,
    }
    assert arrived.lines == [
        f"{name}: {ours.get(name.lower(), found)}".encode() for name, found in RECORDED["headers"]
    ]
    assert head.split(b"\r\n\r\n")[0].split(b"\r\nx-turntable-request")[0] == (
        SWITCHING + PACKED
    ).rstrip(b"\r\n")


async def test_frames_pass_untouched_in_pieces_with_masks_and_packed(
    rig: Rig, client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(handshake())
    await client.head()
    back = await switched
    ours, theirs = Deflater(afresh=False), Deflater(afresh=False)
    packed = ours.compress(create(input="x" * 300))
    first = bytearray(encode(Opcode.TEXT, packed[:50], rsv1=True, key=KEY))
    first[0] &= 0x7F
    asked = bytes(first) + encode(Opcode.CONTINUATION, packed[50:], key=b"efgh")
    asked += encode(Opcode.TEXT, ours.compress(b'{"type":"odd"}'), rsv1=True, key=b"ijkl")
    for at in range(0, len(asked), 7):
        await client.send(asked[at : at + 7])
    assert await back.reader.readexactly(len(asked)) == asked

    events = [
        {"type": "response.created"},
        {"type": "response.output_text.delta", "delta": "é"},
        {"type": "response.completed", "response": {"usage": {"input_tokens": 7}}},
    ]
    said = b"".join(
        encode(Opcode.TEXT, theirs.compress(json.dumps(event).encode()), rsv1=True)
        for event in events
    )
    for at in range(0, len(said), 5):
        await back.send(said[at : at + 5])
    assert await client.reader.readexactly(len(said)) == said
    row = await rig.row()
    assert row.tokens is not None
    assert row.tokens.input == 7


async def test_a_client_that_does_not_read_makes_the_back_end_wait(
    rig: Rig, client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(handshake())
    await client.head()
    back = await switched
    await client.send(encode(Opcode.TEXT, create(), key=KEY))
    event = encode(Opcode.TEXT, b'{"type":"response.output_text.delta","d":"%b"}' % (b"x" * 50_000))
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    sent = 0
    for _ in range(2000):
        back.writer.write(event)
        sent += len(event)
        try:
            await asyncio.wait_for(back.writer.drain(), 0.2)
        except TimeoutError:
            break
    else:
        pytest.fail("the back end could write 100 MB to nobody")
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    assert len(await client.reader.readexactly(sent)) == sent


async def test_a_back_end_that_does_not_read_makes_the_client_wait(
    rig: Rig, client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(handshake())
    await client.head()
    back = await switched
    back.reader._transport.pause_reading()  # type: ignore[attr-defined]
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
    back.reader._transport.resume_reading()  # type: ignore[attr-defined]
    assert len(await back.reader.readexactly(sent)) == sent


async def test_a_back_end_that_breaks_the_protocol_is_cut_off(
    rig: Rig, client: Client, switched: "asyncio.Future[Wire]"
) -> None:
    await client.send(handshake())
    await client.head()
    back = await switched
    await back.send(b"\xff\xff\xff")
    assert await client.ended() == b""
    with suppress(ConnectionError):
        assert await asyncio.wait_for(back.reader.read(), 2) == b""
    await until(lambda: rig.server.traffic.websockets == 0)


@pytest.mark.parametrize("asks", [True, False], ids=["in the middle of an answer", "at rest"])
async def test_codex_never_hears_that_a_login_is_refused(
    rig: Rig, client: Client, switched: "asyncio.Future[Wire]", asks: bool
) -> None:
    delta = encode(Opcode.TEXT, b'{"type":"response.output_text.delta","delta":"hi"}')
    await client.send(handshake())
    await client.head()
    back = await switched
    if asks:
        await client.send(encode(Opcode.TEXT, create(), key=KEY))
        await back.send(delta)
        assert await client.reader.readexactly(len(delta)) == delta
    await back.send(encode(Opcode.TEXT, b'{"type":"error","status":401,"error":{}}'))
    assert await client.ended() == b""
    assert [row.result for row in rig.records] == [Result.FAILED] * asks


async def test_an_extension_that_nobody_here_can_read_is_not_agreed_to(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def switch(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING + b"sec-websocket-extensions: x-odd\r\n\r\n")
        await wire.gone.wait()

    back_end.script = switch
    await client.send(handshake())
    assert (await client.head()).startswith(b"HTTP/1.1 426 ")


async def test_frames_that_come_with_the_head_are_not_lost(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    hello = encode(Opcode.TEXT, b'{"type":"codex.rate_limits"}')

    async def switch(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING + b"\r\n" + hello)
        await wire.gone.wait()

    back_end.script = switch
    await client.send(handshake())
    await client.head()
    assert await client.reader.readexactly(len(hello)) == hello
