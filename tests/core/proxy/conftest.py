"""A back end, a proxy before it, and clients; everything is closed at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.core.proxy.rig import BackEnd, Client, Rig
from tests.fakes.clock import FakeClock


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
