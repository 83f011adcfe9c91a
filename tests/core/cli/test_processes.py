"""The command line as a process: pipes, signals, full disks, two at once, what it imports."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.control.endpoint import Endpoint
from core.runtime.paths import Home
from tests.core.control.apps import free_port
from tests.core.control.engines import ScriptedFacade
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def turntable(tmp_path: Path) -> Turntable:
    codex = tmp_path / "codex"
    codex.mkdir()
    port = str(free_port())
    return Turntable(tmp_path / "t", {"CODEX_HOME": str(codex), "TURNTABLE_PROXY_PORT": port})


def start(turntable: Turntable, *words: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "core", *words],
        env=turntable.env | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def modules(turntable: Turntable, *words: str) -> set[str]:
    """The modules that a call imports."""
    code = (
        "import sys; from core.cli.main import main; main(); print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *words], env=turntable.env, capture_output=True, check=True
    )
    return set(ran.stderr.decode().split())


# --- output ----------------------------------------------------------------------------------


def test_a_reader_that_has_seen_enough_is_no_error(turntable: Turntable) -> None:
    process = start(turntable, "config", "explain")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.wait() == 0
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["frob", "--json"]])
def test_an_answer_that_cannot_be_written_is_told(turntable: Turntable, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "core", *words],
            env=turntable.env,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert ran.returncode == 1
    assert ran.stderr == b"error: The answer could not be written (No space left on device).\n"


async def test_a_terminal_of_few_letters_gets_question_marks(turntable: Turntable) -> None:
    ran = await turntable.run("use", "…", PYTHONIOENCODING="ascii")

    assert ran.exit_code == 2
    assert "Traceback" not in ran.stderr


async def test_json_is_utf8_wherever_it_goes(turntable: Turntable) -> None:
    ran = await turntable.run("use", "ä", "--json", PYTHONIOENCODING="latin-1")

    assert "ä" in ran.json["error"]["message"] or ran.json["error"]["code"]
    assert ran.stdout.encode().decode("utf-8") == ran.stdout


async def test_a_home_of_any_bytes_is_shown_and_used(turntable: Turntable, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe4")

    async with turntable.serve(TURNTABLE_HOME=odd):
        ran = await turntable.run("status", TURNTABLE_HOME=odd, CODEX_HOME=odd)

    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "running as serve" in ran.stdout


# --- how fast --------------------------------------------------------------------------------


def test_a_look_without_an_owner_imports_no_library_it_does_not_need(turntable: Turntable) -> None:
    heavy = {"httpx", "tomlkit", "keyring", "httptools", "certifi", "PySide6", "qasync"}

    for words in (["status"], ["accounts"], ["log"], ["version"], ["config", "explain"]):
        assert modules(turntable, *words) & heavy == set(), words


async def test_a_look_beside_an_owner_imports_nothing_of_the_engine(turntable: Turntable) -> None:
    engine = {"core.app", "core.reports", "core.storage.store", "core.domain.report"}

    async with turntable.serve():
        imported = await asyncio.to_thread(modules, turntable, "status")

    assert imported & engine == set()


def test_decisions_and_snapshots_are_imported_while_a_passphrase_is_stretched() -> None:
    code = "import core.cli.main, core.cli.serving, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    later = {"core.serving", "core.reports", "core.snapshot", "core.routing", "core.proxy"}
    assert set(ran.stdout.decode().split()) & later == set()


# --- two at once, and none too many ----------------------------------------------------------


async def test_two_that_write_at_once_both_succeed(turntable: Turntable) -> None:
    first, second = await asyncio.gather(turntable.run("auto"), turntable.run("auto"))

    assert [first.exit_code, second.exit_code] == [0, 0], first.stderr + second.stderr


async def test_what_a_dead_owner_left_behind_is_in_nobodys_way(turntable: Turntable) -> None:
    async with turntable.serve() as serving:
        serving.kill()
        await serving.ended(5)
    assert (turntable.home / "run" / "control.sock").exists()

    assert (await turntable.done("status"))["running"] is False
    assert (await turntable.run("stop")).exit_code == 5
    async with turntable.serve():
        assert (await turntable.done("status"))["running"] is True


async def test_a_data_folder_too_deep_for_a_socket_serves_all_the_same(
    turntable: Turntable, tmp_path: Path
) -> None:
    deep = str(tmp_path / ("d" * 100) / "t")

    async with turntable.serve(TURNTABLE_HOME=deep) as serving:
        assert (await turntable.done("status", TURNTABLE_HOME=deep))["running"] is True
        assert (await turntable.run("stop", TURNTABLE_HOME=deep)).exit_code == 0
        assert await serving.ended(4) == 0


async def test_a_stop_ends_the_server_with_0(turntable: Turntable) -> None:
    async with turntable.serve() as serving:
        ran = await turntable.run("stop")
        assert await serving.ended(4) == 0

    assert ran.exit_code == 0
    assert "Turntable stops" in ran.stdout


async def test_a_server_that_nobody_calls_ends_by_itself(turntable: Turntable) -> None:
    ran = await turntable.run("serve", "--idle-exit", "1s")

    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Turntable listens on http://127.0.0.1:")


async def test_a_newer_database_is_left_alone_by_every_verb(turntable: Turntable) -> None:
    await turntable.done("auto")
    vault = turntable.home / "vault.db"
    with sqlite3.connect(vault) as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    before = vault.read_bytes()

    for words in (["status"], ["auto"], ["serve"]):
        ran = await turntable.run(*words)
        assert ran.exit_code == 1, words
        assert "written by a newer Turntable" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert vault.read_bytes() == before


# --- signals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_each_way_to_ask_a_server_to_end(turntable: Turntable, number: int) -> None:
    async with turntable.serve() as serving:
        serving.process.send_signal(number)
        assert await serving.ended(4) == 0
        assert serving.process.stderr is not None
        assert await serving.process.stderr.read() == b""


async def test_a_server_under_nohup_outlives_its_terminal(turntable: Turntable) -> None:
    async with turntable.serve(wrapper=("nohup",)) as serving:
        serving.process.send_signal(signal.SIGHUP)
        assert (await turntable.done("status"))["running"] is True
        serving.terminate()
        assert await serving.ended(4) == 0


async def test_a_start_that_still_waits_for_another_owner_ends_at_once(
    turntable: Turntable,
) -> None:
    async with turntable.serve():
        second = start(turntable, "serve")
        await somebody_waits_for(turntable.home / "run" / "owner.lock")
        second.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(second.communicate, timeout=3)

    assert (second.returncode, out, err) == (0, b"", b"")


@pytest.fixture
async def owner(turntable: Turntable) -> AsyncIterator[tuple[ScriptedFacade, Endpoint]]:
    """An owner in this process, whose every verb but a few never ends."""
    home = Home(root=turntable.home)
    home.create()
    facade = ScriptedFacade()
    endpoint = Endpoint(home.control, facade)
    await endpoint.start()
    yield facade, endpoint
    await endpoint.close()


async def test_an_interrupted_verb_ends_as_shells_expect(
    turntable: Turntable, owner: tuple[ScriptedFacade, Endpoint]
) -> None:
    process = start(turntable, "status")
    await owner[0].called.wait()
    process.send_signal(signal.SIGINT)

    out, err = await asyncio.to_thread(process.communicate, timeout=5)

    assert (process.returncode, out, err) == (130, b"", b"")


async def test_a_verb_whose_owner_ends_meanwhile_ends_with_5(
    turntable: Turntable, owner: tuple[ScriptedFacade, Endpoint]
) -> None:
    facade, endpoint = owner
    process = start(turntable, "status")
    await facade.called.wait()
    await endpoint.close()

    out, err = await asyncio.to_thread(process.communicate, timeout=5)

    assert (process.returncode, out) == (5, b"")
    assert err.startswith(b"error: Turntable ended before it answered.\n")


async def test_following_ends_with_the_owner(
    turntable: Turntable, owner: tuple[ScriptedFacade, Endpoint]
) -> None:
    facade, endpoint = owner
    process = start(turntable, "log", "-f")
    await facade.called.wait()
    await endpoint.close()

    out, err = await asyncio.to_thread(process.communicate, timeout=5)

    assert (process.returncode, out, err) == (0, b"", b"")


async def somebody_waits_for(lock: Path) -> None:
    """Return once a process waits in the kernel for `lock` (proc(5): such a line has an arrow)."""
    end = f":{lock.stat().st_ino} 0 EOF"

    def waited_for() -> bool:
        lines = Path("/proc/locks").read_text("ascii").splitlines()
        return any("->" in line and line.endswith(end) for line in lines)

    async with asyncio.timeout(10):
        while not waited_for():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.02)
