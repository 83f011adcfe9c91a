"""A WebSocket that is over is gone at once, with what unpacks its messages: no circle holds it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from core.standin.script import Cut, Stall
from core.standin.server import StandIn
from tests.core.proxy.rig import until
from tests.core.proxy.sockets import DEFLATE, SocketRig, said_by
from tests.core.standin.socket_client import create
from tests.fakes.clock import FakeClock


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    """It speaks WebSocket."""
    async with StandIn(now=clock.now, websocket=True) as back_end:
        yield back_end


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    """A proxy before it."""
    rig = SocketRig(back_end, clock)
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


async def test_a_socket_that_its_client_left_leaves_no_circle(
    rig: SocketRig, circles: Callable[[], Counter[str]]
) -> None:
    for headers in ({}, {"Sec_WebSocket_Extensions": DEFLATE}):
        async with rig.socket(**headers) as socket:
            assert await said_by(socket) == "Hello from A."
        await until(lambda: not rig.server.traffic.websockets)
    await asyncio.sleep(0.01)
    assert circles() == Counter()


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(Cut(after_events=8), id="cut by the back end"),
        pytest.param(Stall(after_events=8), id="left in the middle of a response"),
    ],
)
async def test_a_socket_that_ended_in_the_middle_leaves_no_circle(
    rig: SocketRig, back_end: StandIn, circles: Callable[[], Counter[str]], ending: Cut | Stall
) -> None:
    back_end.next("A", ending)
    async with rig.socket() as socket:
        socket.send(create())
        await socket.frame()
    await until(lambda: not rig.server.traffic.websockets)
    await asyncio.sleep(0.01)
    assert circles() == Counter()
