"""How long the first events of a response are held on a socket: by count, size and time."""

import asyncio
from collections.abc import Callable

import pytest

from core.proxy.judge import FIRST_EVENTS, FIRST_EVENTS_S
from core.websocket.frames import Opcode, encode
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire
from tests.core.proxy.sockets import ASKS, SHAKE, SWITCHING

PREAMBLE = encode(Opcode.TEXT, b'{"type":"response.in_progress"}')
TOKEN = encode(Opcode.TEXT, b'{"type":"response.output_text.delta","delta":"hi"}')


@pytest.fixture
async def asked(back_end: BackEnd, client: Client, rig: Rig) -> Wire:
    """The back end's side of a socket on which a response was asked for."""
    wires: asyncio.Queue[Wire] = asyncio.Queue()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(SWITCHING)
        await wire.reader.readexactly(len(ASKS))
        wires.put_nowait(wire)
        await wire.reader.read()

    back_end.script = script
    await client.send(SHAKE)
    await client.head()
    await client.send(ASKS)
    return await wires.get()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    return lambda seconds: monkeypatch.setattr("core.proxy.websocket_turns.FIRST_EVENTS_S", seconds)


async def nothing_comes(client: Client) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.readexactly(1), 0.05)


async def test_no_more_than_sixteen_events_are_held(
    client: Client, asked: Wire, patience: Callable[[float], None]
) -> None:
    assert FIRST_EVENTS == 16
    patience(3600.0)
    await asked.send(PREAMBLE * 15)
    await nothing_comes(client)
    await asked.send(PREAMBLE)
    assert await client.reader.readexactly(16 * len(PREAMBLE)) == PREAMBLE * 16


async def test_no_more_than_64_kib_are_held(
    client: Client, asked: Wire, patience: Callable[[float], None]
) -> None:
    patience(3600.0)
    large = encode(Opcode.TEXT, b'{"type":"response.in_progress","x":"%b"}' % (b"y" * 40_000))
    await asked.send(large)
    await nothing_comes(client)
    await asked.send(large)
    assert await client.reader.readexactly(2 * len(large)) == large * 2


async def test_no_more_than_two_seconds_are_waited(
    client: Client, asked: Wire, patience: Callable[[float], None]
) -> None:
    assert FIRST_EVENTS_S == 2.0
    patience(0.05)
    await asked.send(PREAMBLE)
    assert await client.reader.readexactly(len(PREAMBLE)) == PREAMBLE


async def test_a_token_that_has_come_is_not_held(
    client: Client, asked: Wire, patience: Callable[[float], None]
) -> None:
    patience(3600.0)
    await asked.send(PREAMBLE + TOKEN)
    both = PREAMBLE + TOKEN
    assert await client.reader.readexactly(len(both)) == both
