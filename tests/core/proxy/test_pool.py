"""Connections to the back end are used again, and a closed one never is."""

import asyncio
import socket
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.proxy import pool as pool_module
from core.proxy.upstream import base_of
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.both_loops

NIGHT = timedelta(hours=8)


async def test_one_connection_serves_all_requests_that_come_one_after_another(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    for _ in range(20):
        assert (await client.ask()).status == 200
    assert back_end.connections == 1


async def test_requests_at_the_same_time_have_a_connection_each(
    rig: Rig, back_end: BackEnd
) -> None:
    together = asyncio.Barrier(5)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await together.wait()
        await wire.answer(200)

    back_end.script = script
    clients = [await Client.connect(rig.port) for _ in range(5)]
    await asyncio.gather(*(client.ask() for client in clients))
    assert back_end.connections == 5
    for client in clients:
        await client.close()


@pytest.mark.parametrize("by", ["close", "abort", "bytes"])
async def test_a_connection_that_ended_while_it_waited_is_never_used(
    rig: Rig, back_end: BackEnd, client: Client, by: str
) -> None:
    """The server closes right after its answer, so that the next request races the news of it."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, b"ok")
        match by:
            case "close":
                wire.writer.close()
            case "abort":
                wire.cut()
            case _:
                await wire.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")

    back_end.script = script
    for _ in range(50):
        await until(
            lambda: all(wire.writer.is_closing() for wire in back_end.open) or by == "bytes"
        )
        got = await client.ask()
        assert (got.status, got.body) == (200, b"ok")
    assert len(back_end.arrived) == 50


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
async def test_what_ended_in_this_very_turn_of_the_loop_is_not_used_either(
    rig: Rig, back_end: BackEnd, client: Client, says: bytes
) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        base = base_of(f"http://127.0.0.1:{port}", allow_custom=False)
        assert base is not None
        rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
        await client.send(request_bytes())
        there, _ = await loop.sock_accept(server)
        await loop.sock_recv(there, 4096)
        await loop.sock_sendall(there, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert (await client.answer()).status == 200
        # From here on the loop gets no turn: nobody has told it.
        there.setblocking(True)
        there.sendall(says)
        there.close()
        assert rig.server._upstream._pool.at_hand(base.origin) is None


async def test_a_back_end_that_wants_no_other_request_gets_none(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, b"ok", b"connection: close")

    back_end.script = script
    for _ in range(3):
        assert (await client.ask()).status == 200
    assert back_end.connections == 3


async def test_an_answer_with_bytes_after_it_is_whole_and_its_connection_is_not_used_again(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n")

    back_end.script = script
    for _ in range(3):
        got = await client.ask()
        assert (got.body, got.whole) == (b"ok", True)
    assert back_end.connections == 3


async def test_idle_connections_are_closed_in_the_end(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "IDLE_S", 0.05)
    await client.ask()
    assert len(back_end.open) == 1
    await until(lambda: not back_end.open)


@pytest.mark.parametrize(
    "passes",
    [
        pytest.param(lambda clock: clock.set_wall(clock.now() + NIGHT), id="the machine slept"),
        pytest.param(lambda clock: clock.advance(NIGHT), id="the program was stopped"),
    ],
)
async def test_none_that_waited_through_a_night_is_used(
    rig: Rig, back_end: BackEnd, client: Client, passes: Callable[[FakeClock], None]
) -> None:
    await client.ask()
    passes(rig.clock)
    assert (await client.ask()).status == 200
    assert back_end.connections == 2
    await until(lambda: len(back_end.open) == 1)
    rig.clock.advance(30)
    assert (await client.ask()).status == 200
    assert back_end.connections == 2, "half a minute is no night"


async def test_no_more_than_a_bounded_number_waits(
    rig: Rig, back_end: BackEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "MOST_IDLE", 2)
    together = asyncio.Barrier(5)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await together.wait()
        await wire.answer(200)

    back_end.script = script
    clients = [await Client.connect(rig.port) for _ in range(5)]
    await asyncio.gather(*(client.ask() for client in clients))
    await until(lambda: len(back_end.open) == 2)
    for client in clients:
        await client.close()


async def test_a_new_address_is_used_from_the_next_request_on(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.ask()
    other = BackEnd()
    await other.start()
    rig.set("upstream.base_url", f"http://127.0.0.1:{other.port}/elsewhere/")
    await client.ask()
    assert other.arrived[0].head.startswith(b"POST /elsewhere/codex/responses HTTP/1.1")
    await other.stop()


@pytest.mark.parametrize(
    ("url", "custom", "host", "path"),
    [
        pytest.param(
            "https://chatgpt.com/backend-api", False, b"chatgpt.com", b"/backend-api", id="official"
        ),
        pytest.param("http://127.0.0.1:9/x/", False, b"127.0.0.1:9", b"/x", id="loopback"),
        pytest.param("http://[::1]:9", False, b"[::1]:9", b"", id="loopback, IPv6"),
        pytest.param("https://gw.example/x", True, b"gw.example", b"/x", id="custom, allowed"),
        pytest.param("https://gw.example/x", False, None, b"", id="custom, not allowed"),
        pytest.param("http://gw.example/x", True, None, b"", id="custom without TLS"),
        pytest.param("http://chatgpt.com/x", False, None, b"", id="official without TLS"),
        pytest.param("ftp://127.0.0.1", False, None, b"", id="no HTTP"),
        pytest.param("https://", False, None, b"", id="no host"),
        pytest.param("http://127.0.0.1:99999", False, None, b"", id="no port"),
        pytest.param("http://127.0.0.1.evil.example", False, None, b"", id="a look-alike"),
    ],
)
def test_tokens_go_only_where_they_may(
    url: str, custom: bool, host: bytes | None, path: bytes
) -> None:
    base = base_of(url, allow_custom=custom)
    assert (base.host if base is not None else None) == host
    if base is not None:
        assert base.path == path
