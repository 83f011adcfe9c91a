"""HTTP/1.1 as bytes: framing, keep-alive, and who hung up."""

import asyncio
import json

import pytest
import zstandard

from core.standin.acts import Act
from core.standin.connection import Connection
from core.standin.conversation import Answer
from core.standin.people import Login
from core.standin.recorded import Ending, Recorded
from core.standin.script import Cut, Delay, Gate, Says, Stall
from core.standin.server import StandIn
from core.standin.turns import Turn
from tests.core.standin import sse
from tests.core.standin.conftest import BODY
from tests.core.standin.recordings import recorded
from tests.core.standin.wire import connect, request


async def test_one_connection_serves_many_requests(back_end: StandIn, login: Login) -> None:
    async with connect(back_end) as wire:
        for _ in range(3):
            wire.send(request(back_end, login))
            status, body = await wire.reply()
            assert (status, sse.said(body.decode())) == (200, "Hello from A.")
    assert [one.connection for one in back_end.requests] == [1, 1, 1]


async def test_close_is_honoured(back_end: StandIn, login: Login) -> None:
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers={"Connection": "close"}))
        assert b"connection: close" in await wire.head()
        assert (await wire.rest()).endswith(b"0\r\n\r\n")


async def test_pipelined_requests_are_answered_in_order(back_end: StandIn, login: Login) -> None:
    back_end.say("first")
    back_end.say("second")
    async with connect(back_end) as wire:
        wire.send(
            request(back_end, login), request(back_end, login, headers={"Connection": "close"})
        )
        everything = (await wire.rest()).decode()
    assert everything.index('"first"') < everything.index('"second"')


async def test_headers_are_kept_in_order_and_spelling(back_end: StandIn, login: Login) -> None:
    extra = {"X-One": "1", "x-ONE": "é", "X-Two": ""}
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers=extra))
        await wire.reply()
    (recorded,) = back_end.requests
    assert [name for name, _ in recorded.headers] == [
        b"Host", b"Authorization", b"ChatGPT-Account-Id", b"X-One", b"x-ONE", b"X-Two",
        b"Content-Length",
    ]  # fmt: skip
    assert recorded.headers[4] == (b"x-ONE", "é".encode())
    assert recorded.header("x-one") == "1"


async def test_a_chunked_body_is_put_together(back_end: StandIn, login: Login) -> None:
    content = json.dumps(BODY).encode()
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in content) + b"0\r\n\r\n"
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers={"Transfer-Encoding": "chunked"}, body=chunked))
        assert (await wire.reply())[0] == 200
    assert back_end.requests[0].body == content


async def test_a_zstd_body_is_recorded_as_sent_and_read_decoded(
    back_end: StandIn, login: Login
) -> None:
    content = zstandard.compress(json.dumps(BODY).encode())
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers={"Content-Encoding": "zstd"}, body=content))
        assert (await wire.reply())[0] == 200
    assert back_end.requests[0].body == content
    assert back_end.requests[0].json == BODY


async def test_expect_is_answered_before_the_body_is_sent(back_end: StandIn, login: Login) -> None:
    whole = request(back_end, login, headers={"Expect": "100-continue"})
    head, _, body = whole.partition(b"\r\n\r\n")
    async with connect(back_end) as wire:
        wire.send(head, b"\r\n\r\n")
        assert (await wire.head()).startswith(b"HTTP/1.1 100 ")
        wire.send(body)
        assert (await wire.reply())[0] == 200


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="a TLS hello"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", id="a broken field"),
    ],
)
async def test_what_is_not_http_1_is_refused_and_closed(back_end: StandIn, noise: bytes) -> None:
    async with connect(back_end) as wire:
        wire.send(noise)
        assert (await wire.rest()).startswith(b"HTTP/1.1 400 ")
    assert back_end.requests == ()


async def test_every_event_is_a_chunk_of_its_own(back_end: StandIn, login: Login) -> None:
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers={"Connection": "close"}))
        await wire.head()
        body = await wire.rest()
    chunks = []
    while body != b"0\r\n\r\n":
        size, _, body = body.partition(b"\r\n")
        chunks.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    assert all(chunk.startswith(b"event: ") and chunk.endswith(b"\n\n") for chunk in chunks)
    assert back_end.requests[0].events_sent == len(chunks)


async def test_a_client_that_leaves_is_noticed_while_it_waits_for_the_head(
    back_end: StandIn, login: Login
) -> None:
    back_end.next("A", Stall())
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await back_end.until(lambda: len(back_end.requests) == 1)
    await back_end.until(lambda: back_end.requests[0].ending is Ending.CLIENT_GONE)
    assert back_end.requests[0].ended_at is not None
    assert back_end.requests[0].accepted
    assert back_end.requests[0].events_sent == 0


async def test_a_client_that_leaves_in_mid_stream_is_noticed(
    back_end: StandIn, login: Login
) -> None:
    gate = Gate(after_events=4)
    back_end.next("A", gate)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await wire.head()
        await gate.reached()
    await back_end.until(lambda: back_end.requests[0].ending is Ending.CLIENT_GONE)
    gate.release()
    assert back_end.requests[0].events_sent == 4
    await back_end.until(lambda: back_end.connections == 0)


