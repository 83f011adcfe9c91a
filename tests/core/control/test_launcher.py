"""The verbs that know Codex's desktop app: `launcher`, and `switch --reopen`; with a stand-in."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.accounts.roster import Candidate
from core.app import App
from core.codex_home.auth_json import read_login
from core.control.verb import Arguments
from core.control.verbs.launcher import launcher
from core.control.verbs.switch import switch
from core.domain.account import Refresher
from core.domain.errors import CoreError, ExitCode
from core.standin.people import make_login
from core.startup.entry import Standing
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock
from tests.fakes.codex_app import CodexApp

pytestmark = pytest.mark.timeout(60)

B = make_login("B", email="bob@example.com")


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[CodexApp]:
    standin = CodexApp(tmp_path / "app", tmp_path / "share")
    yield standin
    standin.close()


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """B is signed in here; the stand-in may be installed."""
    app = make_app(tmp_path, clock)
    folders = {
        "PATH": os.environ["PATH"].partition(":")[2],
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "XDG_DATA_DIRS": str(tmp_path / "nothing"),
    }
    app.environment = {**app.environment, **folders}
    await app.hold("switch")
    app.offer("a fake passphrase")
    login = read_login(json.dumps(B.auth_json))
    candidate = Candidate(login=login, refresher=Refresher.TURNTABLE, source=None, label="Bob")
    await app.joining.roster.admit(candidate)
    yield app
    await app.close()


async def test_the_app_is_closed_for_the_switch_and_open_again(
    app: App, standin: CodexApp, tmp_path: Path
) -> None:
    os.spawnv(os.P_NOWAIT, str(standin.program), [str(standin.program)])
    async with asyncio.timeout(10):
        while not standin.lives():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    wish = {"account": "Bob", "reopen": True, "passphrase": "a fake passphrase"}
    done = await switch(app, Arguments(wish))
    assert done.exit_code == 0
    assert done.messages[0] == "✓ Codex's app is closed"
    assert "✓ Codex's app is open again" in done.messages
    async with asyncio.timeout(10):
        while len(standin.opened) < 2:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    assert (tmp_path / "codex" / "auth.json").exists()


async def test_without_the_app_the_switch_goes_on(app: App) -> None:
    wish = {"account": "Bob", "reopen": True, "passphrase": "a fake passphrase"}
    done = await switch(app, Arguments(wish))
    assert done.exit_code == 0
    assert done.messages[:2] == ("– Codex's app is closed", "    It is not installed here.")


async def test_a_launcher_without_the_app_says_so(app: App) -> None:
    absent = await launcher(app, Arguments({"action": "status"}))
    assert absent.messages == ("There is no launcher for Codex’s app.",)
    made = await launcher(app, Arguments({"action": "install"}))
    assert made.changed
    assert made.codex_app is None
    assert made.messages[-1] == "Codex’s app itself was not found on this machine."
    gone = await launcher(app, Arguments({"action": "remove"}))
    assert (gone.changed, gone.standing) == (True, Standing.ABSENT)


async def test_the_app_is_never_opened_by_a_running_owner(app: App) -> None:
    with pytest.raises(CoreError) as refused:
        await launcher(app, Arguments({"action": "open"}))
    assert refused.value.exit_code is ExitCode.USAGE
