"""A request that is over is gone at once, with its body, and so is a connection: nothing waits for
a garbage collector.

What stands in a circle of references is freed only when the collector looks, which is rare in a
program that serves; until then bodies of megabytes would pile up.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Script, Wire, request_bytes, until
from tests.fakes.connect_proxy import Authority

LIMITED = b'{"error":{"type":"usage_limit_reached","resets_in_seconds":60}}'
DONE = b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n'


async def whole(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(200, DONE, kind=b"text/event-stream")


async def in_events(arrived: Arrived, wire: Wire) -> None:
    await wire.events()
    await wire.chunk(b"event: response.created\ndata: {}\n\n")
    await wire.chunk(b"event: response.output_text.delta\ndata: {}\n\n")
    await asyncio.sleep(0)
    await wire.chunk(DONE)
    await wire.end()


async def limited_on_one(arrived: Arrived, wire: Wire) -> None:
    if arrived.value(b"chatgpt-account-id") == b"ws-acc_a":
        await wire.answer(429, LIMITED)
    else:
        await whole(arrived, wire)


async def bad_request(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(400, b"{}")


async def cut(arrived: Arrived, wire: Wire) -> None:
    await wire.events()
    await wire.chunk(b"event: response.output_text.delta\ndata: {}\n\n")
    wire.cut()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(whole, id="an answer that came whole"),
        pytest.param(in_events, id="an answer in events"),
        pytest.param(limited_on_one, id="a limit, and another account"),
        pytest.param(bad_request, id="an error that is passed on"),
        pytest.param(cut, id="an answer that was cut"),
    ],
)
async def test_an_answered_request_leaves_no_circle(
    script: Script,
    rig: Rig,
    back_end: BackEnd,
    connect: Callable[[], Awaitable[Client]],
    circles: Callable[[], Counter[str]],
) -> None:
    back_end.script = script
    for _ in range(3):  # the first one by steps, the others straight
        client = await connect()
        await client.ask()
        await rig.row()
        client.cut()
    await until(lambda: not rig.server.traffic.requests)
    await asyncio.sleep(0.01)
    assert circles() == Counter()


async def test_a_client_that_left_leaves_no_circle(
    rig: Rig,
    back_end: BackEnd,
    connect: Callable[[], Awaitable[Client]],
    circles: Callable[[], Counter[str]],
) -> None:
    client = await connect()
    assert (await client.ask()).status == 200

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.reader.read()

    back_end.script = script
    await client.send(request_bytes())
    await until(lambda: len(back_end.arrived) == 2)
    client.cut()
    await until(lambda: not rig.server.traffic.requests)
    await asyncio.sleep(0.01)
    assert circles() == Counter()


@pytest.mark.parametrize("who", ["nobody listens", "nobody vouches for its certificate"])
async def test_a_connection_that_never_came_about_leaves_no_circle(
    rig: Rig,
    authority: Authority,
    connect: Callable[[], Awaitable[Client]],
    circles: Callable[[], Counter[str]],
    who: str,
) -> None:
    secure = BackEnd()
    await secure.start(ssl=authority.server_context("127.0.0.1"))
    port = 1 if who == "nobody listens" else secure.port
    rig.set("upstream.base_url", f"https://127.0.0.1:{port}/backend-api")
    client = await connect()
    for _ in range(3):
        assert (await client.ask()).status == 502
    client.cut()
    await secure.stop()
    await until(lambda: not rig.server.traffic.requests)
    await asyncio.sleep(0.01)
    assert circles() == Counter()
