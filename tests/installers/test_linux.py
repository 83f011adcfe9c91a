"""What the `.deb` does before its files go: each user gets Codex back, wherever the data lies."""

import os
import subprocess
from pathlib import Path

import pytest

from core.startup.entry import Kind
from core.startup.linux import Linux
from installers.linux import PRERM

_PROGRAM = "/usr/lib/turntable/turntable"
_STANDINS = {
    "getent": 'printf "%s\\n" "$USERS"',
    # Whoever is asked for is who we are.
    "runuser": 'echo "as $2" >> "$SAID"; shift 3; exec "$@"',
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def removed(tmp_path: Path, *users: str, act: str = "remove") -> list[str]:
    """What the script has called, for users as passwd(5) has them."""
    said, programs = tmp_path / "said", tmp_path / "bin"
    programs.mkdir()
    said.touch()
    for name, does in _STANDINS.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
    program = programs / "turntable"
    program.write_text(f'#!/bin/sh\necho "$* $HOME $TURNTABLE_HOME" >> {said}\nexit 1\n')
    for path in programs.iterdir():
        path.chmod(0o755)
    script = tmp_path / "prerm"
    script.write_text(PRERM.replace(_PROGRAM, str(program)))
    env = {"PATH": f"{programs}:/usr/bin:/bin", "USERS": "\n".join(users), "SAID": str(said)}
    ran = subprocess.run(["sh", script, act], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout == "", "a package's script says nothing that is well"
    return said.read_text().splitlines()


def user(home: Path, *, uid: int) -> str:
    return f"me:x:{uid}:{uid}:Me,,,:{home}:/bin/sh"


def bound(home: Path, data: Path) -> Path:
    """A data folder with the entry that is there while Codex is routed."""
    (data / "run").mkdir(parents=True)
    startup = Linux(
        root=data,
        config_home=home / ".config",
        data_home=home / ".local" / "share",
        programs=("/usr/bin/turntable",),
        systemd=False,
    )
    startup.enable(Kind.GUARD)
    return data


@pytest.mark.parametrize("where", [".local/share/turntable", "some where/else"])
def test_codex_is_given_back_wherever_the_data_lies(tmp_path: Path, home: Path, where: str) -> None:
    data = bound(home, home / where)
    said = removed(tmp_path, user(home, uid=os.getuid()))
    as_user = [] if os.getuid() == 0 else ["as me"]
    assert said == [*as_user, f"uninstall {home} {data}"]


def test_the_data_of_another_user_is_never_touched(tmp_path: Path, home: Path) -> None:
    bound(home, home / ".local/share/turntable")
    assert removed(tmp_path, user(home, uid=os.getuid() + 1)) == []


def test_whoever_has_none_is_left_alone(tmp_path: Path, home: Path) -> None:
    assert removed(tmp_path, user(home, uid=os.getuid()), "sys:x:3:3::/nonexistent:/bin/sh") == []


def test_an_upgrade_leaves_everything_as_it_is(tmp_path: Path, home: Path) -> None:
    bound(home, home / ".local/share/turntable")
    assert removed(tmp_path, user(home, uid=os.getuid()), act="upgrade") == []
