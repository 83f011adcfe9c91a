"""The client goes, at whatever point: the back end is hung up on within a second."""

import asyncio
import contextlib

import pytest

from core.domain.usage import Result
from core.websocket.frames import Opcode, encode
from tests.core.proxy.rig import (
    A,
    Arrived,
    B,
    BackEnd,
    Client,
    Rig,
    Script,
    Wire,
    request_bytes,
)
from tests.core.proxy.sockets import ASKS, SHAKE, SWITCHING, nobody_accepts

pytestmark = [pytest.mark.both_loops, pytest.mark.usefixtures("never_twice")]

WITHIN_S = 1.0
MB = 1024 * 1024
CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'
DELTA = b'event: response.output_text.delta\ndata: {"delta":"hi"}\n\n'
LIMIT = b'{"error":{"type":"usage_limit_reached","resets_in_seconds":3600}}'


class Listening:
    """A back end that says some bytes and then only hears when it is hung up on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.hung_up = asyncio.Event()

    def says(self, *pieces: bytes) -> Script:
        async def script(arrived: Arrived, wire: Wire) -> None:
            for piece in pieces:
                await wire.send(piece)
            await self.until_the_end(wire)

        return script

    async def until_the_end(self, wire: Wire) -> None:
        self.reached.set()
        with contextlib.suppress(ConnectionError):
            await wire.reader.read()
        self.hung_up.set()


async def leave(client: Client, listening: Listening) -> None:
    """Once the back end has said its part and the proxy has read it."""
    await listening.reached.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    client.cut()
    async with asyncio.timeout(WITHIN_S):
        await listening.hung_up.wait()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        pytest.param((), "client_gone", id="before the head"),
        pytest.param((b"HTTP/1.1 200 O",), "client_gone", id="in the middle of the head"),
        pytest.param((EVENTS,), "client_gone", id="after the head"),
        pytest.param((EVENTS, chunk(CREATED)), "client_gone", id="before the commit point"),
        pytest.param((EVENTS, chunk(CREATED)[:-9]), "client_gone", id="inside the first event"),
        pytest.param((EVENTS, chunk(DELTA)), "served", id="in the middle of the answer"),
        pytest.param((EVENTS, chunk(DELTA), b"9\r\nda"), "served", id="inside a chunk"),
        pytest.param(
            (b"HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nhalf",),
            "client_gone",
            id="inside the body of a refusal",
        ),
    ],
)
async def test_whoever_leaves_costs_no_more_than_has_come(
    rig: Rig,
    back_end: BackEnd,
    client: Client,
    said: tuple[bytes, ...],
    outcome: str,
) -> None:
    listening = Listening()
    back_end.script = listening.says(*said)
    await client.send(request_bytes())
    await leave(client, listening)
    row = await rig.row()
    assert (row.result, [a.outcome for a in row.attempts]) == (Result.CANCELLED, [outcome])
    assert rig.server.traffic.in_flight(A) == rig.server.traffic.requests == 0
    assert rig.server._listener.buffered.size == 0
    assert len(back_end.arrived) == 1, "nobody else is asked for someone who is gone"


@pytest.mark.usefixtures("way")
async def test_whoever_leaves_while_another_account_is_asked(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    listening = Listening()

    async def script(arrived: Arrived, wire: Wire) -> None:
        if arrived.value(b"chatgpt-account-id") == b"ws-acc_a":
            await wire.answer(429, LIMIT)
        else:
            await listening.until_the_end(wire)

    back_end.script = script
    await client.send(request_bytes())
    await leave(client, listening)
    row = await rig.row()
    assert row.result is Result.CANCELLED
    assert [(a.account, a.outcome) for a in row.attempts] == [(A, "limited"), (B, "client_gone")]


async def test_whoever_leaves_while_the_back_end_takes_its_body(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    body = bytes(16 * MB)
    begun, left, hung_up = asyncio.Event(), asyncio.Event(), asyncio.Event()
    taken = 0

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        begun.set()
        await left.wait()
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(MB):
                taken += len(piece)
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
        await client.send(request_bytes(body=body))
        await begun.wait()
        client.cut()
        left.set()
        async with asyncio.timeout(WITHIN_S):
            await hung_up.wait()
    assert taken < len(body)
    assert (await rig.row()).result is Result.CANCELLED
    assert rig.server._listener.buffered.size == 0


async def test_whoever_leaves_while_the_back_end_is_dialled(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    with nobody_accepts() as port:
        rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
        await client.send(request_bytes())
        while rig.server.traffic.in_flight(A) == 0:  # noqa: ASYNC110 - no event of ours
            await asyncio.sleep(0)
        client.cut()
        async with asyncio.timeout(WITHIN_S):
            row = await rig.row()
    assert row.result is Result.CANCELLED
    assert back_end.arrived == []


def message(text: bytes) -> bytes:
    return encode(Opcode.TEXT, text)


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        pytest.param((), [], id="before the handshake is answered"),
        pytest.param((SWITCHING,), [], id="before anything is asked"),
        pytest.param((SWITCHING,), ["client_gone"], id="before any event"),
        pytest.param(
            (SWITCHING, message(b'{"type":"response.created"}')),
            ["client_gone"],
            id="before the commit point",
        ),
        pytest.param(
            (SWITCHING, message(b'{"type":"response.output_text.delta","delta":"hi"}')),
            ["served"],
            id="in the middle of the answer",
        ),
        pytest.param(
            (SWITCHING, message(b'{"type":"response.output_text.delta","delta":"hi"}')[:9]),
            ["client_gone"],
            id="inside a frame",
        ),
    ],
)
async def test_whoever_leaves_a_socket(
    rig: Rig,
    back_end: BackEnd,
    client: Client,
    said: tuple[bytes, ...],
    rows: list[str],
) -> None:
    listening = Listening()
    asks = bool(rows)

    async def script(arrived: Arrived, wire: Wire) -> None:
        for number, piece in enumerate(said):
            await wire.send(piece)
            if number == 0 and asks:
                await wire.reader.readexactly(len(ASKS))
        await listening.until_the_end(wire)

    back_end.script = script
    await client.send(SHAKE)
    if said:
        assert (await client.head()).startswith(b"HTTP/1.1 101 ")
    if asks:
        await client.send(ASKS)
    await leave(client, listening)
    while rig.server.traffic.websockets:  # noqa: ASYNC110 - no event of ours
        await asyncio.sleep(0)
    assert [(r.result, [a.outcome for a in r.attempts]) for r in rig.records] == [
        (Result.CANCELLED, [row]) for row in rows
    ]
    assert rig.server.traffic.in_flight(A) == rig.server.traffic.requests == 0
