"""While something is bound there is a guard, and the next login looks for what it could not do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import core.binding.guard
from core.binding.guarding import Guarding
from core.binding.places import Places
from core.startup.entry import Kind, Standing
from core.startup.linux import Linux
from core.storage.lock import OwnerLock
from tests.core.binding.machine import Machine, kill, soon

pytestmark = pytest.mark.timeout(60)

GUARD = core.binding.guard.__file__


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "turntable" / "run").mkdir(parents=True, mode=0o700)
    machine = Machine(tmp_path)
    try:
        yield machine
    finally:
        machine.close()


def log_in(machine: Machine) -> subprocess.CompletedProcess[str]:
    """What the login entry does."""
    return subprocess.run(
        [sys.executable, "-I", "-S", GUARD, "--login", "--home", str(machine.home)],
        capture_output=True,
        text=True,
        check=True,
    )


def killed_with_its_guard(machine: Machine) -> None:
    owner, _, guard = machine.start()
    os.kill(guard, signal.SIGKILL)
    soon(machine.guard_is_gone)
    kill(owner)


def test_when_the_guard_too_was_killed_the_next_login_gives_codex_back(machine: Machine) -> None:
    before = machine.place.files()
    killed_with_its_guard(machine)
    assert machine.place.files() != before
    said = log_in(machine)
    assert machine.place.files() == before
    assert f"{machine.place.home}: restored" in said.stderr
    assert machine.place.binder().records() != (), "the next start takes the lease up again"
    assert log_in(machine).stderr == "", "and there is nothing left to do"


def test_an_owner_that_was_faster_at_the_login_stays_bound(machine: Machine) -> None:
    killed_with_its_guard(machine)
    bound = machine.place.files()
    with OwnerLock(Places(machine.home).owner_lock, mode="tray") as owner:
        assert owner.try_acquire()
        log_in(machine)
        assert machine.place.files() == bound


def test_a_data_folder_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    assert core.binding.guard.main(["--login", "--home", str(tmp_path / "gone")]) == 0
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("wanted", "standing"),
    [
        pytest.param(True, Standing.READY, id="wanted"),
        pytest.param(False, Standing.ABSENT, id="bind.watch is off"),
    ],
)
def test_the_login_entry_comes_and_goes_with_the_binds(
    tmp_path: Path, wanted: bool, standing: Standing
) -> None:
    root = tmp_path / "turntable"
    (root / "run").mkdir(parents=True, mode=0o700)
    startup = Linux(
        root=root,
        config_home=tmp_path / "config",
        data_home=tmp_path / "share",
        programs=("/a",),
        systemd=False,
    )
    guarding = Guarding(root, startup, wanted=lambda: wanted)
    guarding.start()
    assert startup.look(Kind.GUARD).standing is standing
    guarding.end()
    assert startup.look(Kind.GUARD).standing is Standing.ABSENT
