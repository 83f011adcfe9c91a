"""The launcher of Codex's app among the programs: an entry, a bundle, a shortcut."""

import plistlib
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.startup.entry import CODEX_NAME, Kind, Standing, StartUp
from core.startup.launcher import launcher_of
from core.startup.linux import Linux
from core.startup.macos import MacOS
from core.startup.windows import Windows
from core.startup.windows_link import link_bytes

type Make = Callable[[Path], StartUp]


def linux(folder: Path) -> Linux:
    return Linux(
        root=folder / "da ta",
        config_home=folder / "config",
        data_home=folder / "share",
        programs=("/a/turntable",),
        systemd=True,
    )


def macos(folder: Path) -> MacOS:
    return MacOS(root=folder / "da ta", user_home=folder, programs=("/a/turntable",))


def windows(folder: Path) -> Windows:
    program = (sys.executable, "-m", "core")
    return Windows(root=folder / "da ta", program=program, run_key={}, start_menu=folder / "menu")


@pytest.mark.parametrize("make", [linux, macos, windows])
def test_install_twice_is_once_and_remove_leaves_nothing(make: Make, tmp_path: Path) -> None:
    startup = make(tmp_path)
    assert startup.look(Kind.CODEX).standing is Standing.ABSENT
    assert startup.enable(Kind.CODEX)
    assert not startup.enable(Kind.CODEX)
    assert startup.look(Kind.CODEX).standing is Standing.READY
    assert startup.look(Kind.DESKTOP).standing is Standing.ABSENT, "nothing starts at login"
    assert startup.disable(Kind.CODEX)
    assert not startup.disable(Kind.CODEX)
    assert startup.look(Kind.CODEX).standing is Standing.ABSENT
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("make", [linux, macos])
def test_what_it_points_at_stays_for_other_entries(make: Make, tmp_path: Path) -> None:
    startup = make(tmp_path)
    startup.enable(Kind.CODEX)
    startup.enable(Kind.GUARD)
    startup.disable(Kind.GUARD)
    assert startup.look(Kind.CODEX).standing is Standing.READY
    startup.enable(Kind.GUARD)
    startup.disable(Kind.CODEX)
    assert startup.look(Kind.GUARD).standing is Standing.READY
    launcher_of(tmp_path / "da ta").unlink()
    startup.enable(Kind.CODEX)
    launcher_of(tmp_path / "da ta").unlink()
    assert startup.look(Kind.CODEX).standing is Standing.BROKEN


def test_the_desktop_reads_the_entry_as_we_mean_it(tmp_path: Path) -> None:
    linux(tmp_path).enable(Kind.CODEX)
    entry = tmp_path / "share" / "applications" / "turntable-codex.desktop"
    checked = subprocess.run(
        ["desktop-file-validate", entry], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")
    assert f'Exec="{launcher_of(tmp_path / "da ta")}" "launcher" "open"' in entry.read_text()
    assert "NoDisplay" not in entry.read_text(), "it is there to be clicked"


def test_the_bundle_is_an_app_whose_program_starts_ours(tmp_path: Path) -> None:
    startup = macos(tmp_path)
    startup.enable(Kind.CODEX)
    contents = tmp_path / "Applications" / f"{CODEX_NAME}.app" / "Contents"
    plist = plistlib.loads((contents / "Info.plist").read_bytes())
    program = contents / "MacOS" / plist["CFBundleExecutable"]
    assert program.stat().st_mode & 0o111
    launcher = launcher_of(tmp_path / "da ta")
    launcher.write_text('#!/bin/sh\necho "$@"\n')
    said = subprocess.run([program], capture_output=True, text=True, check=True)
    assert said.stdout == "launcher open\n"


def test_an_app_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    plist = tmp_path / "Applications" / f"{CODEX_NAME}.app" / "Contents" / "Info.plist"
    plist.parent.mkdir(parents=True)
    plist.write_bytes(plistlib.dumps({"CFBundleIdentifier": "somebody.else"}))
    startup = macos(tmp_path)
    assert startup.look(Kind.CODEX).standing is Standing.ELSEWHERE
    assert not startup.disable(Kind.CODEX)
    assert plist.exists()


class Shortcut:
    """[MS-SHLLINK] read again, from the document and not from what wrote it."""

    def __init__(self, content: bytes) -> None:
        size, self.class_id, flags = struct.unpack_from("<I16sI", content)
        assert size == 0x4C
        assert not flags & 0b11, "neither an item list nor link information"
        assert flags & 0x80, "strings are UTF-16"
        at, strings = size, []
        for bit in range(2, 7):
            if flags & 1 << bit:
                (count,) = struct.unpack_from("<H", content, at)
                strings.append(content[at + 2 : at + 2 + 2 * count].decode("utf-16-le"))
                at += 2 + 2 * count
        self.name, self.arguments = strings
        block, signature = struct.unpack_from("<II", content, at)
        assert (block, signature) == (0x314, 0xA0000001)
        self.target = content[at + 268 : at + 788].decode("utf-16-le").rstrip("\0")
        assert content[at + block :] == b"\0\0\0\0"


def test_the_shortcut_starts_the_program_without_a_console(tmp_path: Path) -> None:
    windows(tmp_path).enable(Kind.CODEX)
    found = Shortcut((tmp_path / "menu" / f"{CODEX_NAME}.lnk").read_bytes())
    assert found.class_id == bytes.fromhex("0114020000000000c000000000000046")
    assert (found.target, found.arguments) == (sys.executable, "-m core launcher open")
    assert found.name == CODEX_NAME


def test_a_shortcut_holds_a_path_in_any_script() -> None:
    content = link_bytes("C:\\Ünï\\テスト.exe", '"a b"', description="x")
    assert Shortcut(content).target == "C:\\Ünï\\テスト.exe"


def test_a_path_that_no_shortcut_can_hold_is_an_error() -> None:
    with pytest.raises(OSError, match="too long"):
        link_bytes("C:\\" + "x" * 300, "", description="x")
