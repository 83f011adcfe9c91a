"""Whether a process is over."""

import os
import select


def wait_until_gone(pid: int, *, timeout_s: float = 5.0) -> None:
    """Wait until the process has ended, reaped or not. Raises `AssertionError` if it lives on."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], timeout_s)
    finally:
        os.close(descriptor)
    assert ended, f"process {pid} lives on"
