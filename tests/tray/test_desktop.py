"""Where there is no desktop the tray says so, before Qt could end the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.desktop import Desktop
from tray.desktop import why_no_desktop


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="nothing is set"),
        pytest.param({"DISPLAY": "", "WAYLAND_DISPLAY": ""}, id="both are empty"),
    ],
)
def test_no_display_is_said_without_asking_qt(environ: dict[str, str]) -> None:
    reason = why_no_desktop(environ, "linux")
    assert reason == "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."


@pytest.mark.parametrize("chosen", ["offscreen", "minimal", "vnc:size=800x600"])
def test_platform_that_needs_no_display_is_a_desktop(chosen: str) -> None:
    assert why_no_desktop({"QT_QPA_PLATFORM": chosen}, "linux") is None


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_always_have_one(platform: str) -> None:
    assert why_no_desktop({}, platform) is None


def _ask(environ: dict[str, str]) -> str:
    """What a fresh process answers: the libraries read the real environment."""
    program = (
        "import os; from tray.desktop import why_no_desktop; print(why_no_desktop(os.environ))"
    )
    kept = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DISPLAY")}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    ).stdout.strip()


def test_display_that_does_not_answer_is_said(tmp_path: Path) -> None:
    assert "DISPLAY does not answer" in _ask({"DISPLAY": ":9999"})
    assert "WAYLAND_DISPLAY does not answer" in _ask(
        {"WAYLAND_DISPLAY": "nobody", "XDG_RUNTIME_DIR": str(tmp_path)}
    )


@pytest.mark.desktop
def test_display_that_answers_is_a_desktop(desktop: Desktop) -> None:
    assert _ask({"DISPLAY": desktop.display}) == "None"


@pytest.mark.desktop
def test_one_display_that_answers_is_enough(desktop: Desktop) -> None:
    assert _ask({"DISPLAY": desktop.display, "WAYLAND_DISPLAY": "nobody"}) == "None"


def test_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    # An empty file in front of the real library: the loader finds it, and cannot load it.
    (tmp_path / "libxcb-cursor.so.0").write_bytes(b"")
    said = _ask({"DISPLAY": ":9999", "LD_LIBRARY_PATH": str(tmp_path)})
    assert "libxcb-cursor.so.0 cannot be loaded; install libxcb-cursor0" in said
