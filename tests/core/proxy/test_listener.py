"""A client's bytes: what is taken, what is refused, and what never harms."""

import asyncio
import contextlib
import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.proxy.listener import Limits
from tests.core.proxy.rig import BASE, Arrived, BackEnd, Client, Rig, Wire, request_bytes, until

HEAD = f"POST {BASE}/responses HTTP/1.1\r\nhost: localhost\r\n".encode()
GET = f"GET {BASE}/models HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()


async def test_a_connection_carries_one_request_after_another(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    for n in range(3):
        got = await client.ask(body=b"%d" % n)
        assert got.status == 200
    assert [a.body for a in back_end.arrived] == [b"0", b"1", b"2"]
    assert back_end.connections == 1


async def test_a_request_may_come_byte_by_byte(rig: Rig, back_end: BackEnd, client: Client) -> None:
    for byte in request_bytes(body=b"abc"):
        await client.send(bytes([byte]))
        await asyncio.sleep(0)
    assert (await client.answer()).status == 200
    assert back_end.arrived[0].body == b"abc"


async def test_a_chunked_request_goes_on_with_a_length(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.send(
        HEAD + b"transfer-encoding: chunked\r\n\r\n2;ext=1\r\nab\r\n1\r\nc\r\n0\r\nx: y\r\n\r\n"
    )
    assert (await client.answer()).status == 200
    assert back_end.arrived[0].body == b"abc"
    assert back_end.arrived[0].value(b"content-length") == b"3"
    assert back_end.arrived[0].value(b"transfer-encoding") is None
    assert back_end.arrived[0].value(b"x") is None


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.send(HEAD + b"content-length: 3\r\nexpect: 100-continue\r\n\r\n")
    assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
    await client.send(b"abc")
    assert (await client.answer()).status == 200
    assert back_end.arrived[0].value(b"expect") is None


async def test_a_client_that_asks_with_a_stale_secret_is_told_before_it_sends(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    head = HEAD.replace(b"fake-bind-secret", b"fake-old-secret")
    await client.send(head + b"content-length: 3\r\nexpect: 100-continue\r\n\r\n")
    got = await client.answer()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (400, "stale_address")
    assert got.value(b"connection") == b"close"
    assert back_end.arrived == []


async def test_a_client_that_asks_with_too_much_is_told_before_it_sends(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.set("proxy.max_body", 100_000)
    await client.send(HEAD + b"content-length: 100001\r\nexpect: 100-continue\r\n\r\n")
    got = await client.answer()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (400, "too_large")
    assert back_end.arrived == []


async def test_head_gets_a_head(rig: Rig, back_end: BackEnd, client: Client) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")

    back_end.script = script
    for _ in range(2):
        got = await client.ask("HEAD", "/models", b"")
        assert (got.status, got.value(b"content-length")) == (200, b"1000")
    assert back_end.connections == 1


@pytest.mark.parametrize("status", [204, 304])
async def test_no_body_comes_with(rig: Rig, back_end: BackEnd, client: Client, status: int) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b'HTTP/1.1 %d Nothing\r\netag: "1"\r\n\r\n' % status)

    back_end.script = script
    for _ in range(2):
        got = await client.ask("GET", "/models", b"")
        assert (got.status, got.value(b"transfer-encoding")) == (status, None)


async def test_a_client_of_http_1_0_gets_bytes_until_the_end(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(b"data: 1\n\n")
        await wire.end()

    back_end.script = script
    await client.send(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
    got = await client.answer()
    assert (got.body, got.value(b"transfer-encoding")) == (b"data: 1\n\n", None)


async def test_the_connection_closes_when_the_client_wants_that(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    got = await client.ask("POST", "/responses", b"{}", "connection: close")
    assert got.value(b"connection") == b"close"
    assert await client.ended() == b""


async def test_a_pipelined_request_is_not_done_and_the_first_answer_is_whole(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.send(request_bytes(body=b"1") + request_bytes(body=b"2"))
    assert (await client.answer()).body == b'{"fine":true}'
    assert await client.ended() == b""
    assert [a.body for a in back_end.arrived] == [b"1"]


async def test_a_request_sent_during_an_answer_is_not_done_either(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        asked.set()
        await go_on.wait()
        await wire.answer(200, b"first")

    back_end.script = script
    await client.send(request_bytes(body=b"1"))
    await asked.wait()
    await client.send(request_bytes(body=b"2"))
    go_on.set()
    assert (await client.answer()).body == b"first"
    assert await client.ended() == b""
    assert len(back_end.arrived) == 1


@pytest.mark.parametrize("behind", [b"\0\0\0\0", b"GET / HTTP/9.9\r\n\r\n", b"\r\n: x\r\n\r\n"])
async def test_rubbish_behind_a_request_does_not_disturb_its_answer(
    rig: Rig, back_end: BackEnd, client: Client, behind: bytes
) -> None:
    """All of it in one read: the answer was written into a connection that we had closed."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await asyncio.sleep(0.01)
        await wire.chunk(b"data: hi\n\n")
        await wire.end()

    back_end.script = script
    await client.send(request_bytes() + behind)
    got = await client.answer()
    assert (got.status, got.body, got.whole) == (200, b"data: hi\n\n", True)
    assert await client.ended() == b""
    assert len(back_end.arrived) == 1


async def test_an_upgrade_that_we_do_not_do_is_ignored(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    for _ in range(2):
        got = await client.ask("GET", "/models", b"", "connection: upgrade", "upgrade: h2c")
        assert got.status == 200
    assert back_end.arrived[0].value(b"upgrade") is None


async def test_a_websocket_handshake_that_is_not_wanted_gets_426_and_the_connection_lives_on(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.set("proxy.websocket", "off")
    got = await client.ask(
        "GET",
        "/responses",
        b"",
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
    )
    assert got.status == 426
    assert (await client.ask()).status == 200
    assert len(back_end.arrived) == 1


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            HEAD + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="CL.TE"
        ),
        pytest.param(
            HEAD + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n", id="TE.CL"
        ),
        pytest.param(
            HEAD + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd", id="two lengths"
        ),
        pytest.param(
            HEAD + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc", id="twice the same"
        ),
        pytest.param(HEAD + b"content-length: 3, 3\r\n\r\nabc", id="a list of lengths"),
        pytest.param(HEAD + b"content-length: +3\r\n\r\nabc", id="a length with a sign"),
        pytest.param(HEAD + b"content-length: -1\r\n\r\n", id="a negative length"),
        pytest.param(HEAD + b"content-length: 0x3\r\n\r\nabc", id="a length in hex"),
        pytest.param(HEAD + b"content-length: 3 4\r\n\r\nabc", id="a length with a space"),
        pytest.param(HEAD + b"content-length: 99999999999999999999999\r\n\r\n", id="overflow"),
        pytest.param(HEAD + b"content-length : 3\r\n\r\nabc", id="space before the colon"),
        pytest.param(HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", id="xchunked"),
        pytest.param(
            HEAD + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n", id="not last"
        ),
        pytest.param(
            HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="gzip, chunked"
        ),
        pytest.param(
            HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n",
            id="TE twice",
        ),
        pytest.param(HEAD + b"transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n", id="TE with VT"),
        pytest.param(
            HEAD.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            id="chunks in HTTP/1.0",
        ),
        pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n\r\n", id="negative chunk"),
        pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n3\nabc\n0\n\n", id="LF in chunks"),
        pytest.param(
            HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", id="overlong"
        ),
        pytest.param(
            HEAD + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", id="endless chunk"
        ),
        pytest.param(HEAD.replace(b"\r\n", b"\n") + b"\n", id="bare LF"),
        pytest.param(HEAD + b"x: a\rb: c\r\n\r\n", id="bare CR"),
        pytest.param(HEAD + b" folded: 1\r\n\r\n", id="obs-fold"),
        pytest.param(HEAD + b"x: 1\r\n\tfolded\r\n\r\n", id="obs-fold by a tab"),
        pytest.param(HEAD + b"x: a\0b\r\n\r\n", id="NUL in a value"),
        pytest.param(HEAD + b"x\0y: a\r\n\r\n", id="NUL in a name"),
        pytest.param(HEAD + b": a\r\n\r\n", id="no name"),
        pytest.param(HEAD + b"x y: a\r\n\r\n", id="a space in a name"),
        pytest.param(HEAD + b"no colon\r\n\r\n", id="no colon"),
        pytest.param(HEAD + b"host: evil.example\r\n\r\n", id="two hosts"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"GET /x\r\n\r\n", id="HTTP/0.9"),
        pytest.param(
            b"GET /x HTTP/1.1 \r\nhost: localhost\r\n\r\n", id="a space after the version"
        ),
        pytest.param(b"GET /x HTTP/9.9\r\nhost: localhost\r\n\r\n", id="a version to come"),
        pytest.param(b"CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n", id="CONNECT"),
        pytest.param(b"GET /a b HTTP/1.1\r\nhost: localhost\r\n\r\n", id="a space in the target"),
        pytest.param(HEAD + b"x: " + b"y" * 70_000 + b"\r\n\r\n", id="a field of 70 kB"),
        pytest.param(b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n", id="a target of 70 kB"),
        pytest.param(HEAD + b"x: y\r\n" * 20_000, id="20,000 fields"),
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(
    rig: Rig, back_end: BackEnd, client: Client, raw: bytes
) -> None:
    await client.send(raw + SMUGGLED)
    answer = await client.ended()
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert back_end.arrived == []


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
async def test_a_body_that_is_too_large_gets_a_sentence_that_can_be_read(
    rig: Rig, back_end: BackEnd, client: Client, announced: bool
) -> None:
    rig.set("proxy.max_body", 100_000)
    body = b"x" * 150_000
    framing = (
        b"content-length: 150000\r\n\r\n" if announced else b"transfer-encoding: chunked\r\n\r\n"
    )
    await client.send(HEAD + framing)
    await client.send(body if announced else b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    got = await client.answer()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (400, "too_large")
    assert await client.ended() == b""
    assert back_end.arrived == []


async def test_all_bodies_together_are_bounded_and_the_room_comes_back(
    rig: Rig, back_end: BackEnd, client: Client, connect: "object"
) -> None:
    rig.set("proxy.max_buffered", 100_000)
    got = await client.ask(body=b"x" * 150_000)
    assert json.loads(got.body)["error"]["reason"] == "too_much_at_once"
    assert rig.server._listener.buffered.size == 0
    second = await Client.connect(rig.port)
    for _ in range(3):
        assert (await second.ask(body=b"x" * 90_000)).status == 200
    await second.close()


async def test_a_client_that_leaves_in_the_middle_of_its_body_gives_the_room_back(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.send(HEAD + b"content-length: 100\r\n\r\nabc")
    listener = rig.server._listener
    await until(lambda: listener.buffered.size == 3)
    client.cut()
    await until(lambda: not listener.connections)
    assert listener.buffered.size == 0
    assert rig.records == []


@pytest.mark.parametrize(
    ("raw", "answered"),
    [
        pytest.param(b"", b"", id="nothing: closed without a word"),
        pytest.param(b"POST /c/", b"HTTP/1.1 400 ", id="half a head"),
        pytest.param(HEAD + b"content-length: 9\r\n\r\nabc", b"HTTP/1.1 400 ", id="half a body"),
    ],
)
async def test_a_client_that_is_too_slow_is_let_go(
    rig: Rig, back_end: BackEnd, raw: bytes, answered: bytes
) -> None:
    await rig.server.drain(grace_s=0)
    await rig.start(Limits(head_s=0.05, body_s=0.05))
    client = await Client.connect(rig.port)
    await client.send(raw)
    assert (await client.ended()).startswith(answered)
    await client.close()


async def test_a_head_that_comes_drop_by_drop_is_not_waited_for(
    rig: Rig, back_end: BackEnd
) -> None:
    await rig.server.drain(grace_s=0)
    await rig.start(Limits(head_s=0.1))
    client = await Client.connect(rig.port)

    async def drops() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await client.send(b"x")
                await asyncio.sleep(0.01)

    dropping = asyncio.create_task(drops())
    assert (await client.ended()).startswith(b"HTTP/1.1 400 ")
    dropping.cancel()
    await client.close()


async def test_an_idle_connection_is_closed_in_the_end(rig: Rig, back_end: BackEnd) -> None:
    await rig.server.drain(grace_s=0)
    await rig.start(Limits(idle_s=0.05))
    client = await Client.connect(rig.port)
    assert (await client.ask()).status == 200
    assert await client.ended() == b""
    await client.close()


async def test_clients_that_come_while_the_loop_is_held_are_all_served(
    rig: Rig, back_end: BackEnd
) -> None:
    clients: list[socket.socket] = []
    loop = asyncio.get_running_loop()
    try:
        for _ in range(200):  # nothing here gives the loop a turn
            client = socket.create_connection(("127.0.0.1", rig.port))
            client.sendall(GET)
            clients.append(client)
        answers = []
        for client in clients:
            client.setblocking(False)
            answers.append(await loop.sock_recv(client, 12))
    finally:
        for client in clients:
            client.close()
    assert answers == [b"HTTP/1.1 200"] * 200


async def test_strangers_cannot_keep_friends_out(rig: Rig, back_end: BackEnd) -> None:
    await rig.server.drain(grace_s=0)
    await rig.start(Limits(strangers=3))
    strangers = [await Client.connect(rig.port) for _ in range(5)]
    friend = await Client.connect(rig.port)
    assert (await friend.ask()).status == 200
    more = [await Client.connect(rig.port) for _ in range(5)]
    assert (await friend.ask()).status == 200
    assert await strangers[0].ended() == b""
    for client in (friend, *strangers, *more):
        await client.close()


@given(st.lists(st.binary(max_size=60) | st.sampled_from([HEAD, GET, b"\r\n\r\n"]), max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_bytes_neither_crash_nor_hang_nor_leak(pieces: list[bytes]) -> None:
    asyncio.run(feed(pieces))


async def feed(pieces: list[bytes]) -> None:
    from tests.fakes.clock import FakeClock

    back_end = BackEnd()
    await back_end.start()
    rig = Rig(back_end.port, FakeClock())
    await rig.start()
    client = await Client.connect(rig.port)
    try:
        for piece in pieces:
            await client.send(piece)
        client.writer.write_eof()
        await client.ended()
    except ConnectionError:
        pass
    finally:
        other = await Client.connect(rig.port)
        assert (await other.ask()).body == b'{"fine":true}'
        await other.close()
        await client.close()
        await rig.server.drain(grace_s=0)
        await back_end.stop()
    assert rig.server._listener.buffered.size == 0
    assert not rig.server._listener.connections
