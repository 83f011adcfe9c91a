"""A test that leaves something running does not pass."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

_LEAVES_A_TASK = """
import asyncio
async def test_it():
    asyncio.get_running_loop().create_task(asyncio.sleep(600), name="forgotten")
"""
_LEAVES_A_SOCKET = """
import gc, socket
def test_it():
    socket.socket()
    gc.collect()
"""
_LEAVES_NOTHING = """
import asyncio
async def test_it():
    await asyncio.get_running_loop().create_task(asyncio.sleep(0))
"""


def _run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        pytest.param(_LEAVES_A_TASK, "left running: forgotten", id="a task"),
        pytest.param(_LEAVES_A_SOCKET, "ResourceWarning", id="a socket"),
    ],
)
def test_what_a_test_leaves_running_fails_it(tmp_path: Path, test: str, complaint: str) -> None:
    ran = _run(tmp_path, test)
    assert ran.returncode == 1, ran.stdout
    assert complaint in ran.stdout


def test_test_that_waits_for_its_tasks_passes(tmp_path: Path) -> None:
    ran = _run(tmp_path, _LEAVES_NOTHING)
    assert ran.returncode == 0, ran.stdout
