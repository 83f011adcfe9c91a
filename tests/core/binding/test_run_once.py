"""A secret for one run of Codex: it counts while the run's process lives, and no moment longer."""

import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.binding.run_once import Runs, run_lock
from core.domain.account import AccountId
from core.domain.errors import CoreError

A = AccountId("A")
HOLDS_A_LOCK = """
import sys
from pathlib import Path
from core.binding.run_once import run_lock

with run_lock(Path(sys.argv[1])) as run:
    print(run, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def runs(folder: Path) -> Runs:
    return Runs(folder, random_bytes=secrets.token_bytes)


def test_a_run_may_call_until_it_has_ended(runs: Runs, folder: Path) -> None:
    with run_lock(folder) as run:
        known = runs.begin(run, A)
        assert runs.lives(run)
        assert runs.any_lives()
        assert [(s.secret, s.only) for s in runs.secrets] == [(known.secret, A)]
    assert not runs.lives(run)
    assert runs.secrets == ()
    assert list(folder.iterdir()) == []


def test_a_run_that_was_killed_may_not_call(runs: Runs, folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_LOCK, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        runs.begin(run, None)
        assert runs.any_lives()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not runs.lives(run)
    assert not runs.any_lives()
    assert list(folder.iterdir()) == [], "what it left behind is gone too"


def test_what_killed_runs_left_goes_with_the_next_run(runs: Runs, folder: Path) -> None:
    left = folder / f"codex-{'0' * 16}.lock"
    left.touch()
    with run_lock(folder) as run:
        runs.begin(run, None)
        assert not left.exists()
        assert runs.lives(run), "the living one was not touched"


@pytest.mark.parametrize(
    "run",
    [
        pytest.param("0" * 16, id="nobody holds its lock"),
        pytest.param("../../bind", id="it is a path"),
        pytest.param("", id="it has no name"),
    ],
)
def test_who_is_no_run_gets_no_secret(runs: Runs, run: str) -> None:
    with pytest.raises(CoreError) as raised:
        runs.begin(run, None)
    assert raised.value.code == "no_such_run"
    assert runs.secrets == ()


def test_two_runs_have_two_secrets_that_nobody_is_shown(runs: Runs, folder: Path) -> None:
    with run_lock(folder) as one, run_lock(folder) as other:
        first, second = runs.begin(one, None), runs.begin(other, A)
        assert first.secret != second.secret
        assert first.secret.value not in f"{first!r}{runs.secrets!r}"
