"""Codex is found where it lives, and asked for its version without waiting for ever."""

import asyncio
from pathlib import Path

import pytest

from core.codex_home.find import (
    CredentialStore,
    codex_homes,
    credential_store,
    credential_store_of,
    find_program,
    home_in_force,
    version_of,
)
from tests.core.codex_home.ended import wait_until_gone
from tests.fakes.codex import Codex


def _program(folder: Path, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "codex"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("env", "home"),
    [
        pytest.param({}, "/home/ada/.codex", id="the default"),
        pytest.param({"CODEX_HOME": "/srv/codex"}, "/srv/codex", id="the one that is named"),
        pytest.param({"CODEX_HOME": ""}, "/home/ada/.codex", id="an empty name is none"),
    ],
)
def test_the_home_in_force_is_the_one_codex_uses(env: dict[str, str], home: str) -> None:
    assert home_in_force(env, Path("/home/ada")) == Path(home)


def test_homes_that_exist_are_listed_once_the_one_in_force_first(tmp_path: Path) -> None:
    default, other = tmp_path / ".codex", tmp_path / "other"
    assert codex_homes({}, tmp_path) == ()
    default.mkdir()
    other.mkdir()
    assert codex_homes({}, tmp_path) == (default,)
    assert codex_homes({"CODEX_HOME": str(other)}, tmp_path) == (other, default)
    assert codex_homes({"CODEX_HOME": str(default)}, tmp_path) == (default,)


def test_the_program_is_the_first_on_the_path(tmp_path: Path) -> None:
    first = _program(tmp_path / "a", "")
    _program(tmp_path / "b", "")
    assert find_program({"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"}) == first
    assert find_program({"PATH": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("script", "version"),
    [
        pytest.param("echo codex-cli 0.169.0", "0.169.0", id="a release"),
        pytest.param("echo codex-cli 0.170.0-alpha.3", "0.170.0-alpha.3", id="before a release"),
        pytest.param("echo hello", None, id="another program of that name"),
        pytest.param("exit 3", None, id="a broken one"),
    ],
)
async def test_the_version_is_what_the_program_says(
    tmp_path: Path, script: str, version: str | None
) -> None:
    program = _program(tmp_path / "bin", script)
    assert await version_of(program, home=tmp_path, env={"PATH": "/usr/bin:/bin"}) == version


async def test_a_program_that_hangs_is_given_up_and_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = _program(tmp_path / "bin", f'trap "" TERM; echo $$ > {pid}; sleep 60')
    env = {"PATH": "/usr/bin:/bin"}
    assert await version_of(program, home=tmp_path, env=env, timeout_s=0.2) is None
    await asyncio.to_thread(wait_until_gone, int(pid.read_text()))


async def test_a_program_that_does_not_start_has_no_version(tmp_path: Path) -> None:
    missing = tmp_path / "codex"
    assert await version_of(missing, home=tmp_path, env={}) is None


@pytest.mark.codex
async def test_the_real_program_says_its_version(codex: Codex) -> None:
    assert await version_of(codex.binary, home=codex.home, env=codex.env) == "0.169.0"


@pytest.mark.parametrize(
    ("text", "store"),
    [
        pytest.param("", CredentialStore.FILE, id="nothing said"),
        pytest.param(
            'cli_auth_credentials_store = "keyring"', CredentialStore.KEYRING, id="keyring"
        ),
        pytest.param('cli_auth_credentials_store = "auto"', CredentialStore.AUTO, id="auto"),
        pytest.param(
            'cli_auth_credentials_store = "ephemeral"', CredentialStore.EPHEMERAL, id="ephemeral"
        ),
        pytest.param("cli_auth_credentials_store = 3", CredentialStore.FILE, id="a wrong type"),
        pytest.param("= no TOML", CredentialStore.FILE, id="no TOML"),
    ],
)  # fmt: skip
def test_the_store_is_what_config_toml_says(text: str, store: CredentialStore) -> None:
    assert credential_store(text) is store


def test_a_home_without_settings_keeps_its_login_in_the_file(tmp_path: Path) -> None:
    assert credential_store_of(tmp_path) is CredentialStore.FILE
    (tmp_path / "config.toml").write_text('cli_auth_credentials_store = "keyring"\n')
    assert credential_store_of(tmp_path) is CredentialStore.KEYRING
    (tmp_path / "config.toml").write_bytes(b"\xff")
    assert credential_store_of(tmp_path) is CredentialStore.FILE
