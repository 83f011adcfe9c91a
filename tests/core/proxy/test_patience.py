"""Who is slow but steady is waited for: only silence counts, and only the right one's."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.usage import Result
from core.proxy.listener import Limits
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes

pytestmark = pytest.mark.usefixtures("never_twice")

SILENCE_S = 0.15
EVENT = b'event: response.output_text.delta\ndata: {"delta":"hi"}\n\n'
MB = 1024 * 1024


async def while_passes(seconds: float) -> None:
    """Real time: what is tested is a timer of the loop."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def patient_for(rig: Rig, idle_s: float) -> None:
    upstream = replace(rig.settings.upstream, idle_timeout_s=idle_s)  # less than a user may set
    rig.settings = replace(rig.settings, upstream=upstream)


async def test_a_body_may_take_its_time_as_long_as_it_comes(rig: Rig, back_end: BackEnd) -> None:
    await rig.server.drain(grace_s=0)
    await rig.start(Limits(body_s=SILENCE_S))
    client = await Client.connect(rig.port)
    await client.send(request_bytes("POST", "/responses", b"", "content-length: 8"))
    for _ in range(8):
        await while_passes(SILENCE_S / 3)
        await client.send(b"x")
    assert (await client.answer()).status == 200
    assert back_end.arrived[0].body == b"x" * 8
    await client.close()


async def test_an_answer_may_take_its_time_as_long_as_it_comes(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        for _ in range(8):
            await wire.chunk(EVENT)
            await while_passes(SILENCE_S / 3)
        await wire.end()

    patient_for(rig, SILENCE_S)
    back_end.script = script
    got = await client.ask()
    assert (got.body, got.whole) == (EVENT * 8, True)


async def test_the_silence_of_a_client_that_does_not_read_is_not_the_back_ends(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    body = bytes(32 * MB)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, body)

    patient_for(rig, SILENCE_S)
    back_end.script = script
    await client.send(request_bytes("GET", "/models", b""))
    await while_passes(SILENCE_S * 3)
    got = await client.answer()
    assert (len(got.body), got.whole) == (len(body), True)
    assert (await rig.row()).result is Result.SERVED
