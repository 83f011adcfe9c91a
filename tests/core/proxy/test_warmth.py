"""A connection waits for whoever asks next, while somebody works; afterwards none does."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from core.proxy import pool, warmth
from core.proxy.dialling import Origin
from core.proxy.warmth import Warmth
from core.runtime.tasks import Tasks
from tests.core.proxy.rig import A, Arrived, BackEnd, Client, Rig, Wire, until
from tests.fakes.clock import FakeClock
from tests.fakes.connect_proxy import Authority

ORIGIN = Origin(secure=False, host="127.0.0.1", port=1)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often, so that a test need not wait."""
    monkeypatch.setattr(warmth, "LOOK_S", 0.01)
    monkeypatch.setattr(warmth, "MOST_BETWEEN_S", 0.05)


def _at_least(back_end: BackEnd, connections: int) -> Callable[[], bool]:
    return lambda: back_end.connections >= connections


async def test_a_new_one_is_open_before_the_next_request_when_the_last_has_grown_old(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 0.04)
    await client.ask()
    for number in (2, 3, 4):
        await until(_at_least(back_end, number))
    await until(lambda: len(back_end.open) == 1)
    opened = back_end.connections
    monkeypatch.setattr(pool, "IDLE_S", 60.0)
    assert (await client.ask()).status == 200
    assert back_end.connections <= opened + 1
    assert len(back_end.arrived) == 2, "nothing is asked of the back end for it"


async def test_one_waits_beside_those_that_are_busy_and_no_more_than_one(
    rig: Rig, back_end: BackEnd
) -> None:
    let_go = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await let_go.wait()
        await wire.answer(200)

    back_end.script = script
    clients = [await Client.connect(rig.port) for _ in range(3)]
    asking = [asyncio.get_running_loop().create_task(client.ask()) for client in clients]
    await until(lambda: back_end.connections == 4)
    await asyncio.sleep(0.1)
    assert back_end.connections == 4
    let_go.set()
    assert [got.status for got in await asyncio.gather(*asking)] == [200] * 3
    for client in clients:
        await client.close()


async def test_nobody_is_asked_before_somebody_asks_and_none_waits_when_nobody_works(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.sleep(0.05)
    assert back_end.connections == 0
    monkeypatch.setattr(warmth, "ACTIVE_S", 0.03)
    monkeypatch.setattr(pool, "IDLE_S", 0.04)
    await client.ask()
    await until(lambda: not back_end.open)
    opened = back_end.connections
    await asyncio.sleep(0.1)
    assert (back_end.connections, len(back_end.open)) == (opened, 0)


async def test_a_back_end_that_is_gone_is_tried_less_and_less_and_found_again(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.ask()
    await back_end.stop()
    rig.accounts = [A]
    rig.observed = type(rig.observed)()
    assert (await client.ask()).status == 502
    again = BackEnd()
    await again.start()
    rig.observed = type(rig.observed)()
    rig.set("upstream.base_url", f"http://127.0.0.1:{again.port}/backend-api")
    assert (await client.ask()).status == 200
    await until(lambda: len(again.open) >= 1)
    await again.stop()


class Spares:
    """A back end of which only the spare connections are seen."""

    def __init__(self) -> None:
        self.opened = 0
        self.waits = False
        self.stay_open = False

    async def open_one(self, _: Origin) -> bool:
        self.opened += 1
        self.waits = self.stay_open
        return True

    def warmth(self) -> Warmth:
        tasks = Tasks("test")
        return Warmth(tasks=tasks, waits=lambda _: self.waits, open_one=self.open_one)


async def test_a_back_end_that_closes_them_at_once_is_asked_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warmth, "MOST_BETWEEN_S", 60.0)
    spares = Spares()
    one = spares.warmth()
    one.asked(ORIGIN)
    await asyncio.sleep(0.3)  # thirty looks
    assert 2 <= spares.opened <= 6
    one.end()


async def test_one_that_a_request_takes_is_followed_by_the_next_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warmth, "MOST_BETWEEN_S", 60.0)
    spares = Spares()
    spares.stay_open = True
    one = spares.warmth()
    one.asked(ORIGIN)
    for number in range(1, 12):
        await until(lambda number=number: spares.opened == number)  # type: ignore[misc]
        await asyncio.sleep(0)
        one.asked(ORIGIN)
        spares.waits = False
    one.end()


async def test_nothing_is_left_when_the_program_stops(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await client.ask()
    await rig.server.drain(grace_s=0)
    await until(lambda: not back_end.open)
    opened = back_end.connections
    await asyncio.sleep(0.05)
    assert back_end.connections == opened
    assert len(rig.server._tasks) == 0


class TestOverTls:
    """The first words of TLS are said before the request comes."""

    @pytest.fixture
    async def secure(self, authority: Authority) -> AsyncIterator[BackEnd]:
        """A back end that speaks TLS."""
        server = BackEnd()
        await server.start(ssl=authority.server_context("127.0.0.1"))
        yield server
        await server.stop()

    @pytest.fixture
    async def rig(
        self, secure: BackEnd, authority: Authority, clock: FakeClock
    ) -> AsyncIterator[Rig]:
        """A proxy that trusts it."""
        rig = Rig(secure.port, clock)
        rig.set("upstream.base_url", f"https://127.0.0.1:{secure.port}/backend-api")
        rig.set("upstream.ca_file", str(authority.bundle))
        await rig.start()
        yield rig
        await rig.server.drain(grace_s=0)

    async def test_a_spare_one_serves_the_next_request(
        self, rig: Rig, secure: BackEnd, client: Client
    ) -> None:
        let_go = asyncio.Event()

        async def script(arrived: Arrived, wire: Wire) -> None:
            if b"first" in arrived.body:
                await let_go.wait()
            await wire.answer(200, arrived.body)

        secure.script = script
        first = asyncio.get_running_loop().create_task(client.ask(body=b"first"))
        await until(lambda: secure.connections == 2)
        await asyncio.sleep(0.02)  # its ticket comes after the handshake
        other = await Client.connect(rig.port)
        opened = secure.connections
        assert (await other.ask(body=b"second")).body == b"second"
        assert secure.connections == opened
        let_go.set()
        assert (await first).body == b"first"
        await other.close()
