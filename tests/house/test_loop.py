"""The loops of the tray survive: on Python 3.11 each callback loses a reference to `None`."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT

_SPIN = """
import asyncio, os, sys
import qasync
from PySide6.QtWidgets import QApplication
from tray.main import new_loop

async def spin(times):
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    left = times

    def step():
        nonlocal left
        left -= 1
        done.set() if left == 0 else loop.call_soon(step)

    loop.call_soon(step)
    await done.wait()
    return times

application = QApplication(sys.argv)
loop = qasync.QEventLoop if sys.argv[1] == "qasync" else new_loop
with asyncio.Runner(loop_factory=lambda: loop(application)) as runner:
    print(runner.run(spin(20_000)), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("loop", ["tray", "qasync"])
def test_twenty_thousand_callbacks_pass_through_the_qt_loop(loop: str) -> None:
    # In a process of its own: what would go wrong is an abort of the whole interpreter.
    spun = subprocess.run(
        [sys.executable, "-c", _SPIN, loop],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (spun.returncode, spun.stdout) == (0, "20000\n"), spun.stderr
