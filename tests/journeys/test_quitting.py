"""Quit while the issuer has a refresh token and has not answered: the answer is waited for."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from core.standin.people import Login, make_login
from core.standin.script import Endpoint, Gate
from core.standin.server import StandIn
from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayError, TrayHost, TrayItem
from tests.journeys.test_two_programs import spent_twice, states, taken
from tests.journeys.tray import tray_program
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(120)

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
WHY = "A login is being renewed, and the answer must not be lost"
SOON_S = 20.0


@pytest.fixture
def login(back_end: StandIn) -> Login:
    login = make_login("A")
    back_end.add(login)
    return login


@pytest.fixture
async def own(
    tmp_path: Path, back_end: StandIn, free_port: int, login: Login
) -> AsyncIterator[Turntable]:
    """A Turntable that renews A's login itself; its Codex is a folder with a config.toml."""
    codex = tmp_path / "codex"
    codex.mkdir()
    (codex / "config.toml").write_bytes(BEFORE)
    own = Turntable(
        tmp_path / "turntable",
        {
            "PATH": "",
            "HOME": str(tmp_path),
            "CODEX_HOME": str(codex),
            "TURNTABLE_PASSPHRASE": "a fake passphrase",
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
            "TURNTABLE_PROXY_PORT": str(free_port),
        },
    )
    await taken(own, tmp_path, {"A": login})
    yield own
    # Whatever ended it: the token that was on its way is spent once, and its successor is here.
    assert spent_twice(back_end) == []
    assert [family.renewals for family in back_end.issuer.families] == [1]
    assert await states(own) == {"ready"}
    await own.done("check")
    assert [family.renewals for family in back_end.issuer.families] == [1]


@asynccontextmanager
async def renewing(own: Turntable, back_end: StandIn) -> AsyncIterator[Gate]:
    """The issuer has the token, and answers when the gate is released."""
    gate = Gate()
    back_end.issuer.expire_access("A")
    back_end.next("A", gate, on=Endpoint.REFRESH)
    async with own.begun("check"):
        await gate.reached(SOON_S)
        yield gate


async def given_back(own: Turntable) -> None:
    config = Path(own.env["CODEX_HOME"]) / "config.toml"
    async with asyncio.timeout(SOON_S):
        while config.read_bytes() != BEFORE:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["stopped", "hung up"])
async def test_a_server_gives_codex_back_says_why_it_waits_and_ends_with_the_answer(
    own: Turntable, back_end: StandIn, number: signal.Signals
) -> None:
    async with own.serve() as serving:
        await own.done("bind")
        async with renewing(own, back_end) as gate:
            serving.process.send_signal(number)
            await given_back(own)
            assert serving.process.stdout is not None
            async with asyncio.timeout(SOON_S):
                assert (await serving.process.stdout.readline()).decode().startswith(WHY)
            serving.process.send_signal(number)  # once more changes nothing
            assert serving.process.returncode is None
            gate.release()
            assert await serving.ended(SOON_S) == 0


async def test_stop_says_that_it_will_take_longer(own: Turntable, back_end: StandIn) -> None:
    async with own.serve() as serving, renewing(own, back_end) as gate:
        told = (await own.done("stop"))["messages"]
        assert told[1].startswith(WHY)
        gate.release()
        assert await serving.ended(SOON_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_verb_that_is_interrupted_waits_for_the_answer_too(
    own: Turntable, back_end: StandIn, number: signal.Signals
) -> None:
    """Where nothing serves the verb itself renews."""
    gate = Gate()
    back_end.issuer.expire_access("A")
    back_end.next("A", gate, on=Endpoint.REFRESH)
    async with own.begun("check") as check:
        await gate.reached(SOON_S)
        check.process.send_signal(number)
        assert check.process.stderr is not None
        async with asyncio.timeout(SOON_S):
            assert (await check.process.stderr.readline()).decode().startswith(WHY)
        gate.release()
        assert (await check.ended()).exit_code == 130


async def one_that_says_why(host: TrayHost) -> TrayItem:
    async with asyncio.timeout(SOON_S):
        while True:
            for item in host.items:
                with suppress(TrayError):  # the one that was there before goes
                    if WHY in "".join(await item.tooltip()):
                        return item
            await asyncio.sleep(0.05)


@pytest.mark.desktop
@pytest.mark.parametrize("engine", ["inline", "child"])
async def test_the_icon_says_why_it_is_there_still(
    own: Turntable, back_end: StandIn, desktop: Desktop, engine: str
) -> None:
    own.env["TURNTABLE_UI_ENGINE"] = engine
    async with TrayHost(desktop.bus_address) as host, tray_program(own, desktop):
        item = await host.wait_for_item(30)
        await own.done("bind")
        async with renewing(own, back_end) as gate:
            entries = (await item.menu()).entries
            await item.click(next(one.label for one in entries if one.label.startswith("Quit")))
            await given_back(own)
            lingers = await one_that_says_why(host)
            assert [one.enabled for one in (await lingers.menu()).entries] == [False]
            gate.release()
            await host.wait_until_empty(SOON_S)
