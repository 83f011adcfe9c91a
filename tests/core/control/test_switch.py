"""The verb `switch`: what is typed, what is answered, and that nothing happens by mistake."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.accounts.roster import Candidate
from core.app import App
from core.codex_home.auth_json import read_login
from core.control.verb import Arguments
from core.control.verbs.switch import switch
from core.domain.account import Refresher
from core.domain.errors import CoreError, ExitCode
from core.standin.people import make_login
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock

B = make_login("B", email="bob@example.com")
PASSPHRASE = {"passphrase": "a fake passphrase"}


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """B is signed in here; nobody is signed in to Codex, and no Codex is installed."""
    app = make_app(tmp_path, clock)
    await app.hold("switch")
    app.offer("a fake passphrase")
    login = read_login(json.dumps(B.auth_json))
    candidate = Candidate(login=login, refresher=Refresher.TURNTABLE, source=None, label="Bob")
    await app.joining.roster.admit(candidate)
    yield app
    await app.close()


async def test_a_switch_and_its_undo_are_told_step_by_step(app: App, tmp_path: Path) -> None:
    auth = tmp_path / "codex" / "auth.json"
    dry = await switch(app, Arguments({"account": "Bob", "dry_run": True, **PASSPHRASE}))
    assert (dry.exit_code, auth.exists()) == (0, False)
    done = await switch(app, Arguments({"account": "Bob", **PASSPHRASE}))
    assert (done.exit_code, done.displaced) == (0, None)
    assert json.loads(auth.read_text())["tokens"]["refresh_token"] == B.refresh_token
    assert "has the login of Bob now" in done.messages[-1]
    assert any(line.startswith("– Codex itself says") for line in done.messages), "none to ask"
    undone = await switch(app, Arguments({"undo": True, **PASSPHRASE}))
    assert (undone.account, auth.exists()) == (None, False)
    assert "signed out, as it was before" in undone.messages[-1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param({}, "usage", id="nobody is named"),
        pytest.param({"account": "Bob", "undo": True}, "usage", id="both at once"),
        pytest.param({"account": "Eve"}, "no_account_named", id="nobody of that name"),
    ],
)
async def test_what_does_not_fit_changes_nothing(
    app: App, tmp_path: Path, arguments: dict[str, str | bool], code: str
) -> None:
    with pytest.raises(CoreError) as raised:
        await switch(app, Arguments({**arguments, **PASSPHRASE}))
    assert (raised.value.code, raised.value.exit_code) == (code, ExitCode.USAGE)
    assert not (tmp_path / "codex" / "auth.json").exists()


async def test_a_home_that_is_not_there_is_named(app: App, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(CoreError) as raised:
        await switch(app, Arguments({"account": "Bob", "codex_home": gone, **PASSPHRASE}))
    assert raised.value.code == "home_missing"
