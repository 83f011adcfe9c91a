"""`turntable codex`: Codex's own arguments, streams, signals and end; a made-up one tells."""

import asyncio
import itertools
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.cli.codex_run import run_codex
from core.domain.errors import CoreError
from tests.core.control.apps import free_port
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(60)

CODEX = """\
#!{python}
import json, os, signal, sys
words = sys.argv[1:]
if "app-server" in words:
    address = next((w.partition("=")[2] for w in words if w.startswith("openai_base_url=")), '""')
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            providers = {{"defaultProviderId": "openai", "data": [
                {{"id": "openai", "baseUrl": os.environ.get("FORCED") or json.loads(address)}}]}}
            answer = providers if asked["method"] == "modelProvider/list" else {{}}
            print(json.dumps({{"id": asked["id"], "result": answer}}), flush=True)
    sys.exit()
if "waits" in words:
    def hear(n, _):
        os.write(1, b"heard %d\\n" % n)
        sys.exit(40 + n)
    for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
        signal.signal(getattr(signal, name), hear)
    os.write(1, b"ready\\n")
    signal.pause()
if "dies" in words:
    os.kill(os.getpid(), int(words[-1]))
print(json.dumps({{"words": words, "env": dict(os.environ), "said": sys.stdin.read()}}))
sys.exit(7)
"""


@pytest.fixture
async def turntable(tmp_path: Path) -> AsyncIterator[Turntable]:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "codex").write_text(CODEX.format(python=sys.executable))
    (programs / "codex").chmod(0o755)
    (tmp_path / "codex").mkdir()
    turntable = Turntable(
        tmp_path / "t",
        {
            "CODEX_HOME": str(tmp_path / "codex"),
            "TURNTABLE_PROXY_PORT": str(free_port()),
            "PATH": f"{programs}:{os.environ['PATH']}",
        },
    )
    yield turntable
    await turntable.run("stop")


def start(turntable: Turntable, *words: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "core", "codex", *words],
        env=turntable.env | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def overrides(words: list[str]) -> dict[str, str]:
    given = [b for a, b in itertools.pairwise(words) if a == "-c"]
    return dict(override.split("=", 1) for override in given)


async def test_codex_gets_its_words_its_input_and_an_address_and_its_end_is_ours(
    turntable: Turntable, tmp_path: Path
) -> None:
    async with turntable.serve() as serving:
        process = start(turntable, "--", "exec", "--json", "say hi", "--")
        stdout, stderr = await asyncio.to_thread(process.communicate, b"typed")
        address = json.loads(overrides(json.loads(stdout)["words"])["openai_base_url"])
        async with httpx.AsyncClient() as stranger:
            after = await stranger.get(f"{address}/models")
    assert after.status_code == 400
    assert "does not know this address" in after.json()["error"]["message"]
    assert (process.returncode, stderr) == (7, b"")
    heard = json.loads(stdout)
    assert heard["said"] == "typed"
    assert heard["words"][-4:] == ["exec", "--json", "say hi", "--"]
    assert address.startswith(f"http://127.0.0.1:{serving.port}/c/")
    assert not (tmp_path / "codex" / "config.toml").exists(), "no file is touched"
    assert list((turntable.home / "run").glob("codex-*")) == []


async def test_a_server_is_started_where_none_runs_and_the_passphrase_stays_ours(
    turntable: Turntable,
) -> None:
    ran = await turntable.run(
        "codex", "--", "hi", TURNTABLE_PASSPHRASE="correct horse", CODEX_HOME="codex-here"
    )
    assert ran.exit_code == 7, ran.stderr
    assert "correct horse" not in ran.stdout
    status = await turntable.done("status")
    assert (status["running"], status["mode"]) == (True, "serve")
    environ = Path(f"/proc/{status['pid']}/environ").read_bytes()
    assert b"correct horse" not in environ, "nor can Codex read it in the server's environment"
    command_line = Path(f"/proc/{status['pid']}/cmdline").read_bytes()
    assert b"serve\0--idle-exit\0" in command_line


async def test_a_server_that_does_not_start_says_why(turntable: Turntable) -> None:
    ran = await turntable.run("codex", "--", "hi", TURNTABLE_PROXY_PORT="many")
    assert ran.exit_code != 0
    assert "proxy.port" in ran.stderr
    assert ran.stdout == ""


