"""macOS: agents as launchd's own format has them (written here, seen by no Mac)."""

import plistlib
from pathlib import Path

import pytest

from core.startup.entry import Kind, Standing
from core.startup.launcher import launcher_of
from core.startup.macos import MacOS


@pytest.fixture
def macos(tmp_path: Path) -> MacOS:
    return MacOS(root=tmp_path / "da & ta", user_home=tmp_path, programs=("/a/turntable",))


def plist(tmp_path: Path, name: str) -> dict[str, object]:
    found = tmp_path / "Library" / "LaunchAgents" / f"app.turntable.{name}.plist"
    loaded: dict[str, object] = plistlib.loads(found.read_bytes())
    assert loaded["Label"] == found.stem
    return loaded


def test_each_agent_starts_the_launcher_with_its_words(macos: MacOS, tmp_path: Path) -> None:
    for kind in Kind:
        assert macos.enable(kind)
    launcher = str(launcher_of(tmp_path / "da & ta"))
    arguments = {name: plist(tmp_path, name)["ProgramArguments"] for name in ("desktop", "serve")}
    assert arguments == {"desktop": [launcher], "serve": [launcher, "serve"]}
    guard = plist(tmp_path, "guard")
    assert guard["ProgramArguments"] == [
        launcher, "guard-process", "--login", "--home", str(tmp_path / "da & ta"),
    ]  # fmt: skip
    assert guard["AbandonProcessGroup"] is True


def test_enable_twice_is_once_and_disable_leaves_nothing(macos: MacOS, tmp_path: Path) -> None:
    for kind in Kind:
        assert macos.enable(kind)
        assert not macos.enable(kind)
        assert macos.look(kind).standing is Standing.READY
    for kind in Kind:
        assert macos.disable(kind)
        assert not macos.disable(kind)
        assert macos.look(kind).standing is Standing.ABSENT
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    ("content", "standing"),
    [
        pytest.param(b"no plist", Standing.ELSEWHERE, id="not a plist"),
        pytest.param(plistlib.dumps({"Disabled": True}), Standing.SWITCHED_OFF, id="disabled"),
        pytest.param(
            plistlib.dumps({"ProgramArguments": ["/x"]}), Standing.ELSEWHERE, id="another program"
        ),
    ],
)
def test_what_is_really_there_is_said(
    macos: MacOS, tmp_path: Path, content: bytes, standing: Standing
) -> None:
    macos.enable(Kind.DESKTOP)
    (tmp_path / "Library/LaunchAgents/app.turntable.desktop.plist").write_bytes(content)
    assert macos.look(Kind.DESKTOP).standing is standing
    macos.enable(Kind.DESKTOP)
    launcher_of(tmp_path / "da & ta").unlink()
    assert macos.look(Kind.DESKTOP).standing is Standing.BROKEN
