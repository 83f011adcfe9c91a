"""What a process that serves asks of the interpreter and the system, once, after its start."""

import contextlib
import gc
import sys

FILES = 16_384
"""Open files that we ask for: a stream takes two sockets, and macOS begins with 256."""
SWITCH_S = 0.0005
"""How long one thread may hold the interpreter while another wants it.

The loop's thread shares it with SQLite's and the keyring's; at the default of 5 ms an event of a
stream can wait that long behind a batch of rows.
"""
COLLECT_AFTER = (10_000, 20, 20)
"""Objects before the youngest are looked at, and how often before the older ones are; the default
of 700 looks at them every other request."""


def settle_to_serve() -> None:
    """Raise the limit of open files, shorten thread switches, spare the garbage collector.

    What was imported stays for good: it is taken out of the collector's sight. It looks at what
    came since less often: rows and events wait in memory for a moment, and are no garbage. What the
    system does not grant stays as it is.
    """
    _raise_open_files()
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _raise_open_files() -> None:
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS names a hard limit that it does not grant.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
