"""A process that serves can hold a thousand streams; shown in one of its own."""

import subprocess
import sys

_PROGRAM = """
import gc, resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from core.runtime.process import FILES, SWITCH_S, settle_to_serve
settle_to_serve()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(soft == min(FILES, hard), sys.getswitchinterval() == SWITCH_S, gc.get_freeze_count() > 1000)
"""


def test_open_files_switches_and_collector_are_settled() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=False, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == ("True True True", "")
