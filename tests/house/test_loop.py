"""The loop of the tray survives: on Python 3.11 each callback loses a reference to `None`."""

import subprocess
import sys

from tests.house.tree import ROOT

_SPIN = """
import asyncio, os, sys
import qasync
from PySide6.QtWidgets import QApplication

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
with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
    print(runner.run(spin(20_000)), flush=True)
os._exit(0)
"""


def test_twenty_thousand_callbacks_pass_through_the_qt_loop() -> None:
    # In a process of its own: what would go wrong is an abort of the whole interpreter.
    spun = subprocess.run(
        [sys.executable, "-c", _SPIN], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (spun.returncode, spun.stdout) == (0, "20000\n"), spun.stderr