async def test_a_gate_lets_the_stream_go_on(back_end: StandIn, login: Login) -> None:
    before, within = Gate(), Gate(after_events=2)
    back_end.next("A", before, within)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, headers={"Connection": "close"}))
        await before.reached()
        before.release()
        await within.reached()
        await wire.head()
        assert back_end.requests[0].events_sent == 2
        within.release()
        assert (await wire.rest()).endswith(b"0\r\n\r\n")
    assert back_end.requests[0].ending is Ending.ANSWERED


async def test_events_come_at_the_pace_that_was_set(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Delay(head_s=0.01, event_s=0.01), Says(Turn(text="a b c")))
    loop = asyncio.get_running_loop()
    async with connect(back_end) as wire:
        begun = loop.time()
        wire.send(request(back_end, login))
        await wire.reply()
    # Twelve events and the head; a timer may be early by its clock's resolution.
    assert loop.time() - begun >= 0.01 * (1 + back_end.requests[0].events_sent) - 0.005


@pytest.mark.parametrize(
    ("cut", "received"),
    [
        pytest.param(Cut(), b"", id="before the head"),
        pytest.param(Cut(mid_chunk=True), b"HTTP/1.1 200 OK", id="within the head"),
        pytest.param(Cut(after_events=0), b"\r\n\r\n", id="after the head"),
        pytest.param(Cut(after_events=2), b'response.created"', id="after two events"),
        pytest.param(
            Cut(after_events=2, mid_chunk=True), b"event: response.in_progress", id="within a chunk"
        ),
        pytest.param(Cut(after_events=99), b"response.completed", id="only the end is missing"),
    ],
)
async def test_a_cut_stream_never_has_its_end(
    back_end: StandIn, login: Login, cut: Cut, received: bytes
) -> None:
    back_end.next("A", cut)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        everything = await wire.rest()
    assert received in everything
    assert not everything.endswith(b"0\r\n\r\n")
    assert back_end.requests[0].ending is Ending.CUT
    assert back_end.requests[0].accepted


async def test_a_reset_is_an_error_to_the_client(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Cut(reset=True))
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        with pytest.raises(ConnectionResetError):
            await wire.rest()


async def test_a_slow_reader_holds_the_stream_back(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Says(Turn(text="x" * 30_000_000, pieces=3_000)))
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await wire.head()
        # Nobody reads: what fits into the buffers of both sides is all that leaves.
        for _ in range(50):
            await asyncio.sleep(0)
        assert back_end.requests[0].events_sent < 2_900
        while back_end.requests[0].ending is Ending.OPEN:
            assert await wire.reader.read(1_000_000)
    assert back_end.requests[0].ending is Ending.ANSWERED


async def test_a_websocket_handshake_is_answered_and_the_connection_ended(
    back_end: StandIn, login: Login
) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, method="GET", headers=upgrade))
        assert (await wire.rest()).startswith(b"HTTP/1.1 426 ")
    assert back_end.requests[0].upgrade


async def test_requests_behind_a_cut_are_never_answered(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Cut(after_events=1))
    async with connect(back_end) as wire:
        wire.send(request(back_end, login), request(back_end, login))
        assert (await wire.rest()).count(b"HTTP/1.1 200") == 1
    assert [one.ending for one in back_end.requests] == [Ending.CUT, Ending.CLIENT_GONE]


async def test_rubbish_in_mid_stream_ends_the_connection(back_end: StandIn, login: Login) -> None:
    gate = Gate(after_events=1)
    back_end.next("A", gate)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await gate.reached()
        wire.send(b"\x00\x01\x02")
        assert not (await wire.rest()).endswith(b"0\r\n\r\n")
    assert back_end.requests[0].ending is Ending.CLIENT_GONE


async def test_a_client_that_leaves_before_the_first_byte_leaves_no_timer(
    back_end: StandIn, login: Login
) -> None:
    back_end.next("A", Delay(head_s=3_600))
    async with connect(back_end) as wire:
        wire.send(request(back_end, login))
        await back_end.until(lambda: len(back_end.requests) == 1)
    await back_end.until(lambda: back_end.requests[0].ending is Ending.CLIENT_GONE)
    assert back_end.connections == 0


class _Transport(asyncio.Transport):
    """Takes what is written, and is never slow by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False


class _Host:
    """Answers every request with the acts it was given."""

    def __init__(self, acts: list[Act]) -> None:
        self.acts = acts
        self.endings: list[Ending] = []

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...

    def received(self, **_: object) -> Answer:
        return Answer(recorded(), iter(self.acts))

    def ended(self, recorded: Recorded, ending: Ending) -> None:
        self.endings.append(ending)


async def test_nothing_is_written_while_the_client_is_slow() -> None:
    part = b"x" * 65_536
    host, transport = _Host([part, part, b"end"]), _Transport()
    connection = Connection(host, 1, asyncio.get_running_loop())
    connection.connection_made(transport)
    connection.pause_writing()
    connection.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert transport.written == []
    connection.resume_writing()
    assert transport.written == [part, part, b"end"]
    assert host.endings == [Ending.ANSWERED]
    connection.connection_lost(None)
    assert host.endings == [Ending.ANSWERED]
