"""An engine in a process of its own: it answers, it ends with us, and it says why it cannot."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.cli.engine_process import engine_process
from core.control.child import start_child
from core.domain.errors import CoreError
from core.runtime.paths import Home
from tests.core.control.test_owner import environment

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "codex").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return environment(tmp_path) | kept


def waits_in_vain() -> None:
    """No login is being renewed: the end waits for nothing."""
    pytest.fail("the end waited for a renewal")


async def test_a_child_answers_as_the_tray_s_engine_and_stops_when_it_is_let_go(
    env: dict[str, str],
) -> None:
    child = await start_child(env, passphrase=None)
    status = await child.facade.status()
    assert (status.mode, status.pid) == ("tray", child.pid)
    await child.stop(waits_in_vain)
    assert not await child.broke()
    assert not await child.facade.answers()


async def test_a_child_that_is_killed_broke(env: dict[str, str]) -> None:
    child = await start_child(env, passphrase=None)
    os.kill(child.pid, signal.SIGKILL)
    assert await child.broke()
    await child.stop(waits_in_vain)


async def test_a_child_that_was_asked_to_stop_did_not_break(env: dict[str, str]) -> None:
    child = await start_child(env, passphrase=None)
    await child.facade.perform("stop", {})
    assert not await child.broke()
    await child.stop(waits_in_vain)


async def test_what_keeps_a_child_from_starting_is_said_in_its_own_words(
    env: dict[str, str],
) -> None:
    home = Path(env["TURNTABLE_HOME"])
    home.mkdir(mode=0o700)
    with closing(sqlite3.connect(home / "vault.db")) as newer:
        newer.execute("PRAGMA user_version = 9999")
    with pytest.raises(CoreError, match="newer Turntable") as caught:
        await start_child(env, passphrase=None)
    assert caught.value.code == "data_newer"


def test_a_child_whose_face_is_gone_already_ends_at_once(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    reader, writer = os.pipe()
    os.close(writer)
    try:
        assert engine_process(reader) == 0
    finally:
        os.close(reader)
    control = Home(root=Path(env["TURNTABLE_HOME"])).control
    assert not control.exists()
