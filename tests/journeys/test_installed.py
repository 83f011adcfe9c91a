"""What people install: the built wheel, in an environment where nothing of ours was before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from installers.bootstrap import ensure_uv
from tests.house.tree import ROOT
from tests.smoke import smoke

pytestmark = pytest.mark.timeout(300)


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an empty environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    uv = ensure_uv()
    run(
        uv, "build", "--wheel", "--python", sys.executable, "--out-dir", folder / "dist", ROOT,
        cwd=folder,
    )  # fmt: skip
    (wheel,) = (folder / "dist").glob("*.whl")
    run(uv, "venv", "--python", sys.executable, folder / "environment", cwd=folder)
    programs = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    locked = ROOT / "installers" / "locked.txt"
    python = programs / "python"
    # The very versions that the lock names; the wheel brings no dependency of its own choice.
    run(uv, "pip", "install", "--python", python, "--constraint", locked, wheel, cwd=folder)
    return programs


def test_the_installed_wheel_runs_the_demo(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # nothing may come from the checkout
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert smoke([str(installed / "turntable"), "demo", "--serve"]) == ""


def test_the_installed_wheel_knows_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "turntable", "version", cwd=tmp_path).strip() == "turntable 0.1.0"
