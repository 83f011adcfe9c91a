"""Windows: values of the Run key, in a made-up registry (seen by no Windows)."""

import sys
from pathlib import Path

import pytest

from core.startup.entry import Kind, Standing
from core.startup.windows import Windows, without_console


def test_values_are_quoted_and_enable_twice_is_once(tmp_path: Path) -> None:
    run_key: dict[str, str] = {"Somebody": "else"}
    program = (sys.executable, "-m", "core")
    menu = tmp_path / "Start Menu"
    windows = Windows(root=tmp_path / "da ta", program=program, run_key=run_key, start_menu=menu)
    for kind in Kind:
        assert windows.enable(kind)
        assert not windows.enable(kind)
        assert windows.look(kind).standing is Standing.READY
    assert run_key["Turntable serve"] == f"{sys.executable} -m core serve"
    assert run_key["Turntable guard"].endswith(f'--login --home "{tmp_path / "da ta"}"')
    for kind in Kind:
        assert windows.disable(kind)
        assert not windows.disable(kind)
        assert windows.look(kind).standing is Standing.ABSENT
    assert run_key == {"Somebody": "else"}


def test_what_is_really_there_is_said(tmp_path: Path) -> None:
    run_key = {"Turntable": "C:\\other.exe"}
    program = (str(tmp_path / "gone.exe"),)
    windows = Windows(root=tmp_path, program=program, run_key=run_key, start_menu=tmp_path)
    assert windows.look(Kind.DESKTOP).standing is Standing.ELSEWHERE
    windows.enable(Kind.DESKTOP)
    assert windows.look(Kind.DESKTOP).standing is Standing.BROKEN


@pytest.mark.parametrize(
    ("executable", "frozen", "program"),
    [
        pytest.param(
            r"C:\Program Files\Turntable\turntable.exe",
            True,
            (r"C:\Program Files\Turntable\turntablew.exe",),
            id="the app, not its console twin",
        ),
        pytest.param(
            r"C:\tools\turntable\Scripts\python.exe",
            False,
            (r"C:\tools\turntable\Scripts\pythonw.exe", "-m", "core"),
            id="an environment's Python without a window",
        ),
    ],
)
def test_no_console_window_flashes(executable: str, frozen: bool, program: tuple[str, ...]) -> None:
    assert without_console(executable, frozen=frozen) == program
