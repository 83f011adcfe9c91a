"""Codex refreshes its own login when we ask, and is never stopped midway."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.codex_home.refreshing import refresh_login
from core.domain.errors import CoreError
from core.runtime.clock import SystemClock
from core.standin.people import Login, make_login
from core.standin.script import Endpoint, Gate
from core.standin.server import StandIn
from tests.fakes.codex import Codex


def _speaks(folder: Path, *lines: str) -> Path:
    """A program that says these things to whoever talks to it."""
    path = folder / "codex"
    path.write_text("\n".join([f"#!{sys.executable}", "import json, os, sys, time", *lines]))
    path.chmod(0o755)
    return path


_ANSWER = "n = json.loads(input())['id']; print(json.dumps({'id': n, 'result': {}}), flush=True)"


async def test_an_answer_ends_the_conversation(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    program = _speaks(
        tmp_path, _ANSWER, "input()", _ANSWER,
        f"open('{heard}', 'w').write(repr(sys.stdin.read()) + os.environ['CODEX_HOME'])",
    )  # fmt: skip
    await refresh_login(program, home=tmp_path, env={})
    assert heard.read_text() == f"''{tmp_path}", "its input has ended, and it was seen out"


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        pytest.param(["sys.exit(1)"], "codex_silent", "ended", id="it ends at once"),
        pytest.param([_ANSWER, "sys.exit(1)"], "codex_silent", "ended", id="it ends when asked"),
        pytest.param(["print('oops')"], "codex_silent", "no JSON-RPC", id="words"),
        pytest.param(["print('[]')"], "codex_silent", "ended", id="no object"),
        pytest.param(
            ["n = json.loads(input())['id']",
             "print(json.dumps({'id': n, 'error': {'message': 'not signed in'}}))"],
            "codex_refused", "not signed in", id="it refuses",
        ),
        pytest.param(
            ["n = json.loads(input())['id']", "print(json.dumps({'id': n, 'error': None}))"],
            "codex_refused", "no reason", id="it refuses without a reason",
        ),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_a_sentence(
    tmp_path: Path, lines: list[str], code: str, says: str
) -> None:
    with pytest.raises(CoreError, match=says) as caught:
        await refresh_login(_speaks(tmp_path, *lines), home=tmp_path, env={})
    assert caught.value.code == code


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoreError, match="could not be started") as caught:
        await refresh_login(tmp_path / "codex", home=tmp_path, env={})
    assert caught.value.code == "codex_not_started"


async def test_one_that_does_not_answer_is_let_go_and_not_killed(tmp_path: Path) -> None:
    survived = tmp_path / "survived"
    program = _speaks(
        tmp_path, "sys.stdin.read()", f"open('{survived}.new', 'w').write('whole')",
        f"os.rename('{survived}.new', '{survived}')",
    )  # fmt: skip
    with pytest.raises(CoreError, match="did not answer within"):
        await refresh_login(program, home=tmp_path, env={}, timeout_s=0.2)
    await asyncio.to_thread(_until_there, survived)


def _until_there(path: Path) -> None:
    deadline = time.monotonic() + 5
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# The real one


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    async with StandIn(now=SystemClock().now) as back_end:
        yield back_end


def _at_home(codex: Codex, back_end: StandIn) -> tuple[Login, dict[str, str]]:
    """The real Codex with a login of its own, and an environment that leads to the stand-in."""
    login = make_login("A")
    back_end.add(login)
    codex.log_in(login.auth_json)
    codex.meet(("127.0.0.1", back_end.port))
    token_url = f"{back_end.auth_url}/oauth/token"
    return login, codex.env | {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": token_url}


@pytest.mark.codex
async def test_real_codex_refreshes_its_login_in_its_own_file(
    codex: Codex, back_end: StandIn
) -> None:
    login, env = _at_home(codex, back_end)
    await refresh_login(codex.binary, home=codex.home, env=env)
    held = json.loads(codex.auth.read_text())["tokens"]["refresh_token"]
    (family,) = back_end.issuer.families
    assert held == family.login.refresh_token != login.refresh_token


@pytest.mark.codex
async def test_real_codex_finishes_a_refresh_that_nobody_waits_for_any_more(
    codex: Codex, back_end: StandIn
) -> None:
    _, env = _at_home(codex, back_end)
    gate = Gate()
    back_end.next("A", gate, on=Endpoint.REFRESH)
    refreshing = asyncio.ensure_future(refresh_login(codex.binary, home=codex.home, env=env))
    await gate.reached(timeout_s=20)
    refreshing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    before = codex.auth.read_text()
    gate.release()
    await asyncio.to_thread(_until_changed, codex.auth, before)
    held = json.loads(codex.auth.read_text())["tokens"]["refresh_token"]
    (family,) = back_end.issuer.families
    assert family.renewals == 1
    assert held == family.login.refresh_token


def _until_changed(path: Path, before: str) -> None:
    deadline = time.monotonic() + 10
    while path.read_text() == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.codex
async def test_real_codex_offline_says_so_and_keeps_its_login(codex: Codex) -> None:
    codex.log_in(make_login("A").auth_json)
    before = codex.auth.read_text()
    env = codex.env | {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{codex.proxy.url}/oauth/token"}
    with pytest.raises(CoreError) as caught:
        await refresh_login(codex.binary, home=codex.home, env=env)
    assert caught.value.code == "codex_refused"
    assert codex.auth.read_text() == before
