"""What is looked at before a login is changed: the system's processes, the tokens' age."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from core.codex_home.auth_json import read_login
from core.standin.people import make_login, with_expiry
from core.switch.document import issued_at
from core.switch.preflight import check_running, check_tokens, config_in_file, running_codex
from core.switch.receipt import Result


def process(proc: Path, pid: int, program: str, environment: bytes) -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "exe").symlink_to(f"/opt/{program}")
    (folder / "environ").write_bytes(environment)


def test_only_the_codex_of_this_home_is_found(tmp_path: Path) -> None:
    proc, home, other = tmp_path / "proc", tmp_path / "home" / ".codex", tmp_path / "other"
    home.mkdir(parents=True)
    (proc / "self").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(home)
    process(proc, 10, "codex", b"CODEX_HOME=" + os.fsencode(home) + b"\0A=1\0")
    process(proc, 11, "codex", b"HOME=" + os.fsencode(tmp_path / "home") + b"\0")
    process(proc, 12, "codex-app-server", b"CODEX_HOME=" + os.fsencode(link))
    process(proc, 13, "codex", b"CODEX_HOME=" + os.fsencode(other))
    process(proc, 14, "bash", b"CODEX_HOME=" + os.fsencode(home))
    assert sorted(running_codex(home, proc=proc) or ()) == [10, 11, 12]
    assert running_codex(home, proc=tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("pids", "result"),
    [
        pytest.param((), Result.DONE, id="none runs"),
        pytest.param((7,), Result.FAILED, id="one runs"),
        pytest.param(None, Result.SKIPPED, id="nobody tells"),
    ],
)
def test_a_running_codex_stops_a_switch(pids: tuple[int, ...] | None, result: Result) -> None:
    assert check_running(pids).result is result


def test_an_id_token_that_has_run_out_is_said_and_stops_nothing() -> None:
    login = make_login("A")
    known = read_login(json.dumps(login.auth_json)).credentials
    assert check_tokens(known, login.issued_at).result is Result.DONE
    gone = read_login(
        json.dumps(with_expiry(login, login.issued_at + timedelta(hours=1)).auth_json)
    ).credentials
    late = check_tokens(gone, login.issued_at + timedelta(days=30))
    assert late.result is Result.SKIPPED
    assert "desktop app" in late.because


def test_a_config_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert config_in_file(tmp_path) == {}
    (tmp_path / "config.toml").write_text("= broken")
    assert config_in_file(tmp_path) == {}
    (tmp_path / "config.toml").write_text('forced_login_method = "api"')
    assert config_in_file(tmp_path) == {"forced_login_method": "api"}


@pytest.mark.parametrize("token", ["", "a.b.c", "a.e30.c", "no token"])
def test_a_token_that_does_not_say_when_it_was_issued(token: str) -> None:
    assert issued_at(token) is None
