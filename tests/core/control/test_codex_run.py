"""The verb behind `turntable codex`: an address for a run that lives, and for nobody else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.binding.run_once import run_lock
from core.control.codex_verbs import CODEX_VERBS
from core.control.verb import Arguments
from core.control.verbs.codex_run import codex
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.state import put_account
from core.proxy.clients import ValidSecret
from tests.core.control.apps import free_port, make_app
from tests.core.routing.pool import account
from tests.fakes.clock import FakeClock


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = make_app(tmp_path, clock, proxy_port=str(free_port()))
    await app.serve("serve")
    await app.folder.store.change(put_account(account("A", 1)))
    yield app
    await app.close()


async def test_a_run_gets_an_address_that_is_known_while_it_lives(app: App) -> None:
    assert app.serving is not None
    with run_lock(app.home.run) as run:
        given = await codex(app, Arguments({"run": run, "account": "#1"}))
        secret = re.findall(r"/c/([^/]+)/", given.address)[0]
        assert (given.account, given.label) == ("A", "A")
        valid = app.serving._valid(secret)
        assert valid == ValidSecret(bind=run, only=AccountId("A"), own_user=True)
        assert app.serving.quiet_for().total_seconds() == 0, "it is not idle while a run lives"
    assert app.serving._valid(secret) is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param({}, "usage", id="without a run: asked by a face that has no terminal"),
        pytest.param({"run": "0" * 16}, "no_such_run", id="a run that does not live"),
    ],
)
async def test_nobody_else_gets_one(app: App, arguments: dict[str, str], code: str) -> None:
    with pytest.raises(CoreError) as raised:
        await codex(app, Arguments(dict(arguments)))
    assert raised.value.code == code


async def test_without_a_proxy_there_is_no_address(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock)
    with pytest.raises(CoreError) as raised:
        await codex(app, Arguments({"run": "0" * 16}))
    assert raised.value.code == "owner_not_running"


def test_the_run_is_filled_in_by_the_face() -> None:
    (verb,) = (verb for verb in CODEX_VERBS if verb.name == "codex")
    assert [p.name for p in verb.parameters if p.hidden] == ["run"]
