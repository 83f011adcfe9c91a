"""Codex renews its own login when we ask, and is never stopped midway."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.codex_home.app_server import way_in_force
from core.codex_home.refreshing import renew_login
from core.domain.errors import CoreError
from core.runtime.clock import SystemClock
from core.standin.issuer import Family
from core.standin.people import LONG_AGO, make_login
from core.standin.script import Delay, Endpoint, Gate
from core.standin.server import StandIn
from tests.fakes.codex import Codex

LINGER_S = 0.5


def _speaks(folder: Path, *lines: str) -> Path:
    """A program that says these things to whoever talks to it."""
    path = folder / "codex"
    path.write_text("\n".join([f"#!{sys.executable}", "import json, os, sys, time", *lines]))
    path.chmod(0o755)
    return path


_ANSWER = "n = json.loads(input())['id']; print(json.dumps({'id': n, 'result': {}}), flush=True)"
_ENV = {"PATH": "/usr/bin:/bin"}


def _until_there(path: Path) -> None:
    deadline = time.monotonic() + 8
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_the_answer_is_ours_at_once_and_its_input_ends_a_while_later(
    tmp_path: Path,
) -> None:
    over = tmp_path / "over"
    program = _speaks(
        tmp_path, _ANSWER, "input()", _ANSWER, "began = time.monotonic()",
        "rest = sys.stdin.read()",
        f"open('{over}.new', 'w').write(f'{{time.monotonic() - began}} {{rest!r}}')",
        f"os.rename('{over}.new', '{over}')",
    )  # fmt: skip
    began = time.monotonic()
    await renew_login(program, home=tmp_path, env=_ENV, linger_s=1.0)
    assert time.monotonic() - began < 1.0
    await asyncio.to_thread(_until_there, over)
    lingered, rest = over.read_text().split()
    assert float(lingered) > 0.9
    assert rest == "''"


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
    program = _speaks(tmp_path, *lines)
    with pytest.raises(CoreError, match=says) as caught:
        await renew_login(program, home=tmp_path, env=_ENV, linger_s=0)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "home",
    [
        pytest.param("", id="no program"),
        pytest.param("gone", id="no home"),
    ],
)
async def test_what_cannot_be_started_is_named(tmp_path: Path, home: str) -> None:
    if home:
        _speaks(tmp_path)
    with pytest.raises(CoreError, match="could not be started") as caught:
        await renew_login(tmp_path / "codex", home=tmp_path / home, env=_ENV)
    assert caught.value.code == "codex_not_started"


async def test_one_that_does_not_answer_is_let_go_and_not_killed(tmp_path: Path) -> None:
    survived = tmp_path / "survived"
    program = _speaks(
        tmp_path, "sys.stdin.read()", f"open('{survived}.new', 'w').write('whole')",
        f"os.rename('{survived}.new', '{survived}')",
    )  # fmt: skip
    with pytest.raises(CoreError, match="did not answer within"):
        await renew_login(program, home=tmp_path, env=_ENV, timeout_s=0.2, linger_s=0.1)
    await asyncio.to_thread(_until_there, survived)


# The real one


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    async with StandIn(now=SystemClock().now) as back_end:
        yield back_end


def _at_home(codex: Codex, back_end: StandIn, *, run_out: bool = False) -> dict[str, str]:
    """The real Codex with a login whose access token is refused, or has run out."""
    login = make_login("A", expires_at=LONG_AGO) if run_out else make_login("A")
    back_end.add(login)
    codex.log_in(login.auth_json)
    codex.meet(("127.0.0.1", back_end.port))
    if not run_out:
        back_end.issuer.expire_access("A")
    token_url = f"{back_end.auth_url}/oauth/token"
    return codex.env | {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": token_url}


def _family(back_end: StandIn) -> Family:
    (family,) = back_end.issuer.families
    return family


def _held(codex: Codex) -> str:
    held: str = json.loads(codex.auth.read_text())["tokens"]["refresh_token"]
    return held


def _until_held(codex: Codex, back_end: StandIn) -> None:
    """Wait until Codex has written down what the issuer gave it."""
    deadline = time.monotonic() + 10
    while _held(codex) != _family(back_end).login.refresh_token:
        assert time.monotonic() < deadline, "the newest refresh token is written nowhere"
        time.sleep(0.01)


BOTH = pytest.mark.parametrize(
    "run_out", [pytest.param(False, id="refused"), pytest.param(True, id="run out")]
)


@pytest.mark.codex
@BOTH
async def test_real_codex_renews_once_what_is_of_no_use(
    codex: Codex, back_end: StandIn, run_out: bool
) -> None:
    env = _at_home(codex, back_end, run_out=run_out)
    await renew_login(codex.binary, home=codex.home, env=env, linger_s=LINGER_S)
    family = _family(back_end)
    assert (family.renewals, family.reuses) == (1, 0)
    assert _held(codex) == family.login.refresh_token


@pytest.mark.codex
async def test_real_codex_leaves_alone_what_is_good(codex: Codex, back_end: StandIn) -> None:
    login = make_login("A")
    back_end.add(login)
    codex.log_in(login.auth_json)
    codex.meet(("127.0.0.1", back_end.port))
    await renew_login(codex.binary, home=codex.home, env=codex.env, linger_s=LINGER_S)
    assert _family(back_end).renewals == 0
    assert _held(codex) == login.refresh_token


_ASKER = """
import asyncio, json, sys
from pathlib import Path
from core.codex_home.refreshing import renew_login
program, home, env = sys.argv[1:]
asyncio.run(renew_login(Path(program), home=Path(home), env=json.loads(env), linger_s=5))
"""


@pytest.mark.codex
@BOTH
async def test_real_codex_finishes_a_refresh_although_we_are_killed_meanwhile(
    codex: Codex, back_end: StandIn, run_out: bool
) -> None:
    env = _at_home(codex, back_end, run_out=run_out)
    gate = Gate()
    back_end.next("A", gate, on=Endpoint.REFRESH)
    asker = subprocess.Popen(
        [sys.executable, "-c", _ASKER, codex.binary, codex.home, json.dumps(env)]
    )
    await gate.reached(timeout_s=20)
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    await asyncio.sleep(0.3)  # the time in which a Codex whose input has ended would end
    gate.release()
    await asyncio.to_thread(_until_held, codex, back_end)
    assert _family(back_end).reuses == 0


@pytest.mark.codex
async def test_real_codex_finishes_a_refresh_that_nobody_waits_for_any_more(
    codex: Codex, back_end: StandIn
) -> None:
    env = _at_home(codex, back_end)
    gate = Gate()
    back_end.next("A", gate, on=Endpoint.REFRESH)
    renewing = asyncio.ensure_future(
        renew_login(codex.binary, home=codex.home, env=env, linger_s=LINGER_S)
    )
    await gate.reached(timeout_s=20)
    renewing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await renewing
    gate.release()
    await asyncio.to_thread(_until_held, codex, back_end)


@pytest.mark.codex
async def test_real_codex_offline_says_so_and_keeps_its_login(codex: Codex) -> None:
    codex.log_in(make_login("A").auth_json)
    before = codex.auth.read_text()
    with pytest.raises(CoreError) as caught:
        await renew_login(codex.binary, home=codex.home, env=codex.env, linger_s=LINGER_S)
    assert caught.value.code == "codex_refused"
    assert codex.auth.read_text() == before


@pytest.mark.codex
@BOTH
async def test_asking_real_codex_for_an_address_spends_nothing_of_its_login(
    codex: Codex, back_end: StandIn, run_out: bool
) -> None:
    env = _at_home(codex, back_end, run_out=run_out)
    back_end.always("A", Delay(head_s=0.2), on=Endpoint.REFRESH)
    before = codex.auth.read_text()
    for _ in range(3):
        await way_in_force(codex.binary, home=codex.home, env=env)
    await asyncio.sleep(timedelta(seconds=0.4).total_seconds())
    assert [one.path for one in back_end.requests if "oauth" in one.path] == []
    assert codex.auth.read_text() == before
