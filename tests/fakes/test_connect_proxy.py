"""The edge of the world lets known hosts through to loopback, and nobody else."""

import asyncio
import gc
import ssl
from collections.abc import AsyncIterator

import pytest

from tests.fakes.connect_proxy import Address, Authority, ConnectProxy


@pytest.fixture
async def echo() -> AsyncIterator[Address]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"heard " + await reader.readline())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()


async def _ask(
    proxy: ConnectProxy, request: bytes
) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = proxy.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    return await reader.readuntil(b"\r\n\r\n"), reader, writer


async def test_known_host_is_answered_on_loopback_under_the_throw_away_authority(
    authority: Authority, echo: Address
) -> None:
    async with ConnectProxy(authority, {"chatgpt.com": echo}) as proxy:
        head, reader, writer = await _ask(proxy, b"CONNECT chatgpt.com:443 HTTP/1.1\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        trusting = ssl.create_default_context(cafile=authority.bundle)
        await writer.start_tls(trusting, server_hostname="chatgpt.com")
        writer.write(b"hello\n")
        assert await reader.read() == b"heard hello\n"
        writer.close()
        await writer.wait_closed()
    assert (proxy.opened, proxy.refused) == (["chatgpt.com"], [])


@pytest.mark.parametrize(
    ("request_line", "written_down"),
    [
        pytest.param(b"CONNECT example.com:443 HTTP/1.1", "example.com:443", id="another host"),
        pytest.param(
            b"GET http://chatgpt.com/ HTTP/1.1",
            "http://chatgpt.com/",
            id="a known host in the clear",
        ),
    ],
)
async def test_everything_else_is_refused_and_written_down(
    authority: Authority, echo: Address, request_line: bytes, written_down: str
) -> None:
    async with ConnectProxy(authority, {"chatgpt.com": echo}) as proxy:
        head, _reader, writer = await _ask(proxy, request_line + b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 403")
        writer.close()
        await writer.wait_closed()
    assert (proxy.opened, proxy.refused) == ([], [written_down])


@pytest.mark.parametrize("called", ["127.0.0.1", "localhost"])
async def test_a_server_is_trusted_by_its_name_or_its_address(
    authority: Authority, called: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    context = authority.server_context("localhost", "127.0.0.1")
    trusting = ssl.create_default_context(cafile=authority.bundle)
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting, server_hostname=called
        )
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


async def test_leaving_in_the_middle_of_a_handshake_leaves_nothing_behind(
    authority: Authority, echo: Address, caplog: pytest.LogCaptureFixture
) -> None:
    async with ConnectProxy(authority, {"chatgpt.com": echo}) as proxy:
        head, _, writer = await _ask(proxy, b"CONNECT chatgpt.com:443 HTTP/1.1\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0)  # the proxy waits for the first bytes of TLS
    writer.close()
    gc.collect()  # a writer without a transport fails here, or in whichever test comes next
    assert caplog.records == []
