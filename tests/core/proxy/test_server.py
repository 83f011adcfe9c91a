"""Start, stop and port of the proxy as a whole."""

import asyncio
import json
import logging
import socket

import pytest

from core.binding.proof import proof
from tests.core.proxy.rig import SECRET, Arrived, BackEnd, Client, Rig, Wire, request_bytes, until

EVENT = b"event: response.output_text.delta\ndata: 1\n\n"


async def test_a_port_that_is_taken_is_replaced_by_the_next_free_one(rig: Rig) -> None:
    await rig.server.drain(grace_s=0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        preferred = taken.getsockname()[1]
        port = await rig.server.start(preferred)
        assert preferred < port <= preferred + 50
        assert rig.server.port == port


async def test_it_answers_on_both_loopback_addresses(rig: Rig, back_end: BackEnd) -> None:
    for host in ("127.0.0.1", "::1"):
        client = await Client.connect(rig.port, host)
        assert (await client.ask()).status == 200
        await client.close()


async def test_it_listens_nowhere_else(rig: Rig) -> None:
    listening = [sock for server in rig.server._servers for sock in server.sockets]
    assert {sock.getsockname()[0] for sock in listening} == {"127.0.0.1", "::1"}


async def test_health_proves_the_port_that_was_called(rig: Rig, client: Client) -> None:
    await client.send(b"GET /health?nonce=abc HTTP/1.1\r\nhost: localhost\r\n\r\n")
    got = await client.answer()
    expected = proof(b"fake-key", nonce="abc", port=rig.port, bind="bind-1")
    assert json.loads(got.body)["proof"] == expected


async def test_many_health_questions_may_come_at_once(rig: Rig, client: Client) -> None:
    await client.send(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n" * 3)
    for _ in range(3):
        assert (await client.answer()).status == 200


async def test_a_stream_may_end_within_the_grace_and_nothing_new_is_taken(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await go_on.wait()
        await wire.end()

    back_end.script = script
    idle = await Client.connect(rig.port)
    await client.send(request_bytes())
    await client.head()
    assert await client.chunk() == EVENT
    port = rig.port
    draining = asyncio.create_task(rig.server.drain(grace_s=5))
    assert await idle.ended() == b""
    with pytest.raises(ConnectionRefusedError):
        await Client.connect(port)
    go_on.set()
    assert await client.ended() == b"0\r\n\r\n"
    await draining
    assert rig.server.port is None
    await idle.close()


async def test_what_does_not_end_within_the_grace_is_cut(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await wire.reader.read()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    await rig.server.drain(grace_s=0.05)
    assert len(rig.records) == 1
    await until(lambda: not back_end.open)


async def test_it_starts_again_after_a_drain(rig: Rig, back_end: BackEnd) -> None:
    await rig.server.drain(grace_s=0)
    port = await rig.server.start(rig.port)
    client = await Client.connect(port)
    assert (await client.ask()).status == 200
    assert (await client.ask()).status == 200
    await client.close()


async def test_nothing_that_is_logged_holds_a_secret(
    rig: Rig, back_end: BackEnd, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def granted(account: object) -> None:
        raise RuntimeError("planted")

    await client.ask()
    rig.server._upstream._granted = granted
    await client.ask()
    assert "planted" in caplog.text
    assert SECRET not in caplog.text
    assert "fake-access" not in caplog.text
    assert "fake" not in "".join(repr(row) for row in rig.records)
