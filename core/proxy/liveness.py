"""Ends connections through which nothing gets any more, long before anybody's patience does.

When the network changes (another Wi-Fi, a VPN, waking up elsewhere) connections die without a
word: what is written into one is never acknowledged, and a request in it would be waited for until
`upstream.header_timeout_s`. The system is told to give up sooner. Bytes that were never
acknowledged may still have arrived: such a request counts as sent.
"""

import contextlib
import socket
import sys

from core.proxy.wire import Wire

UNACKNOWLEDGED_S = 30
"""How long the back end's system may leave bytes of ours unacknowledged."""
SILENT_S = 30
"""After such a silence it is asked whether it is there,"""
ASKED_EVERY_S = 10
ASKED_TIMES = 3


def watch(wire: Wire | None) -> None:
    """Tell the system how long this connection may be dead. Does what the system can."""
    found = wire.get_extra_info("socket") if wire is not None else None
    descriptor = getattr(found, "fileno", lambda: -1)()
    if descriptor < 0:
        return
    # Not every loop's socket lets itself be set; a second handle on it does.
    with (
        contextlib.suppress(OSError),
        socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as handle,
    ):
        for level, option, value in _options():
            with contextlib.suppress(OSError):
                handle.setsockopt(level, option, value)


def _options() -> list[tuple[int, int, int]]:
    """Level, option and value of each; those that this system knows."""
    tcp = socket.IPPROTO_TCP
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    named = {
        "TCP_KEEPIDLE": SILENT_S,
        "TCP_KEEPINTVL": ASKED_EVERY_S,
        "TCP_KEEPCNT": ASKED_TIMES,
        "TCP_USER_TIMEOUT": UNACKNOWLEDGED_S * 1000,
    }
    if sys.platform == "darwin":
        named["TCP_KEEPALIVE"] = SILENT_S
        options.append((tcp, 0x80, UNACKNOWLEDGED_S))  # TCP_RXT_CONNDROPTIME of <netinet/tcp.h>
    if sys.platform == "win32":
        options.append((tcp, 5, UNACKNOWLEDGED_S))  # TCP_MAXRT of <ws2ipdef.h>
    known = ((getattr(socket, name, None), value) for name, value in named.items())
    return [*options, *((tcp, option, value) for option, value in known if option is not None)]
