"""TLS to the back end: verified, resumed, and cut where it is cut."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest

from core.proxy.dialling import Origin
from core.proxy.read_buffer import ReadBuffer
from core.proxy.sessions import AGAIN_S, Sessions
from core.proxy.tls import TlsWire, client_context
from core.proxy.wire import Wire as TlsOrPlain
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire, request_bytes, until
from tests.fakes.clock import FakeClock
from tests.fakes.connect_proxy import Authority

pytestmark = pytest.mark.both_loops

MB = 1024 * 1024


@pytest.fixture
async def secure(authority: Authority) -> AsyncIterator[BackEnd]:
    """A back end that speaks TLS."""
    server = BackEnd()
    await server.start(ssl=authority.server_context("127.0.0.1"))
    yield server
    await server.stop()


@pytest.fixture
async def rig(secure: BackEnd, authority: Authority, clock: FakeClock) -> AsyncIterator[Rig]:
    """A proxy that trusts the tests' authority."""
    rig = Rig(secure.port, clock)
    rig.set("upstream.base_url", f"https://127.0.0.1:{secure.port}/backend-api")
    rig.set("upstream.ca_file", str(authority.bundle))
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


async def test_an_answer_comes_through_tls_and_its_connection_is_kept(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    for _ in range(5):
        assert (await client.ask()).body == b'{"fine":true}'
    assert secure.connections == 1


async def test_a_large_request_and_a_large_answer_come_through_whole(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    body = bytes(range(256)) * (8 * MB // 256)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, arrived.body)

    secure.script = script
    got = await client.ask(body=body)
    assert got.body == body


async def test_a_slow_reader_holds_back_a_tls_answer_too(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    body = bytes(16 * MB)

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(200, body)

    secure.script = script
    for _ in range(2):
        secure.arrived.clear()
        await client.send(request_bytes("GET", "/models", b""))
        await until(lambda: bool(secure.arrived))
        for _ in range(500):
            await asyncio.sleep(0)
        assert len((await client.answer()).body) == len(body)
    assert secure.connections == 1


async def test_a_client_that_does_not_read_makes_a_tls_back_end_wait(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    large, sent = 50 * MB, 0

    async def script(arrived: Arrived, wire: Wire) -> None:
        nonlocal sent
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % large)
        wire.writer.transport.set_write_buffer_limits(high=64 * 1024)
        while sent < large:
            await wire.send(bytes(MB // 4))
            sent += MB // 4

    secure.script = script
    await client.send(request_bytes("GET", "/models", b""))
    before = -1
    while before != sent:  # until everything between us is full
        before = sent
        for _ in range(2000):
            await asyncio.sleep(0)
    assert 0 < sent < large // 2
    assert len((await client.answer()).body) == large


async def test_events_come_through_tls_one_by_one(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(b"event: response.output_text.delta\ndata: 1\n\n")
        await go_on.wait()
        await wire.chunk(b"event: response.output_text.delta\ndata: 2\n\n")
        await wire.end()

    secure.script = script
    await client.send(request_bytes())
    await client.head()
    assert b"data: 1" in await client.chunk()
    go_on.set()
    assert b"data: 2" in await client.chunk()


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_nothing_is_sent(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    rig.set("upstream.ca_file", "")
    assert (await client.ask()).status == 502
    assert secure.arrived == []


async def test_a_certificate_of_another_host_is_refused(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    rig.set("upstream.base_url", f"https://localhost:{secure.port}/backend-api")
    assert (await client.ask()).status == 502
    assert secure.arrived == []


async def test_a_server_that_speaks_no_tls_is_unreachable(rig: Rig, client: Client) -> None:
    plain = BackEnd()
    await plain.start()
    rig.set("upstream.base_url", f"https://127.0.0.1:{plain.port}/backend-api")
    rig.set("upstream.connect_timeout_s", 0.2)
    assert (await client.ask()).status == 502
    await plain.stop()


async def test_a_connection_that_ends_without_a_good_bye_is_a_cut(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    """An answer that its connection delimits is whole only after TLS's own end (close_notify)."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nabc")
        wire.cut()

    secure.script = script
    got = await client.ask("GET", "/models", b"")
    assert not got.whole


async def test_a_client_that_leaves_hangs_up_tls_too(
    rig: Rig, secure: BackEnd, client: Client
) -> None:
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        asked.set()
        await wire.reader.read()
        hung_up.set()

    secure.script = script
    await client.send(request_bytes())
    await asked.wait()
    client.cut()
    await asyncio.wait_for(hung_up.wait(), 1)


class Above(asyncio.Protocol):
    """Keeps what comes up through the layer."""

    def __init__(self) -> None:
        self.wire: TlsOrPlain | None = None
        self.came = b""
        self.ended = asyncio.Event()
        self.got = asyncio.Event()

    def connection_made(self, transport: TlsOrPlain) -> None:  # type: ignore[override]
        self.wire = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        self.got.set()

    def eof_received(self) -> None:
        self.came += b"EOF"

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


async def dial(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[Above, TlsWire]:
    above = Above()
    layer = TlsWire(
        above, buffer=ReadBuffer(), context=context, server_name="127.0.0.1", session=session
    )
    await asyncio.get_running_loop().create_connection(lambda: layer, "127.0.0.1", port)
    await layer.secured
    return above, layer


async def test_a_later_connection_resumes_the_session(
    secure: BackEnd, authority: Authority
) -> None:
    context = client_context(str(authority.bundle))
    session, reused = None, []
    for _ in range(3):
        above, layer = await dial(secure.port, context, session)
        layer.write(b"GET / HTTP/1.1\r\n\r\n")
        await above.got.wait()
        session = layer.session
        reused.append(layer.resumed)
        layer.close()
        await above.ended.wait()
    assert reused == [False, True, True]


async def answered(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[Above, TlsWire]:
    """A connection that has had its first answer, and with it a ticket."""
    above, layer = await dial(port, context, session)
    layer.write(b"GET / HTTP/1.1\r\n\r\n")
    await above.got.wait()
    return above, layer


async def test_one_session_serves_all_connections_that_resume_it(
    secure: BackEnd, authority: Authority
) -> None:
    """Taking one costs memory that never comes back on many a CPython (python/cpython#116810)."""
    context, sessions = client_context(str(authority.bundle)), Sessions()
    origin = Origin(secure=True, host="127.0.0.1", port=secure.port)
    offered = []
    for number in range(4):
        above, layer = await answered(secure.port, context, sessions.of(origin))
        sessions.answered(origin, layer, now=number * AGAIN_S)
        offered.append(sessions.of(origin))
        layer.close()
        await above.ended.wait()
    first = offered[0]
    assert first is not None
    assert all(one is first for one in offered)


async def test_a_session_that_is_not_resumed_is_replaced_now_and_then(
    secure: BackEnd, authority: Authority
) -> None:
    context, sessions = client_context(str(authority.bundle)), Sessions()
    origin = Origin(secure=True, host="127.0.0.1", port=secure.port)
    kept = []
    for now in (0.0, 1.0, AGAIN_S - 1, AGAIN_S, AGAIN_S + 1):
        above, layer = await answered(secure.port, context, None)
        sessions.answered(origin, layer, now=now)
        kept.append(sessions.of(origin))
        layer.close()
        await above.ended.wait()
    assert kept[0] is kept[1] is kept[2]
    assert kept[2] is not kept[3] is kept[4]


async def test_every_connection_of_the_proxy_but_the_first_is_a_resumed_one(
    secure: BackEnd, client: Client
) -> None:
    resumed = []

    async def script(arrived: Arrived, wire: Wire) -> None:
        resumed.append(wire.writer.get_extra_info("ssl_object").session_reused)
        await wire.answer(200, b"ok")
        wire.writer.close()

    secure.script = script
    for _ in range(4):
        assert (await client.ask()).status == 200
        await until(lambda: all(wire.writer.is_closing() for wire in secure.open))
    assert resumed == [False, True, True, True]


async def test_a_polite_end_is_told_apart_from_a_cut(secure: BackEnd, authority: Authority) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"bye")
        wire.writer.close()

    secure.script = script
    above, layer = await dial(secure.port, client_context(str(authority.bundle)), None)
    layer.write(b"GET / HTTP/1.1\r\n\r\n")
    await above.ended.wait()
    assert above.came == b"byeEOF"
    layer.write(b"too late")
    layer.close()
    assert layer.is_closing()
    assert layer.get_write_buffer_size() == 0


async def test_nothing_is_delivered_while_reading_is_paused(
    secure: BackEnd, authority: Authority
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(bytes(100_000))

    secure.script = script
    above, layer = await dial(secure.port, client_context(str(authority.bundle)), None)
    layer.pause_reading()
    layer.write(b"GET / HTTP/1.1\r\n\r\n")
    await until(lambda: bool(secure.arrived))
    for _ in range(200):
        await asyncio.sleep(0)
    assert above.came == b""
    layer.resume_reading()
    layer.resume_reading()
    await until(lambda: len(above.came) == 100_000)
    layer.abort()
    await above.ended.wait()
