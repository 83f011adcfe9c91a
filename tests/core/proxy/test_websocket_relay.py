"""A WebSocket through the proxy: what passes, what another account goes on with, how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.domain.decision import Decision, Wait, WaitReason
from core.domain.facts import Facts, ThreadId
from core.domain.usage import Result
from core.proxy.websocket_handshake import FAILURES, LEFT_ALONE
from core.standin import replies
from core.standin.recorded import Recorded
from core.standin.script import Closes, Cut, Endpoint, Gate, Pings, Says, Stall
from core.standin.server import StandIn
from core.standin.turns import Turn
from tests.core.proxy.rig import A, B, Client, until
from tests.core.proxy.sockets import DEFLATE, THREAD, SocketRig, closing, said_by
from tests.core.standin.socket_client import CLOSE, PING, PONG, client_frame, create
from tests.fakes.clock import FakeClock

COMPRESSED = {"Sec_WebSocket_Extensions": DEFLATE}


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now, websocket=True) as back_end:
        yield back_end


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    rig = SocketRig(back_end, clock)
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


def handshakes(back_end: StandIn) -> list[Recorded]:
    return [one for one in back_end.requests if one.upgrade]


def limit(rig: SocketRig, *names: str) -> None:
    for name in names:
        rig.back_end.limit(name, until=rig.clock.now() + timedelta(hours=2))


@pytest.mark.parametrize("headers", [{}, COMPRESSED], ids=["plain", "compressed"])
async def test_what_the_model_says_comes_through_and_each_response_has_its_row(
    rig: SocketRig, back_end: StandIn, headers: dict[str, str]
) -> None:
    async with rig.socket(**headers) as socket:
        assert [await said_by(socket) for _ in range(3)] == ["Hello from A."] * 3
    assert [(r.account, r.result, r.status) for r in rig.records] == [(A, Result.SERVED, 200)] * 3
    assert all(r.tokens is not None and r.tokens.input > 0 for r in rig.records)
    assert all(r.facts.model == "gpt-6.1-sol" for r in rig.records)
    assert rig.observed.quotas[A].main_windows()
    assert rig.observed.owners[ThreadId(THREAD)].account == A
    assert back_end.violations == []


async def test_the_first_row_bears_the_id_that_the_handshake_was_told(rig: SocketRig) -> None:
    async with rig.handshake() as (wire, head):
        wire.send(client_frame(1, create()))
        await rig.row()
        assert f"x-turntable-request: {rig.records[0].id}".encode() in head


async def test_the_handshake_goes_on_with_the_account_and_is_a_handshake_still(
    rig: SocketRig, back_end: StandIn
) -> None:
    async with rig.socket(**COMPRESSED) as socket:
        await said_by(socket)
    (handshake,) = handshakes(back_end)
    assert handshake.header("connection") == "Upgrade"
    assert handshake.header("upgrade") == "websocket"
    assert handshake.header("sec-websocket-extensions") == DEFLATE
    assert handshake.header("chatgpt-account-id") == rig.logins["A"].account_id


async def test_a_prewarm_decides_the_account_and_writes_no_row(rig: SocketRig) -> None:
    async with rig.socket() as socket:
        socket.send(create(generate=False))
        await socket.events()
        assert rig.records == []
        assert rig.server.traffic.websockets == 1
        assert rig.server.traffic.requests == 0
        assert await said_by(socket) == "Hello from A."
    assert len(rig.records) == 1


async def test_a_limited_account_makes_the_client_come_again_and_another_serves(
    rig: SocketRig, back_end: StandIn
) -> None:
    async with rig.socket() as socket:
        await said_by(socket)
        limit(rig, "A")
        socket.send(create())
        assert await closing(socket) == (1001, "another account goes on")
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from B."
    moved = rig.records[1]
    assert (moved.result, moved.account, moved.status) == (Result.MOVED, None, None)
    assert [a.outcome for a in moved.attempts] == ["limited"]
    assert rig.records[2].account == B
    assert back_end.violations == []


async def test_a_socket_is_left_before_the_next_response_when_its_account_may_not_serve(
    rig: SocketRig, back_end: StandIn
) -> None:
    async with rig.socket() as socket:
        await said_by(socket)
        rig.accounts = [B]
        socket.send(create())
        assert (await closing(socket))[0] == 1001
    assert len(back_end.turns()) == 1, "nothing was asked for in vain"


async def test_with_all_limited_the_client_is_told_when_to_try_again(
    rig: SocketRig, back_end: StandIn
) -> None:
    rig.accounts = [A]
    async with rig.socket() as socket:
        limit(rig, "A")
        socket.send(create())
        _, payload = await socket.frame()
        assert payload.count(b'"status"') == 1
        error = json.loads(payload)
        assert (error["type"], error["status"]) == ("error", 429)
        assert error["error"]["type"] == "usage_limit_reached"
        assert error["error"]["resets_in_seconds"] == 7200
        assert (await closing(socket))[0] == 1000
    assert [(r.result, r.status) for r in rig.records] == [(Result.REFUSED, 429)]
    async with rig.handshake() as (_, head):
        assert head.startswith(b"HTTP/1.1 429 ")
    assert rig.records[1].result is Result.REFUSED


async def test_the_back_end_s_own_refusal_passes_as_it_came(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", replies.previous_response_not_found("resp_x"))
    async with rig.socket() as socket:
        socket.send(create())
        event = await socket.event()
        assert (event["type"], event["status"]) == ("error", 400)
        assert await said_by(socket) == "Hello from A."
    assert [r.result for r in rig.records] == [Result.FAILED, Result.SERVED]


async def test_an_overload_before_any_text_makes_another_account_serve(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", replies.server_error(status=503))
    async with rig.socket() as socket:
        socket.send(create())
        assert (await closing(socket))[0] == 1001
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from B."


async def test_a_login_that_is_not_taken_any_more_is_renewed_and_the_client_comes_again(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", replies.unauthorized())
    newer = rig.grants[A]

    async def renew(account: object, refused: object) -> bool:
        rig.renewed.append(A)
        return newer is not None

    rig.renew = renew  # type: ignore[method-assign,assignment]
    await rig.server.drain(grace_s=0)
    await rig.start()
    async with rig.socket() as socket:
        socket.send(create())
        assert (await closing(socket))[0] == 1001
    assert rig.renewed == [A]
    assert A not in rig.observed.signed_out


async def test_a_login_without_a_newer_token_is_signed_out(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", replies.unauthorized())
    async with rig.socket() as socket:
        socket.send(create())
        assert (await closing(socket))[0] == 1001
    assert A in rig.observed.signed_out


async def test_what_another_account_has_sealed_is_taken_out_on_the_same_socket(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", Says(Turn(text="Thought.", reasoning=True)))
    async with rig.socket(**COMPRESSED) as socket:
        socket.send(create())
        events = await socket.events()
        sealed = events[-1]["response"]["output"]
    rig.accounts = [B]
    async with rig.socket(**COMPRESSED) as socket:
        socket.send(create(input=[{k: v for k, v in item.items() if k != "id"} for item in sealed]))
        assert await socket.said() == "Hello from B."
        assert await said_by(socket) == "Hello from B.", "both hops still unpack what comes"
    assert [t.status for t in back_end.turns("B")] == [400, 200, 200]
    assert [r.result for r in rig.records[1:]] == [Result.SERVED] * 2
    assert back_end.violations == []


async def test_a_turn_state_goes_to_nobody_but_its_maker(rig: SocketRig, back_end: StandIn) -> None:
    async with rig.socket(**COMPRESSED) as socket:
        socket.send(create())
        events = await socket.events()
    state = next(e for e in events if e["type"] == "response.metadata")["headers"][
        "x-codex-turn-state"
    ]
    metadata = {"client_metadata": {"a": "1", "x-codex-turn-state": state, "b": "2"}}
    async with rig.socket(**COMPRESSED) as socket:
        socket.send(create(**metadata))
        assert await socket.said() == "Hello from A."
    rig.accounts = [B]
    async with rig.socket(**COMPRESSED) as socket:
        for _ in range(2):
            socket.send(create(**metadata))
            assert await socket.said() == "Hello from B."
    assert back_end.turns("A")[1].json["client_metadata"]["x-codex-turn-state"] == state
    assert back_end.turns("B")[0].json["client_metadata"] == {"a": "1", "b": "2"}
    assert back_end.violations == []


async def test_silence_after_asking_is_said_and_nothing_is_sent_again(
    rig: SocketRig, back_end: StandIn
) -> None:
    rig.set("upstream.header_timeout_s", 1)
    back_end.next("A", Stall(after_events=0))
    async with rig.socket() as socket:
        socket.send(create())
        event = await socket.event()
        assert (event["status"], event["error"]["reason"]) == (400, "upstream_silent")
        assert (await closing(socket))[0] == 1000
    assert len(back_end.turns()) == 1
    assert [(r.result, r.status) for r in rig.records] == [(Result.FAILED, 400)]


async def test_silence_in_the_middle_of_a_response_is_a_cut(
    rig: SocketRig, back_end: StandIn
) -> None:
    rig.set("upstream.idle_timeout_s", 1)
    back_end.next("A", Stall(after_events=8))
    async with rig.socket() as socket:
        socket.send(create())
        rest = await socket.wire.rest()
        assert b"response.output_text.delta" in rest
    assert [r.result for r in rig.records] == [Result.FAILED]


@pytest.mark.parametrize(
    ("effect", "shown"),
    [
        pytest.param(Cut(after_events=0), False, id="before any event"),
        pytest.param(Cut(after_events=3), False, id="before anything that means something"),
        pytest.param(Cut(after_events=8), True, id="in the middle"),
        pytest.param(Cut(after_events=8, mid_chunk=True, reset=True), True, id="within a frame"),
    ],
)
async def test_a_cut_of_the_back_end_is_a_cut_for_the_client(
    rig: SocketRig, back_end: StandIn, effect: Cut, shown: bool
) -> None:
    back_end.next("A", effect)
    async with rig.socket() as socket:
        socket.send(create())
        rest = await socket.wire.rest()
        assert (b"response.created" in rest) is shown
    assert [(r.result, len(r.attempts)) for r in rig.records] == [(Result.FAILED, 1)]
    assert len(back_end.turns()) == 1


async def test_close_codes_pass_both_ways(rig: SocketRig, back_end: StandIn) -> None:
    back_end.next("A", Closes(code=1012, reason="restart", after_events=0))
    async with rig.socket() as socket:
        socket.send(create())
        assert await closing(socket) == (1012, "restart")
        socket.wire.send(client_frame(CLOSE, (1012).to_bytes(2)))
        assert await socket.wire.rest() == b""
    async with rig.socket() as socket:
        socket.wire.send(client_frame(CLOSE, (4001).to_bytes(2) + b"bye"))
        assert await closing(socket) == (4001, "")
        assert await socket.wire.rest() == b""
    said = [f for f in handshakes(back_end)[1].frames if f.opcode == CLOSE and f.from_client]
    assert said[0].payload == (4001).to_bytes(2) + b"bye"


async def test_pings_pass_both_ways(rig: SocketRig, back_end: StandIn) -> None:
    back_end.next("A", Pings(payload=b"there?", after_events=1))
    async with rig.socket() as socket:
        socket.wire.send(client_frame(PING, b"and there?"))
        assert await socket.frame() == (PONG, b"and there?")
        socket.send(create())
        assert await socket.frame() == (PING, b"there?")
        socket.wire.send(client_frame(PONG, b"there?"))
        assert await socket.said() == "Hello from A."
    (handshake,) = handshakes(back_end)
    await back_end.until(lambda: handshake.ended_at is not None)
    assert [f.payload for f in handshake.frames if f.opcode == PONG and f.from_client] == [
        b"there?"
    ]


async def test_the_back_end_is_left_at_once_when_the_client_goes(
    rig: SocketRig, back_end: StandIn
) -> None:
    gate = Gate(after_events=8)
    back_end.next("A", gate)
    async with rig.socket() as socket:
        socket.send(create())
        await gate.reached()
        socket.wire.writer.transport.abort()
        handshake = handshakes(back_end)[0]
        await back_end.until(lambda: handshake.ended_at is not None)
    assert (await rig.row()).result is Result.CANCELLED
    assert rig.server.traffic.websockets == 0
    assert rig.server.traffic.requests == 0
    assert rig.server.traffic.in_flight(A) == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x81\x02hi", 1002, id="a frame that is not masked"),
        pytest.param(client_frame(1, b"\xff"), 1007, id="no UTF-8"),
        pytest.param(client_frame(1, bytes(3000)), 1009, id="larger than proxy.max_body"),
        pytest.param(client_frame(1, bytes(2000))[:1500], 1013, id="too much at once"),
    ],
)
async def test_what_a_client_may_not_send_ends_with_its_code(
    rig: SocketRig, back_end: StandIn, data: bytes, code: int
) -> None:
    rig.set("proxy.max_body", 2048)
    rig.set("proxy.max_buffered", 1024)
    async with rig.socket() as socket:
        socket.wire.send(data)
        assert (await closing(socket))[0] == code
        socket.wire.send(client_frame(CLOSE, code.to_bytes(2)))
        assert await socket.wire.rest() == b""


async def test_a_binary_message_is_the_back_end_s_to_refuse(rig: SocketRig) -> None:
    async with rig.socket() as socket:
        socket.wire.send(client_frame(2, b"\x00"))
        assert (await closing(socket))[0] == 1003


async def test_an_idle_socket_is_closed_when_the_program_stops(rig: SocketRig) -> None:
    async with rig.socket() as socket:
        await said_by(socket)
        stopping = asyncio.create_task(rig.server.drain(grace_s=5))
        assert await closing(socket) == (1001, "Turntable stops")
        socket.wire.send(client_frame(CLOSE, (1001).to_bytes(2)))
        await asyncio.wait_for(stopping, 1)


async def test_a_response_under_way_may_end_when_the_program_stops(
    rig: SocketRig, back_end: StandIn
) -> None:
    gate = Gate(after_events=8)
    back_end.next("A", gate)
    async with rig.socket() as socket:
        socket.send(create())
        await gate.reached()
        stopping = asyncio.create_task(rig.server.drain(grace_s=5))
        await asyncio.sleep(0)
        gate.release()
        assert await socket.said() == "Hello from A."
        socket.wire.writer.close()
        await asyncio.wait_for(stopping, 2)
    assert [r.result for r in rig.records] == [Result.SERVED]


async def test_a_handshake_that_would_wait_goes_over_http(
    rig: SocketRig, back_end: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold(facts: Facts, tried: frozenset[object]) -> Decision:
        until_ = rig.clock.now() + timedelta(seconds=30)
        return Wait(reason=WaitReason.OWNER, until=until_, account=A, verdicts=())

    monkeypatch.setattr(rig, "choose", hold)
    await rig.server.drain(grace_s=0)
    await rig.start()
    async with rig.handshake() as (_, head):
        assert head.startswith(b"HTTP/1.1 426 ")
    assert handshakes(back_end) == []


async def test_an_account_that_cannot_shake_hands_is_passed_by(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.next("A", replies.rate_limit_exceeded(retry_after_s=60), on=Endpoint.HANDSHAKE)
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from B."
    assert [a.outcome for a in rig.records[0].attempts] == ["limited", "served"]
    assert rig.records[0].result is Result.MOVED


async def test_websocket_is_left_alone_after_some_failures_and_tried_again_later(
    rig: SocketRig, back_end: StandIn
) -> None:
    back_end.always(None, replies.not_found(), on=Endpoint.HANDSHAKE)
    for _ in range(FAILURES + 1):
        async with rig.handshake() as (_, head):
            assert head.startswith(b"HTTP/1.1 426 ")
    assert len(handshakes(back_end)) == FAILURES
    back_end.clear(None)
    rig.clock.advance(LEFT_ALONE)
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."


async def test_an_unreachable_back_end_is_said_to_be_so(rig: SocketRig, back_end: StandIn) -> None:
    rig.set("upstream.base_url", "http://127.0.0.1:9/backend-api")
    async with rig.handshake() as (_, head):
        assert head.startswith(b"HTTP/1.1 502 ")


async def test_other_requests_pass_beside_a_socket(rig: SocketRig, back_end: StandIn) -> None:
    async with rig.socket() as socket:
        client = await Client.connect(rig.port)
        assert (await client.ask("GET", "/models?client_version=1", b"")).status == 200
        await client.close()
        assert await said_by(socket) == "Hello from A."
        await until(lambda: rig.server.traffic.requests == 0)
        assert rig.server.traffic.websockets == 1
