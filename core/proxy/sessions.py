"""TLS sessions that later connections resume, by origin; each is taken as seldom as possible.

Whoever asks an `SSLObject` for its session makes the library copy it, and CPython loses that copy
for good before python/cpython#116810 was mended: 6 KB each time. A program that serves opens a
connection for every few requests; taking each one's session, it grew by tens of MB an hour. One
session serves many connections, as long as the back end resumes it.
"""

import ssl

from core.proxy.dialling import Origin
from core.proxy.tls import TlsWire
from core.proxy.wire import Wire

AGAIN_S = 600.0
"""A back end that does not resume the session is not given another before."""


class Sessions:
    """The newest session of each origin."""

    def __init__(self) -> None:
        """None is known."""
        self._kept: dict[Origin, tuple[ssl.SSLSession, float]] = {}

    def of(self, origin: Origin) -> ssl.SSLSession | None:
        """What a connection to `origin` offers to resume."""
        kept = self._kept.get(origin)
        return kept[0] if kept is not None else None

    def answered(self, origin: Origin, wire: Wire | None, *, now: float) -> None:
        """The first answer came on `wire`; tickets come after the handshake, so there is one now.

        `now`: monotonic seconds.
        """
        if not isinstance(wire, TlsWire) or wire.resumed:
            return
        kept = self._kept.get(origin)
        if kept is not None and now - kept[1] < AGAIN_S:
            return
        session = wire.session
        if session is not None:
            self._kept[origin] = session, now
