"""A back end, a proxy before it, and clients; everything is closed at the end."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from importlib.util import find_spec

import pytest

from core.proxy.attempt import Tried
from core.proxy.connection import UpstreamConnection
from core.proxy.course import Course
from core.proxy.deadline import Deadline
from core.proxy.incoming import Incoming
from core.proxy.intake import Intake
from core.proxy.judge import Judge
from core.proxy.listener import Connection
from core.proxy.messages import Request
from core.proxy.passing import Passing
from core.proxy.reply import Reply
from core.proxy.straight import Straight
from core.proxy.tls import TlsWire
from core.proxy.upstream import Sent
from core.proxy.websocket_relay import Opened, SocketRelay
from core.proxy.websocket_sides import Onward, Side
from core.proxy.websocket_turns import Line, Turns
from core.runtime.loop import serving_loop
from tests.core.proxy.accepted import accepted
from tests.core.proxy.rig import BackEnd, Client, Rig
from tests.fakes.clock import FakeClock

OF_A_REQUEST = (Course, Straight, Passing, Judge, Incoming, Request, Tried, Sent, Reply)
OF_A_CONNECTION = (Connection, Deadline, Intake, TlsWire, UpstreamConnection)
OF_A_SOCKET = (Opened, SocketRelay, Side, Onward, Line, Turns)

type NewLoop = Callable[[], asyncio.AbstractEventLoop]


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of what each loop may do in its own way."""
    config.addinivalue_line(
        "markers", "both_loops: runs on asyncio's loop and on that of `turntable serve`"
    )


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, NewLoop]:
    """`--loop` chooses one for all; else what is marked runs on both, the rest on asyncio's."""
    loops: dict[str, NewLoop] = {"asyncio": asyncio.new_event_loop}
    if find_spec("uvloop") is not None:  # it is not for Windows
        loops["uvloop"] = serving_loop
    chosen = config.getoption("--loop")
    if chosen is None and item.get_closest_marker("both_loops") is not None:
        return loops
    return {name: loops[name] for name in [chosen or "asyncio"]}


@pytest.fixture
async def back_end() -> AsyncIterator[BackEnd]:
    """A scripted back end; `rig` knows its address."""
    server = BackEnd()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def rig(back_end: BackEnd, clock: FakeClock) -> AsyncIterator[Rig]:
    """A proxy that listens."""
    rig = Rig(back_end.port, clock)
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


@pytest.fixture
def never_twice(rig: Rig, back_end: BackEnd) -> Iterator[None]:
    """Whatever breaks: of each request no more than one copy may have been accepted."""
    yield
    assert sum(map(accepted, back_end.arrived)) <= rig.begun


@pytest.fixture
async def connect(rig: Rig) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """Opens client connections."""
    clients: list[Client] = []

    async def one() -> Client:
        client = await Client.connect(rig.port)
        clients.append(client)
        return client

    yield one
    for client in clients:
        await client.close()


@pytest.fixture
async def client(connect: Callable[[], Awaitable[Client]]) -> Client:
    """A client connection."""
    return await connect()


@pytest.fixture
def circles() -> Iterator[Callable[[], Counter[str]]]:
    """Counts, by type, what of requests and connections only the collector frees."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    ours = OF_A_REQUEST + OF_A_CONNECTION + OF_A_SOCKET

    def found() -> Counter[str]:
        gc.collect()
        return Counter(type(one).__name__ for one in gc.garbage if isinstance(one, ours))

    yield found
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.fixture(params=["by steps", "straight"])
async def way(request: pytest.FixtureRequest, rig: Rig, back_end: BackEnd) -> None:
    """Both ways of a first request: nothing is at hand, or token and connection are."""
    if request.param == "straight":
        client = await Client.connect(rig.port)
        await client.ask("GET", "/anything", b"")
        await rig.row()
        await client.close()
        back_end.arrived.clear()
        back_end.connections = 0
        rig.forget()
