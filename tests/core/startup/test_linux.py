"""Linux: what starts at login, checked by the readers that the desktop and systemd use."""

import os
import shlex
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.startup.entry import Kind, Standing
from core.startup.launcher import launcher_of
from core.startup.linux import Linux

# Spaces, quotes and what begins a variable, a specifier or a field code.
AWKWARD = 'it\'s a "folder" of $HOME 100% \\ `x`'
PROGRAM = '#!/bin/sh\n[ "$1" = version ] || printf \'%s|\' "$TURNTABLE_HOME" "$@" >> {heard}\n'


class Machine:
    """One user's folders, and a program that notes how it was started."""

    def __init__(self, root: Path, *, systemd: bool) -> None:
        self.root = root / "data"
        self.config = root / "config"
        self.data = root / "share"
        self.heard = root / "heard"
        self.program = root / "bin" / "turntable"
        self.program.parent.mkdir(parents=True)
        self.program.write_text(PROGRAM.format(heard=shlex.quote(str(self.heard))))
        self.program.chmod(0o755)
        self.linux = self.again(systemd=systemd)

    def again(self, *, systemd: bool) -> Linux:
        programs = (str(self.program),)
        return Linux(
            root=self.root,
            config_home=self.config,
            data_home=self.data,
            programs=programs,
            systemd=systemd,
        )

    @property
    def files(self) -> dict[str, bytes]:
        found = (p for p in sorted(self.config.rglob("*")) if p.is_file() or p.is_symlink())
        return {str(p.relative_to(self.config)): p.read_bytes() for p in found}

    def said(self) -> list[str]:
        return self.heard.read_text().split("|")[:-1]


@pytest.fixture(params=["plain", AWKWARD], ids=["a plain folder", "an awkward folder"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def test_the_desktop_reads_the_autostart_entry_as_we_mean_it(folder: Path) -> None:
    machine = Machine(folder, systemd=True)
    machine.linux.enable(Kind.DESKTOP)
    entry = machine.config / "autostart" / "turntable.desktop"
    checked = subprocess.run(
        ["desktop-file-validate", entry], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_a_fresh_session_starts_the_app(tmp_path: Path) -> None:
    """`dex` starts what a desktop would; the folder is one that needs no quotes for it."""
    machine = Machine(tmp_path, systemd=False)
    machine.linux.enable(Kind.DESKTOP)
    machine.linux.enable(Kind.GUARD)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CONFIG_DIRS": "/nowhere"}
    subprocess.run(
        ["dex", "--autostart", "--wait", "--environment", "None"],
        env=environment | {"XDG_CONFIG_HOME": str(machine.config)},
        check=True,
        capture_output=True,
    )
    home = str(machine.root)
    guard = ["guard-process", "--login", "--home", home]
    assert machine.said() in ([home, home, *guard], [home, *guard, home])


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.GUARD])
def test_systemd_accepts_the_unit(folder: Path, kind: Kind) -> None:
    machine = Machine(folder, systemd=True)
    machine.linux.enable(kind)
    (unit,) = (machine.config / "systemd" / "user").glob("*.service")
    with tempfile.TemporaryDirectory() as runtime:  # sockets' names have to be short
        checked = subprocess.run(
            ["systemd-analyze", "--user", "verify", unit],
            env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": runtime, "HOME": runtime},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (checked.returncode, checked.stderr) == (0, "")
    assert (unit.parent / "default.target.wants" / unit.name).samefile(unit), "it is enabled"


@pytest.mark.parametrize("systemd", [True, False], ids=["systemd", "no systemd"])
def test_enable_twice_is_once_and_disable_leaves_nothing(folder: Path, systemd: bool) -> None:
    machine = Machine(folder, systemd=systemd)
    for kind in Kind:
        assert machine.linux.enable(kind)
        files = machine.files
        assert not machine.linux.enable(kind)
        assert machine.files == files
        assert machine.linux.look(kind).standing is Standing.READY
    for kind in Kind:
        assert machine.linux.disable(kind)
        assert not machine.linux.disable(kind)
        assert machine.linux.look(kind).standing is Standing.ABSENT
    assert machine.files == {}
    assert not launcher_of(machine.root).parent.exists()


def test_an_entry_of_a_machine_that_had_no_systemd_yet_is_removed_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, systemd=False)
    machine.linux.enable(Kind.SERVER)
    assert machine.again(systemd=True).disable(Kind.SERVER)
    assert machine.files == {}


def off_in_the_desktops_settings(machine: Machine) -> None:
    entry = machine.config / "autostart" / "turntable.desktop"
    entry.write_text(entry.read_text() + "X-GNOME-Autostart-enabled=false\n")


def another_copys(machine: Machine) -> None:
    entry = machine.config / "autostart" / "turntable.desktop"
    entry.write_text(entry.read_text().replace("launch/turntable", "launch/other"))


def without_its_launcher(machine: Machine) -> None:
    launcher_of(machine.root).unlink()


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        pytest.param(off_in_the_desktops_settings, Standing.SWITCHED_OFF, id="switched off"),
        pytest.param(another_copys, Standing.ELSEWHERE, id="starts something else"),
        pytest.param(without_its_launcher, Standing.BROKEN, id="starts nothing"),
    ],
)
def test_what_is_really_there_is_said_and_enable_mends_it(
    tmp_path: Path, change: object, standing: Standing
) -> None:
    machine = Machine(tmp_path, systemd=True)
    machine.linux.enable(Kind.DESKTOP)
    assert callable(change)
    change(machine)
    assert machine.linux.look(Kind.DESKTOP).standing is standing
    assert machine.linux.enable(Kind.DESKTOP)
    assert machine.linux.look(Kind.DESKTOP).standing is Standing.READY


def test_a_unit_that_systemctl_disabled_or_masked_is_switched_off(tmp_path: Path) -> None:
    machine = Machine(tmp_path, systemd=True)
    machine.linux.enable(Kind.SERVER)
    unit = machine.config / "systemd" / "user" / "turntable-serve.service"
    (unit.parent / "default.target.wants" / unit.name).unlink()
    assert machine.linux.look(Kind.SERVER).standing is Standing.SWITCHED_OFF
    unit.unlink()
    unit.symlink_to("/dev/null")
    assert machine.linux.look(Kind.SERVER).standing is Standing.SWITCHED_OFF


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    machine = Machine(tmp_path, systemd=True)
    machine.config.write_text("a file where a folder belongs")
    with pytest.raises(CoreError) as raised:
        machine.linux.enable(Kind.DESKTOP)
    assert raised.value.code == "startup_failed"
    assert stat.S_ISREG(machine.config.stat().st_mode)
