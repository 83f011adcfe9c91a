"""The proxy runs unchanged on the loop of `turntable serve`."""

import asyncio
import subprocess
import sys

from core.runtime.loop import serving_loop
from tests.core.proxy.test_qasync import streams_and_leavers


def test_streams_pass_and_leavers_are_noticed_on_uvloop() -> None:
    # In a process of its own: what a loop leaves behind is not another test's.
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", __name__],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (ran.returncode, ran.stdout) == (0, "passed\n"), ran.stderr


if __name__ == "__main__":
    asyncio.run(streams_and_leavers(), loop_factory=serving_loop)
    sys.stdout.write("passed\n")