async def test_an_egress_proxy_is_not_asked_for_loopback(turntable: Turntable) -> None:
    ran = await turntable.run(
        "codex", "--", "hi", HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="intern.example"
    )
    heard = json.loads(ran.stdout)["env"]
    assert heard["NO_PROXY"] == heard["no_proxy"] == "intern.example,127.0.0.1,localhost"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
async def test_a_signal_reaches_codex_and_what_it_makes_of_it_counts(
    turntable: Turntable, name: str
) -> None:
    number = getattr(signal, name)
    async with turntable.serve():
        process = start(turntable, "--", "waits")
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"ready\n"
        process.send_signal(number)
        stdout, _ = await asyncio.to_thread(process.communicate)
    assert stdout == f"heard {number}\n".encode()
    assert process.returncode == 40 + number


async def test_ctrl_c_in_a_terminal_is_heard_once(turntable: Turntable) -> None:
    async with turntable.serve():
        pid, terminal = pty.fork()
        if pid == 0:
            command = [sys.executable, "-m", "core", "codex", "--", "waits"]
            os.execve(sys.executable, command, turntable.env)
        seen = await asyncio.to_thread(read_until, terminal, b"ready\r\n")
        os.write(terminal, b"\x03")
        seen += await asyncio.to_thread(read_until, terminal, b"\r\n")
        _, status = await asyncio.to_thread(os.waitpid, pid, 0)
        os.close(terminal)
    assert seen.count(b"heard") == 1
    assert os.waitstatus_to_exitcode(status) == 40 + signal.SIGINT


def read_until(terminal: int, end: bytes) -> bytes:
    seen = b""
    while not seen.endswith(end):
        seen += os.read(terminal, 1024)
    return seen


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, -signal.SIGTERM, id="the same signal ends us"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="also where it cannot be heard"),
        pytest.param(signal.SIGSEGV, 128 + signal.SIGSEGV, id="without a core file of ours"),
    ],
)
async def test_a_codex_that_is_killed_ends_us_alike(
    turntable: Turntable, number: signal.Signals, code: int
) -> None:
    async with turntable.serve():
        process = start(turntable, "--", "dies", str(int(number)))
        await asyncio.to_thread(process.communicate)
    assert process.returncode == code
    assert list((turntable.home / "run").glob("codex-*")) == []


async def test_direct_goes_past_us_once_and_starts_nothing(
    turntable: Turntable, tmp_path: Path
) -> None:
    secrets = {"TURNTABLE_PASSPHRASE": "secret", "TURNTABLE_NEW_PASSPHRASE": "secret"}
    ran = await turntable.run("codex", "--direct", "--", "hi", **secrets)
    assert json.loads(ran.stdout)["words"] == ["hi"], "nothing is bound: nothing has to be said"
    assert "secret" not in ran.stdout
    assert not (await turntable.done("status"))["running"]
    async with turntable.serve():
        await turntable.run("bind", PATH="/usr/bin:/bin")
        ran = await turntable.run("codex", "--direct", "--", "hi")
    assert overrides(json.loads(ran.stdout)["words"]) == {"openai_base_url": '""'}


@pytest.mark.parametrize(
    ("words", "env", "code", "told"),
    [
        pytest.param(("--", "hi"), {"PATH": "/nowhere"}, 1, "No Codex", id="no Codex is installed"),
        pytest.param(("exec",), {}, 2, "exec", id="Codex's words without --"),
        pytest.param(("--direct", "--account", "A"), {}, 2, "Leave one", id="both at once"),
        pytest.param(("--account", "Nobody", "--"), {}, 2, "no account", id="an unknown account"),
    ],
)
async def test_what_does_not_fit_is_said_and_codex_is_not_started(
    turntable: Turntable, words: tuple[str, ...], env: dict[str, str], code: int, told: str
) -> None:
    async with turntable.serve():
        ran = await turntable.run("codex", *words, **env)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert told in ran.stderr


def test_without_a_codex_nothing_is_started(tmp_path: Path) -> None:
    environment = {"TURNTABLE_HOME": str(tmp_path / "t"), "PATH": "/nowhere"}
    with pytest.raises(CoreError) as raised:
        run_codex(environment, None, account=None, direct=False, words=())
    assert raised.value.code == "codex_missing"
    assert not (tmp_path / "t").exists()
