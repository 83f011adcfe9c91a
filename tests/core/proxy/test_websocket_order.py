"""What comes on a socket beside its turn: early, late, twice, or only half."""

import asyncio
import json
from datetime import timedelta

import pytest

from core.domain.decision import Because, Use, UseReason
from core.domain.observed import learn_outcome
from core.domain.outcome import Limited, LimitReason
from core.proxy import websocket_relay
from core.proxy.websocket_handshake import FAILURES
from core.websocket.frames import CloseCode, Opcode, encode, encode_close, masked
from tests.core.proxy.rig import A, Arrived, B, BackEnd, Client, Rig, Wire, until
from tests.core.proxy.sockets import ASKS, SHAKE, SWITCHING

KEY = b"abcd"
LIMITS = encode(Opcode.TEXT, b'{"type":"codex.rate_limits"}')
DELTA = encode(Opcode.TEXT, b'{"type":"response.output_text.delta","delta":"hi"}')
DONE = encode(Opcode.TEXT, b'{"type":"response.completed","response":{}}')
FOREIGN = encode(
    Opcode.TEXT, b'{"type":"error","status":400,"error":{"code":"invalid_encrypted_content"}}'
)


@pytest.fixture
async def back(back_end: BackEnd, client: Client, rig: Rig) -> Wire:
    """The back end's side of an open socket."""
    opened: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING)
        opened.set_result(wire)
        await wire.gone.wait()

    back_end.script = script
    await client.send(SHAKE)
    await client.head()
    return await opened


async def hung_up(wire: Wire) -> None:
    """The proxy has left the back end; within a second."""
    async with asyncio.timeout(1):
        while await wire.reader.read(4096):
            pass


async def test_half_a_message_is_given_back_when_its_client_goes(
    rig: Rig, client: Client, back: Wire
) -> None:
    await client.send(encode(Opcode.TEXT, bytes(5000), key=KEY)[:2000])
    buffered = rig.server._listener.buffered
    await until(lambda: buffered.size > 0)
    client.cut()
    await hung_up(back)
    await until(lambda: rig.server.traffic.websockets == 0)
    assert buffered.size == 0


async def test_what_is_said_after_the_good_bye_is_not_heard(
    rig: Rig, client: Client, back: Wire
) -> None:
    rig.accounts = [B]
    await client.send(ASKS * 2)
    said = await client.reader.readexactly(4)
    assert int.from_bytes(said[2:4]) == CloseCode.GOING_AWAY
    await hung_up(back)
    await client.close()
    await until(lambda: rig.server.traffic.websockets == 0)
    assert len(rig.records) == 1, "the second was never looked at"


async def test_a_socket_ends_when_both_have_said_good_bye(
    client: Client, back: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_relay, "FAREWELL_S", 3600.0)
    theirs, ours = encode_close(1000, ""), encode_close(1000, "", key=KEY)
    await back.send(theirs)
    assert await client.reader.readexactly(len(theirs)) == theirs
    await client.send(ours)
    assert await client.ended() == b""
    assert await back.reader.readexactly(len(ours)) == ours
    await hung_up(back)


async def test_who_does_not_say_good_bye_is_not_waited_for(
    client: Client, back: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_relay, "FAREWELL_S", 0.05)
    theirs = encode_close(1000, "")
    await back.send(theirs)
    assert await client.ended() == theirs
    await hung_up(back)


async def test_what_comes_while_something_is_taken_out_waits_and_is_not_lost(
    client: Client, back: Wire
) -> None:
    sealed = {"type": "reasoning", "encrypted_content": "fake-sealed"}
    text = {"type": "message", "role": "user", "content": "hi"}
    asked = {"type": "response.create", "model": "m", "input": [sealed, text]}
    sent = encode(Opcode.TEXT, json.dumps(asked).encode(), key=KEY)
    await client.send(sent)
    assert await back.reader.readexactly(len(sent)) == sent
    await back.send(FOREIGN + LIMITS)
    again = await back.reader.readexactly(6)  # a short frame: two bytes, and the mask
    payload = await back.reader.readexactly(again[1] & 0x7F)
    assert json.loads(masked(payload, again[2:])) == asked | {"input": [text]}
    await back.send(DELTA + DONE)
    expected = LIMITS + DELTA + DONE
    assert await client.reader.readexactly(len(expected)) == expected


async def test_a_second_response_has_its_own_patience(rig: Rig, client: Client, back: Wire) -> None:
    rig.set("upstream.header_timeout_s", 1)
    await client.send(ASKS * 2)
    await back.send(DELTA + DONE)
    assert await client.reader.readexactly(len(DELTA + DONE)) == DELTA + DONE
    assert b"upstream_silent" in await client.reader.readuntil(b"}}")


async def test_a_socket_that_cannot_be_read_is_left_at_the_back_end_too(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    wires: list[Wire] = []

    async def script(arrived: Arrived, wire: Wire) -> None:
        wires.append(wire)
        odd = b"\r\nsec-websocket-extensions: x-odd\r\n\r\n"
        await wire.send(SWITCHING.removesuffix(b"\r\n\r\n") + odd)
        await wire.gone.wait()

    back_end.script = script
    await client.send(SHAKE)
    assert (await client.head()).startswith(b"HTTP/1.1 426 ")
    await hung_up(wires[0])


async def test_failures_of_handshakes_count_in_a_row_only(rig: Rig, back_end: BackEnd) -> None:
    works: list[bool] = []

    async def script(arrived: Arrived, wire: Wire) -> None:
        if works[-1]:
            await wire.send(SWITCHING)
            await wire.reader.read()
        else:
            await wire.answer(404, b"{}")

    back_end.script = script
    for good in [False] * (FAILURES - 1) + [True] + [False] * (FAILURES - 1) + [True]:
        works.append(good)
        client = await Client.connect(rig.port)
        await client.send(SHAKE)
        assert (await client.head()).startswith(b"HTTP/1.1 101 " if good else b"HTTP/1.1 426 ")
        client.cut()


async def test_an_open_socket_is_no_proof_that_its_account_serves(
    rig: Rig, back_end: BackEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING)
        await wire.reader.readexactly(len(ASKS))
        await wire.send(DELTA)
        await wire.gone.wait()

    kept_to = Use(account=A, reason=UseReason.STAY, moved_from=None, verdicts=())
    monkeypatch.setattr(rig, "choose", lambda facts, tried: kept_to)
    await rig.server.drain(grace_s=0)
    await rig.start()
    now = rig.clock.now()
    limited = Limited(reason=LimitReason.USAGE_LIMIT, until=now + timedelta(hours=1))
    rig.learn(learn_outcome(A, limited, model="", now=now))
    rig.clock.advance(1)
    back_end.script = script
    caller = await Client.connect(rig.port)
    await caller.send(SHAKE)
    await caller.head()
    assert [block.because for block in rig.observed.blocks[A]] == [Because.USAGE_LIMIT]
    await caller.send(ASKS)
    assert await caller.reader.readexactly(len(DELTA)) == DELTA
    assert not rig.observed.blocks.get(A), "an answer is"
    caller.cut()
