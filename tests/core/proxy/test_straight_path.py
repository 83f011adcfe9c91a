"""A request goes out, its answer comes back: nothing else happens to either."""

import asyncio

import pytest

from core.domain.workspace_route import WorkspaceRoute
from tests.core.proxy.rig import A, Arrived, BackEnd, Client, Rig, Wire, grant_of, request_bytes

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


async def test_a_newer_token_goes_with_the_next_request(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    for generation in (1, 1, 2, 2, 3):
        rig.grants[A] = grant_of(A, generation)
        assert (await client.ask()).status == 200
    sent = [arrived.value(b"authorization") for arrived in back_end.arrived]
    assert sent == [b"Bearer fake-access-acc_a-%d" % n for n in (1, 1, 2, 2, 3)]
    assert back_end.connections <= 1, "it went on the connection at hand"


async def test_another_workspace_route_counts_from_the_next_request_on(
    rig: Rig, client: Client, back_end: BackEnd
) -> None:
    for override in (None, "us", "us", None):
        rig.routes[A] = WorkspaceRoute(origin=None, override=override)
        assert (await client.ask()).status == 200
    field = b"x-openai-account-routing-override"
    assert [one.value(field) for one in back_end.arrived] == [None, b"us", b"us", None]
