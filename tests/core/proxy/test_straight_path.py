"""A request goes out, its answer comes back: nothing else happens to either."""

import asyncio

import pytest

from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes

pytestmark = pytest.mark.usefixtures("way")


async def test_an_answer_comes_back_with_its_status_body_and_our_request_id(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    got = await client.ask()
    assert (got.status, got.body) == (200, b'{"fine":true}')
    assert got.value(b"x-turntable-request") == b"req_0"
    assert back_end.arrived[0].head.startswith(b"POST /backend-api/codex/responses HTTP/1.1\r\n")


async def test_each_event_reaches_the_client_before_the_next_one_is_sent(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(b'event: response.output_text.delta\ndata: {"n":1}\n\n')
        await go_on.wait()
        await wire.chunk(b'event: response.output_text.delta\ndata: {"n":2}\n\n')
        await wire.end()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    assert b'{"n":1}' in await client.chunk()
    go_on.set()
    assert b'{"n":2}' in await client.chunk()
