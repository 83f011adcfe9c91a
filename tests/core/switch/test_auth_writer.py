"""auth.json is replaced under Codex's own locks, whole or not at all."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.switch.auth_writer import content_of, replace_login


@contextmanager
def held(path: Path) -> Iterator[None]:
    """As Codex holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("lock", ["auth.lock", "auth.json.lock"])
def test_a_codex_that_keeps_its_lock_is_waited_for_and_then_named(
    tmp_path: Path, lock: str
) -> None:
    with held(tmp_path / lock), pytest.raises(CoreError) as raised:
        replace_login(tmp_path, expected=None, content=b"{}", patience_s=0.05)
    assert raised.value.code == "login_busy"
    assert content_of(tmp_path) is None


def test_a_lock_that_is_let_go_in_time_is_no_trouble(tmp_path: Path) -> None:
    file = (tmp_path / "auth.lock").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    threading.Timer(0.1, file.close).start()
    assert replace_login(tmp_path, expected=None, content=b"{}")


def test_what_codex_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_bytes(b"newer")
    assert not replace_login(tmp_path, expected=b"older", content=b"ours")
    assert not replace_login(tmp_path, expected=None, content=b"ours")
    assert content_of(tmp_path) == b"newer"


def test_a_link_stays_a_link_and_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "auth.json"
    real.parent.mkdir()
    real.write_bytes(b"old")
    real.chmod(0o644)
    (tmp_path / "auth.json").symlink_to(real)
    assert replace_login(tmp_path, expected=b"old", content=b"new")
    assert (tmp_path / "auth.json").is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o600)


@pytest.mark.parametrize("at", ["create", "write", "rename"])
def test_a_crash_at_any_step_leaves_the_old_file(tmp_path: Path, at: str) -> None:
    (tmp_path / "auth.json").write_bytes(b"old")

    def step(name: str) -> None:
        if name == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_login(tmp_path, expected=b"old", content=b"new", step=step)
    assert content_of(tmp_path) == b"old"
    assert not list(tmp_path.glob(".auth-*"))
    assert replace_login(tmp_path, expected=b"old", content=b"new"), "no lock is left held"


def test_none_takes_the_file_away(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_bytes(b"old")
    assert replace_login(tmp_path, expected=b"old", content=None)
    assert content_of(tmp_path) is None


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "auth.json").mkdir()
    with pytest.raises(CoreError) as raised:
        content_of(tmp_path)
    assert raised.value.code == "login_unreadable"
    (tmp_path / "auth.json").rmdir()
    os.mkfifo(tmp_path / "auth.json")
    with pytest.raises(CoreError):
        content_of(tmp_path)
