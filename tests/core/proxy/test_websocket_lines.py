"""How long a socket may rest, how its messages are packed, and when there is none."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.proxy import websocket_relay
from core.proxy.websocket_handshake import ANSWERED_WITHIN_S
from core.proxy.websocket_relay import IDLE_S
from core.standin import replies
from core.standin.recorded import Ending, Recorded
from core.standin.script import Closes
from core.standin.server import StandIn
from core.websocket.frames import CloseCode
from tests.core.proxy.sockets import DEFLATE, SocketRig, closing, nobody_accepts, said_by
from tests.core.standin.conftest import BODY
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.both_loops


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    """A stand-in that speaks WebSocket."""
    async with StandIn(now=clock.now, websocket=True) as back_end:
        yield back_end
        assert back_end.violations == []


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    """A proxy before it."""
    rig = SocketRig(back_end, clock)
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


def handshake(back_end: StandIn) -> Recorded:
    """The only one."""
    (one,) = (one for one in back_end.requests if one.upgrade)
    return one


@pytest.mark.parametrize("client", [True, False], ids=["the client packs", "the client does not"])
@pytest.mark.parametrize("other", [True, False], ids=["the back end packs", "it does not"])
async def test_messages_are_packed_where_both_sides_agree(
    rig: SocketRig, back_end: StandIn, *, client: bool, other: bool
) -> None:
    back_end.sockets.compresses = other
    offer = {"Sec_WebSocket_Extensions": DEFLATE} if client else {}
    async with rig.socket(**offer) as socket:
        assert [await said_by(socket) for _ in range(3)] == ["Hello from A."] * 3
    frames = [f for f in handshake(back_end).frames if not f.opcode.control]
    assert {f.compressed for f in frames if not f.from_client} == {client and other}


async def test_a_socket_on_which_nothing_is_asked_is_closed_in_the_end_on_both_sides(
    rig: SocketRig, back_end: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert IDLE_S > 3600, "the back end's own hour comes first"
    monkeypatch.setattr(websocket_relay, "IDLE_S", 0.05)
    async with rig.socket() as socket:
        assert (await closing(socket))[0] == CloseCode.GOING_AWAY
    await back_end.until(lambda: handshake(back_end).ending is not Ending.OPEN)
    assert rig.records == []


async def test_what_is_asked_after_a_sleep_goes_to_a_socket_that_has_not_slept(
    rig: SocketRig, back_end: StandIn
) -> None:
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."
        rig.clock.set_wall(rig.clock.now() + timedelta(hours=8))
        socket.send(json.dumps({"type": "response.create", **BODY}).encode())
        assert await closing(socket) == (CloseCode.GOING_AWAY, "the machine has slept")
    await back_end.until(lambda: handshake(back_end).ending is not Ending.OPEN)
    assert len(back_end.turns()) == 1
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."


async def test_a_socket_that_only_rested_goes_on(rig: SocketRig) -> None:
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."
        rig.clock.advance(timedelta(minutes=50))
        assert await said_by(socket) == "Hello from A."


async def test_the_back_end_s_hour_is_told_as_it_says_it_and_the_next_socket_serves(
    rig: SocketRig, back_end: StandIn
) -> None:
    async with rig.socket() as socket:
        back_end.next("A", replies.socket_limit())
        socket.send(json.dumps({"type": "response.create", **BODY}).encode())
        said = json.loads((await socket.frame())[1])
        assert said["error"]["code"] == "websocket_connection_limit_reached"
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 1013])
async def test_the_back_end_s_close_code_comes_through(
    rig: SocketRig, back_end: StandIn, code: int
) -> None:
    async with rig.socket() as socket:
        assert await said_by(socket) == "Hello from A."
        back_end.next("A", Closes(code=code, reason="so it is", after_events=4))
        socket.send(json.dumps({"type": "response.create", **BODY}).encode())
        opcode = 1
        while opcode != 8:
            opcode, payload = await socket.frame()
        assert (int.from_bytes(payload[:2]), payload[2:]) == (code, b"so it is")


async def test_a_handshake_is_answered_before_its_client_gives_up_whoever_is_asked(
    rig: SocketRig, back_end: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ANSWERED_WITHIN_S < 15, "Codex gives one up then"
    monkeypatch.setattr("core.proxy.websocket_handshake.ANSWERED_WITHIN_S", 0.3)
    with nobody_accepts() as port:
        rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
        rig.set("upstream.connect_timeout_s", 0.2)
        async with rig.handshake() as (_, head):
            assert head.startswith(b"HTTP/1.1 426 "), "the second account had no time left"
    assert not back_end.requests


async def test_the_setting_turns_it_off_and_on_without_a_restart(rig: SocketRig) -> None:
    for setting, status in (("off", b"426"), ("auto", b"101"), ("off", b"426")):
        rig.set("proxy.websocket", setting)
        async with rig.handshake() as (_, head):
            assert head.split(b" ")[1] == status
