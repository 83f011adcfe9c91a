"""The WebSocket on `responses`, as a client of bytes meets it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.standin import replies, turns
from core.standin.people import Login, make_login
from core.standin.recorded import Ending
from core.standin.script import Closes, Cut, Endpoint, Fails, Gate, Pings, Says
from core.standin.server import StandIn
from core.standin.turns import FunctionCall, Turn
from tests.core.standin.conftest import BODY
from tests.core.standin.socket_client import (
    BINARY,
    CLOSE,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    Socket,
    client_frame,
    create,
    socket,
)
from tests.core.standin.wire import connect, request
from tests.fakes.clock import START, FakeClock

HOUR = timedelta(hours=1)


@pytest.fixture
async def back_end(clock: FakeClock, login: Login) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now, websocket=True) as back_end:
        back_end.add(login)
        yield back_end


@pytest.fixture
async def open_socket(back_end: StandIn, login: Login) -> AsyncIterator[Socket]:
    async with socket(back_end, login) as opened:
        yield opened


async def test_a_handshake_is_taken_and_tells_the_limits(open_socket: Socket) -> None:
    head = open_socket.head
    # RFC 6455 §1.3.
    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    assert b"x-codex-primary-window-minutes: 300\r\n" in head
    assert b"sec-websocket-extensions" not in head
    assert b"connection: upgrade\r\n" in head


async def test_a_message_is_answered_with_events(open_socket: Socket, back_end: StandIn) -> None:
    open_socket.send(create())
    events = await open_socket.events()
    assert [one["type"] for one in events[:3]] == [
        "codex.rate_limits",
        "response.metadata",
        "response.created",
    ]
    assert events[1]["headers"]["x-codex-turn-state"] == "ts.2.acct-A"
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "Hello from A."
    (turn,) = back_end.turns("A")
    assert (turn.method, turn.handshake, turn.status) == ("WS", 1, 200)
    assert turn.accepted
    assert back_end.violations == []


async def test_compression_is_agreed_and_used(back_end: StandIn, login: Login) -> None:
    offer = {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"}
    async with socket(back_end, login, **offer) as opened:
        assert b"sec-websocket-extensions: permessage-deflate\r\n" in opened.head
        for _ in range(2):
            opened.send(create())
            assert await opened.said() == "Hello from A."
    (handshake,) = (one for one in back_end.requests if one.upgrade)
    assert {one.compressed for one in handshake.frames if not one.from_client} == {True}
    assert {one.compressed for one in handshake.frames if one.from_client} == {False}


async def test_a_prewarm_is_no_turn_and_uses_nothing(
    open_socket: Socket, back_end: StandIn
) -> None:
    open_socket.send(create(generate=False, input=[]))
    events = await open_socket.events()
    assert [one["type"] for one in events] == ["response.created", "response.completed"]
    assert events[-1]["response"]["usage"]["total_tokens"] == 0
    assert back_end.turns() == ()
    assert not back_end.requests[-1].accepted
    primary = back_end.world.account("A").primary
    assert primary is not None
    assert primary.used_percent == 0


async def test_a_message_continues_what_this_connection_answered(
    open_socket: Socket, back_end: StandIn
) -> None:
    seen: list[list[str]] = []

    def answer(body: dict[str, object], _: object) -> Turn:
        items = body["input"]
        assert isinstance(items, list)
        seen.append([item["type"] for item in items])
        return Turn(calls=(FunctionCall(name="f", arguments={}),))

    back_end.answer_with(answer)  # type: ignore[arg-type]
    open_socket.send(create())
    first = (await open_socket.events())[-1]["response"]["id"]
    output = {"type": "function_call_output", "call_id": "x", "output": "y"}
    open_socket.send(create(previous_response_id=first, input=[output]))
    assert (await open_socket.events())[-1]["type"] == "response.completed"
    assert seen == [["message"], ["message", "function_call", "function_call_output"]]


async def test_another_connection_s_response_is_not_found(
    open_socket: Socket, back_end: StandIn, login: Login
) -> None:
    open_socket.send(create())
    response = (await open_socket.events())[-1]["response"]["id"]
    async with socket(back_end, login) as other:
        other.send(create(previous_response_id=response))
        (error,) = await other.events()
    assert (error["type"], error["status"]) == ("error", 400)
    assert error["error"]["code"] == "previous_response_not_found"


async def test_a_limit_is_an_error_message(open_socket: Socket, back_end: StandIn) -> None:
    back_end.limit("A", until=START + HOUR)
    open_socket.send(create())
    (error,) = await open_socket.events()
    assert error["status"] == 429
    assert error["error"]["type"] == "usage_limit_reached"
    assert error["headers"]["x-codex-primary-used-percent"] == "100"
    assert not back_end.turns()[0].accepted


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(replies.rate_limit_exceeded(retry_after_s=3), 429, id="JSON"),
        pytest.param(replies.deactivated_workspace(), 402, id="a detail"),
        pytest.param(replies.cdn_challenge(), 403, id="HTML"),
    ],
)
async def test_a_scripted_reply_is_an_error_message(
    open_socket: Socket, back_end: StandIn, reply: replies.Reply, status: int
) -> None:
    back_end.next("A", reply)
    open_socket.send(create())
    (error,) = await open_socket.events()
    assert error["status"] == status
    assert error.keys() & {"error", "detail"}
    open_socket.send(create())
    assert await open_socket.said() == "Hello from A."


async def test_a_failure_follows_the_beginning(open_socket: Socket, back_end: StandIn) -> None:
    back_end.next("A", Fails("server_is_overloaded"))
    open_socket.send(create())
    failed = (await open_socket.events())[-1]
    assert failed["response"]["error"]["code"] == "server_is_overloaded"
    open_socket.send(create(previous_response_id=failed["response"]["id"]))
    assert (await open_socket.event())["type"] == "error"


async def test_a_prewarm_has_a_script_of_its_own(open_socket: Socket, back_end: StandIn) -> None:
    back_end.say("not for the prewarm")
    back_end.next("A", replies.server_error(503), on=Endpoint.PREWARM)
    open_socket.send(create(generate=False))
    assert (await open_socket.event())["status"] == 503
    open_socket.send(create())
    assert await open_socket.said() == "not for the prewarm"


async def test_after_an_hour_the_connection_serves_no_more(
    open_socket: Socket, back_end: StandIn
) -> None:
    open_socket.send(create())
    await open_socket.events()
    back_end.advance(HOUR)
    open_socket.send(create())
    (error,) = await open_socket.events()
    assert error["error"]["code"] == "websocket_connection_limit_reached"
    assert await open_socket.frame() == (CLOSE, b"\x03\xe8")


async def test_messages_wait_for_each_other(open_socket: Socket, back_end: StandIn) -> None:
    gate = Gate(after_events=1)
    back_end.next("A", gate, Says(Turn(text="first")))
    back_end.say("second", "A")
    open_socket.send(create())
    await gate.reached()
    open_socket.send(create())
    await back_end.until(lambda: len(back_end.turns()) == 2)
    gate.release()
    assert [await open_socket.said(), await open_socket.said()] == ["first", "second"]


async def test_a_ping_is_answered_in_the_middle_of_a_response(
    open_socket: Socket, back_end: StandIn
) -> None:
    gate = Gate(after_events=1)
    back_end.next("A", gate)
    open_socket.send(create())
    await gate.reached()
    assert (await open_socket.event())["type"] == "codex.rate_limits"
    open_socket.wire.send(client_frame(PING, b"there?"))
    assert await open_socket.frame() == (PONG, b"there?")
    gate.release()
    assert await open_socket.said() == "Hello from A."


async def test_a_ping_may_be_scripted(open_socket: Socket, back_end: StandIn) -> None:
    back_end.next("A", Pings(payload=b"well?", after_events=1))
    open_socket.send(create())
    await open_socket.event()
    assert await open_socket.frame() == (PING, b"well?")
    open_socket.wire.send(client_frame(PONG, b"well?"))
    assert await open_socket.said() == "Hello from A."


async def test_closing_is_answered_and_the_server_leaves_first(
    open_socket: Socket, back_end: StandIn
) -> None:
    open_socket.wire.send(client_frame(CLOSE, b"\x0f\xa0bye"))
    assert await open_socket.frame() == (CLOSE, b"\x0f\xa0")
    assert await open_socket.wire.rest() == b""
    (handshake,) = back_end.requests
    await back_end.until(lambda: handshake.ending is Ending.ANSWERED)


async def test_a_client_that_vanishes_is_gone(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Gate(after_events=1))
    async with socket(back_end, login) as opened:
        opened.send(create())
        await opened.event()
        opened.send(create())
        await back_end.until(lambda: len(back_end.turns()) == 2)
    await back_end.until(lambda: all(one.ending is Ending.CLIENT_GONE for one in back_end.requests))


async def test_a_close_may_be_scripted(open_socket: Socket, back_end: StandIn) -> None:
    back_end.next("A", Closes(code=1012, reason="restart", after_events=2))
    open_socket.send(create())
    open_socket.send(create())
    for _ in range(2):
        assert (await open_socket.frame())[0] == TEXT
    assert await open_socket.frame() == (CLOSE, b"\x03\xf4restart")
    open_socket.wire.send(client_frame(PING, b"") + client_frame(CLOSE, b"\x03\xf4"))
    assert await open_socket.wire.rest() == b""
    await back_end.until(lambda: back_end.requests[0].ending is Ending.CUT)
    assert [one.ending for one in back_end.turns()] == [Ending.CUT] * 2


async def test_a_cut_may_come_in_the_middle_of_a_frame(
    open_socket: Socket, back_end: StandIn
) -> None:
    back_end.next("A", Cut(after_events=1, mid_chunk=True))
    open_socket.send(create())
    assert (await open_socket.event())["type"] == "codex.rate_limits"
    rest = await open_socket.wire.rest()
    assert rest.startswith(b"\x81\x7e")
    assert len(rest) < 4 + int.from_bytes(rest[2:4])
    assert back_end.turns()[0].ending is Ending.CUT


async def test_a_handshake_may_be_cut(back_end: StandIn, login: Login) -> None:
    back_end.next("A", Cut(after_events=0), on=Endpoint.HANDSHAKE)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, method="GET", headers=HANDSHAKE))
        assert (await wire.head()).startswith(b"HTTP/1.1 101 ")
        assert await wire.rest() == b""
    assert back_end.requests[0].ending is Ending.CUT


async def test_what_comes_with_the_handshake_is_heard_after_it(
    back_end: StandIn, login: Login
) -> None:
    async with connect(back_end) as wire:
        head = request(back_end, login, method="GET", headers=HANDSHAKE)
        wire.send(head, client_frame(TEXT, create()))
        assert await Socket(wire, await wire.head()).said() == "Hello from A."


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(replies.upgrade_required(), 426, id="no WebSocket"),
        pytest.param(replies.rate_limit_exceeded(), 429, id="a limit"),
        pytest.param(replies.unauthorized(), 401, id="a dead token"),
    ],
)
async def test_a_handshake_may_be_refused(
    back_end: StandIn, login: Login, reply: replies.Reply, status: int
) -> None:
    back_end.next("A", reply, on=Endpoint.HANDSHAKE)
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, method="GET", headers=HANDSHAKE))
        assert (await wire.reply())[0] == status
    assert back_end.violations == []


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        pytest.param(
            {"Sec-WebSocket-Version": "8"}, "sec-websocket-version must be 13", id="version"
        ),
        pytest.param(
            {"Sec-WebSocket-Key": "short"},
            "sec-websocket-key must be 16 bytes in base64",
            id="key",
        ),
        pytest.param(
            {"OpenAI-Beta": "assistants=v2"},
            "openai-beta must be responses_websockets=2026-02-06",
            id="beta",
        ),
        pytest.param({"Upgrade": "h2c"}, "upgrade must be websocket", id="another protocol"),
    ],
)
async def test_a_handshake_that_is_not_right_is_refused(
    back_end: StandIn, login: Login, headers: dict[str, str], sentence: str
) -> None:
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, method="GET", headers=HANDSHAKE | headers))
        assert (await wire.reply())[0] == 400
    assert [one.sentence for one in back_end.violations] == [sentence]


async def test_without_the_switch_there_is_no_websocket(back_end: StandIn, login: Login) -> None:
    back_end.sockets.enabled = False
    async with connect(back_end) as wire:
        wire.send(request(back_end, login, method="GET", headers=HANDSHAKE))
        assert (await wire.reply())[0] == 426


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        pytest.param(b"{", "the message is not JSON", id="not JSON"),
        pytest.param(b"[]", "the message is not response.create", id="a list"),
        pytest.param(
            b'{"type":"response.cancel"}', "the message is not response.create", id="another type"
        ),
        pytest.param(create(store=True), "store must be false", id="a body that is not allowed"),
        pytest.param(
            create(client_metadata={"x-codex-turn-state": "ts.1.acct-B"}),
            "the turn state was made by acct-B",
            id="another account's turn state",
        ),
    ],
)
async def test_a_message_that_no_client_may_send_is_a_violation(
    open_socket: Socket, back_end: StandIn, message: bytes, sentence: str
) -> None:
    open_socket.send(message)
    assert (await open_socket.event())["type"] == "error"
    assert [one.sentence for one in back_end.violations] == [sentence]


async def test_another_account_s_encrypted_content_is_refused(
    open_socket: Socket, back_end: StandIn
) -> None:
    back_end.add(make_login("B"))
    foreign = {"type": "reasoning", "encrypted_content": turns.encrypted_content("acct-B", 1)}
    open_socket.send(create(input=[*BODY["input"], foreign]))
    assert (await open_socket.event())["error"]["code"] == "invalid_encrypted_content"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        pytest.param(b"\x81\x00", 1002, id="not masked"),
        pytest.param(client_frame(BINARY, b""), 1003, id="binary"),
        pytest.param(client_frame(TEXT, b"\xff"), 1007, id="not UTF-8"),
        pytest.param(client_frame(CLOSE, b"\x00"), 1002, id="a broken close"),
    ],
)
async def test_a_broken_frame_ends_the_connection(
    open_socket: Socket, back_end: StandIn, frame: bytes, code: int
) -> None:
    open_socket.wire.send(frame)
    opcode, payload = await open_socket.frame()
    assert (opcode, int.from_bytes(payload[:2])) == (CLOSE, code)
    assert await open_socket.wire.rest() == b""
    assert len(back_end.violations) == 1


async def test_load_is_the_same_over_a_socket(open_socket: Socket, back_end: StandIn) -> None:
    back_end.play([turns.sse({"type": "response.completed"})])
    open_socket.send(b"whatever")
    assert await open_socket.event() == {"type": "response.completed"}
