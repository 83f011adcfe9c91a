"""Requests and sockets leave through an egress proxy; what it refuses is said in one sentence."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from core.domain.settings import Settings, with_value
from core.runtime.net import connector
from core.standin.server import StandIn
from tests.core.proxy.rig import Client
from tests.core.proxy.sockets import SocketRig, said_by
from tests.core.standin.conftest import BODY
from tests.fakes.clock import FakeClock
from tests.fakes.connect_proxy import Authority, ConnectProxy

TURN = json.dumps(BODY).encode()
LOGIN = "user:fake-proxy-password"


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    """A stand-in that the egress proxy knows as chatgpt.com."""
    async with StandIn(now=clock.now, websocket=True) as back_end:
        yield back_end


@pytest.fixture
async def rig(
    back_end: StandIn, authority: Authority, clock: FakeClock
) -> AsyncIterator[SocketRig]:
    """A proxy whose back end is the official one, with an authority of its own."""
    rig = SocketRig(back_end, clock)
    rig.set("upstream.base_url", "https://chatgpt.com/backend-api")
    rig.set("upstream.ca_file", str(authority.bundle))
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


@asynccontextmanager
async def egress(
    rig: SocketRig, authority: Authority, *, login: str = "", secure: bool = False
) -> AsyncIterator[ConnectProxy]:
    """An egress proxy that leads chatgpt.com to the stand-in; `rig` is not told of it."""
    routes = {"chatgpt.com": ("127.0.0.1", rig.back_end.port)}
    async with ConnectProxy(authority, routes, login=login, secure=secure) as proxy:
        yield proxy


@pytest.mark.parametrize("secure", [pytest.param(False, id="plain"), pytest.param(True, id="TLS")])
async def test_a_turn_leaves_through_the_proxy_that_is_set(
    rig: SocketRig, authority: Authority, client: Client, secure: bool
) -> None:
    async with egress(rig, authority, login=LOGIN, secure=secure) as proxy:
        rig.set("upstream.proxy", proxy.url.replace("://", f"://{LOGIN}@"))
        for _ in range(3):
            got = await client.ask("POST", "/responses", TURN, "content-type: application/json")
            assert (got.status, b"response.completed" in got.body) == (200, True)
        assert proxy.opened == ["chatgpt.com"], "the way is kept for the next request"
        (head,) = proxy.heads
        assert head.startswith(b"CONNECT chatgpt.com:443 HTTP/1.1\r\nHost: chatgpt.com:443\r\n")
        assert b"fake-access" not in head


async def test_a_websocket_leaves_through_it_too(rig: SocketRig, authority: Authority) -> None:
    async with egress(rig, authority) as proxy:
        rig.set("upstream.proxy", proxy.url)
        async with rig.socket() as socket:
            assert await said_by(socket) == "Hello from A."
        assert proxy.opened == ["chatgpt.com"]


async def test_the_systems_proxy_is_used_where_none_is_set(
    rig: SocketRig, authority: Authority, client: Client
) -> None:
    async with egress(rig, authority) as proxy:
        rig.proxies = {"https": proxy.url}
        assert (await client.ask("GET", "/models?client_version=1", b"")).status == 200
        assert proxy.opened == ["chatgpt.com"]


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        pytest.param("http://127.0.0.1:1", "egress_proxy", id="nobody listens there"),
        pytest.param("http://no-such-host.invalid:1", "egress_proxy", id="there is no such host"),
        pytest.param("socks5://127.0.0.1:1", "egress_proxy", id="it is none of HTTP"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_said_in_one_sentence(
    rig: SocketRig, client: Client, proxy: str, reason: str
) -> None:
    rig.set("upstream.proxy", proxy)
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (502, reason)
    assert rig.back_end.requests == ()


async def test_a_login_that_it_does_not_take_is_said_and_never_logged(
    rig: SocketRig, authority: Authority, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with egress(rig, authority, login=LOGIN) as proxy:
        rig.set("upstream.proxy", proxy.url.replace("://", "://user:fake-wrong-word@"))
        got = await client.ask()
        error = json.loads(got.body)["error"]
        assert (got.status, error["reason"]) == (502, "egress_proxy_login")
        assert "wants a login" in error["message"]
    assert "fake-wrong-word" not in caplog.text + got.body.decode()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 403 Forbidden\r\n\r\n", id="it refuses"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nhello", id="it says more than it should"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", id="it is no proxy"),
        pytest.param(b"x" * 70_000, id="it does not come to an end"),
        pytest.param(b"HTTP/1.1 2", id="it hangs up in the middle"),
    ],
)
async def test_whatever_it_answers_nothing_is_sent(
    rig: SocketRig, client: Client, answer: bytes
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    heard: list[bytes] = []
    rig.accounts = rig.accounts[:1]
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        rig.set("upstream.proxy", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        got = await client.ask()
        assert json.loads(got.body)["error"]["reason"] == "egress_proxy"
        assert not any(b"fake-access" in head for head in heard)


async def test_a_proxy_that_is_silent_is_given_up_in_time(rig: SocketRig, client: Client) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    rig.accounts = rig.accounts[:1]
    rig.set("upstream.connect_timeout_s", 0.1)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        rig.set("upstream.proxy", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await client.ask()).status == 502


async def test_nobody_who_is_trusted_vouches_for_the_host_behind_it(
    rig: SocketRig, authority: Authority, client: Client
) -> None:
    async with egress(rig, authority) as proxy:
        rig.set("upstream.proxy", proxy.url)
        rig.set("upstream.ca_file", "")
        got = await client.ask()
        error = json.loads(got.body)["error"]
        assert (got.status, error["reason"]) == (502, "upstream_untrusted")
        assert "upstream.ca_file" in error["message"]
    assert rig.back_end.requests == ()


@pytest.mark.parametrize("secure", [pytest.param(False, id="plain"), pytest.param(True, id="TLS")])
async def test_look_ups_leave_by_the_same_rule(
    rig: SocketRig, authority: Authority, secure: bool
) -> None:
    async with egress(rig, authority, login=LOGIN, secure=secure) as proxy:
        settings = with_value(
            rig.settings, "upstream.proxy", proxy.url.replace("//", f"//{LOGIN}@")
        )
        async with connector(settings.upstream, named={})() as client:
            answer = await client.get("https://chatgpt.com/backend-api/wham/usage")
            assert answer.status_code == 401
            address = f"http://127.0.0.1:{rig.back_end.port}/backend-api/wham/usage"
            assert (await client.get(address)).status_code == 401
        assert proxy.opened == ["chatgpt.com"], "this machine is never asked through a proxy"


async def test_a_look_up_fails_as_a_network_does_where_the_proxy_is_none() -> None:
    settings = with_value(Settings(), "upstream.proxy", "socks5://127.0.0.1:1")
    async with connector(settings.upstream, named={})() as client:
        with pytest.raises(httpx.TransportError):
            await client.get("https://chatgpt.com/")
