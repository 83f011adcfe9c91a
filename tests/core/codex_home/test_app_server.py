"""Codex is asked itself: its answers come as values, its silence as a sentence."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from core.codex_home.app_server import (
    CodexAccount,
    Way,
    app_server,
    way_in_force,
)
from core.domain.errors import CoreError
from core.runtime.clock import SystemClock
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.core.codex_home.ended import wait_until_gone
from tests.fakes.codex import Codex

_GREET = 'json.loads(input()); print(json.dumps({"id": 1, "result": {}}), flush=True); input()'


def _speaks(folder: Path, *lines: str) -> Path:
    """A program that says these things as an app-server; `_GREET` answers the greeting."""
    path = folder / "codex"
    path.write_text("\n".join([f"#!{sys.executable}", "import json, os, sys, time", *lines]))
    path.chmod(0o755)
    return path


async def _ask(program: Path, home: Path, *, answer_s: float = 5.0) -> Mapping[str, object]:
    async with app_server(program, home=home, env={}, answer_s=answer_s) as server:
        return await server.request("x/y", {})


async def test_what_is_said_unasked_is_passed_over(tmp_path: Path) -> None:
    program = _speaks(
        tmp_path,
        _GREET,
        "wanted = json.loads(input())['id']",
        "print(json.dumps({'method': 'note', 'params': {}}))",
        "print(json.dumps({'id': wanted, 'method': 'a request of its own'}))",
        "print(json.dumps({'id': 99, 'result': {'for': 'nobody'}}))",
        "print(json.dumps({'id': wanted, 'result': {'said': 'this'}}), flush=True)",
    )
    assert await _ask(program, tmp_path) == {"said": "this"}


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        pytest.param({"error": {"code": -32601}}, (), id="an older one does not know the question"),
        pytest.param({"result": {"requirements": None}}, (), id="there are none"),
        pytest.param(
            {"result": {"requirements": {"allowedLoginMethods": ["api"]}}}, ("api",), id="one way"
        ),
    ],
)
async def test_ways_to_sign_in_that_a_requirement_allows(
    tmp_path: Path, answer: dict[str, object], allowed: tuple[str, ...]
) -> None:
    program = _speaks(
        tmp_path,
        _GREET,
        "wanted = json.loads(input())['id']",
        f"print(json.dumps({{'id': wanted}} | {answer!r}), flush=True)",
    )
    async with app_server(program, home=tmp_path, env={}) as server:
        assert await server.allowed_login_methods() == allowed


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        pytest.param(["sys.exit(1)"], "codex_silent", "ended", id="it ends at once"),
        pytest.param([_GREET, "sys.exit(1)"], "codex_silent", "ended", id="it ends when asked"),
        pytest.param([_GREET, "input(); print('oops')"], "codex_silent", "no JSON-RPC", id="words"),
        pytest.param(
            [_GREET, "input(); print('x' * 9_000_000)"], "codex_silent", "without end",
            id="a line without end",
        ),
        pytest.param(
            [_GREET, "n = json.loads(input())['id']",
             "print(json.dumps({'id': n, 'error': {'code': -1, 'message': 'no such thing'}}))"],
            "codex_refused", "no such thing", id="it refuses",
        ),
        pytest.param(
            [_GREET, "n = json.loads(input())['id']",
             "print(json.dumps({'id': n, 'error': 'rubbish'}))"],
            "codex_refused", "no reason", id="it refuses without a reason",
        ),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_a_sentence(
    tmp_path: Path, lines: list[str], code: str, says: str
) -> None:
    with pytest.raises(CoreError, match=says) as caught:
        await _ask(_speaks(tmp_path, *lines), tmp_path)
    assert caught.value.code == code


async def test_silence_ends_after_its_time_and_the_program_and_its_children_with_it(
    tmp_path: Path,
) -> None:
    program = _speaks(
        tmp_path,
        "child = os.fork()",
        "if child: open(sys.argv[0] + '.pids', 'w').write(f'{os.getpid()} {child}')",
        "while True: time.sleep(60)",
    )
    with pytest.raises(CoreError, match="did not answer initialize"):
        await _ask(program, tmp_path, answer_s=0.5)
    for pid in (tmp_path / "codex.pids").read_text().split():
        await asyncio.to_thread(wait_until_gone, int(pid))


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoreError, match=r"codex could not be started") as caught:
        await _ask(tmp_path / "codex", tmp_path)
    assert caught.value.code == "codex_not_started"


async def test_codex_gets_the_home_and_none_of_what_would_bypass_its_login(tmp_path: Path) -> None:
    program = _speaks(
        tmp_path, _GREET, "n = json.loads(input())['id']",
        "print(json.dumps({'id': n, 'result': dict(os.environ)}), flush=True)",
    )  # fmt: skip
    env = {
        "PATH": "/usr/bin:/bin",
        "CODEX_HOME": "/elsewhere",
        "CODEX_API_KEY": "sk-fake",
        "CODEX_ACCESS_TOKEN": "fake",
        "TURNTABLE_PASSPHRASE": "fake",
        "TURNTABLE_PASSPHRASE_FILE": "/fake",
    }
    async with app_server(program, home=tmp_path, env=env) as server:
        seen = await server.request("environment", {})
    assert seen["CODEX_HOME"] == str(tmp_path)
    assert {*env} & {*seen} == {"PATH", "CODEX_HOME"}


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
async def test_real_codex_says_which_address_is_in_force(codex: Codex) -> None:
    own = await way_in_force(codex.binary, home=codex.home, env=codex.env)
    assert own == Way(provider="openai", address=None, provider_from="", address_from="")
    address = "http://127.0.0.1:8791/c/fake-secret/backend-api/codex"
    codex.config.write_text(f'openai_base_url = "{address}"\n')
    way = await way_in_force(codex.binary, home=codex.home, env=codex.env)
    assert (way.provider, way.address) == ("openai", address)
    assert way.address_from == str(codex.config)


@pytest.mark.codex
async def test_real_codex_says_who_chose_another_provider(codex: Codex) -> None:
    codex.config.write_text(
        'model_provider = "router"\nopenai_base_url = "http://127.0.0.1:1/x"\n'
        '[model_providers.router]\nname = "R"\nbase_url = "http://127.0.0.1:2/v1"\n'
    )
    way = await way_in_force(codex.binary, home=codex.home, env=codex.env)
    assert (way.provider, way.address) == ("router", "http://127.0.0.1:2/v1")
    assert way.provider_from == str(codex.config)


@pytest.mark.codex
async def test_real_codex_with_an_invalid_config_says_why(codex: Codex) -> None:
    codex.config.write_text("openai_base_url = \n")
    with pytest.raises(CoreError) as caught:
        await way_in_force(codex.binary, home=codex.home, env=codex.env)
    assert caught.value.code in {"codex_refused", "codex_silent"}


@pytest.mark.codex
async def test_real_codex_says_who_is_signed_in_and_what_its_settings_are(
    codex: Codex, back_end: StandIn
) -> None:
    _, env = _at_home(codex, back_end)
    async with app_server(codex.binary, home=codex.home, env=env) as server:
        account = await server.account_read()
        settings = await server.config_read()
        allowed = await server.allowed_login_methods()
    assert allowed == (), "no managed requirement on this machine"
    assert account == CodexAccount(kind="chatgpt", email="a@example.com", plan="plus")
    assert settings["cli_auth_credentials_store"] == "file"
