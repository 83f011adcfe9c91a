"""Who has connected and has not shown a secret: so many may wait, and no more.

Without a bound whoever can reach the port could fill the process with silent connections, and keep
out those that have a secret. But who has only just come is no stranger yet: when the loop was held
for a moment, a hundred clients are accepted in one turn, and what they have said is read in a later
one. So each is given a moment, and the turns of the loop in which its first bytes are read.
"""

import asyncio
from collections.abc import Callable

MOMENT_S = 0.1
"""How long after it was accepted a connection is no stranger, whatever it says."""
_TURNS = 3
"""Turns of the loop after that moment: some loops look at their timers before they read."""


class Strangers[C]:
    """Sends away who has waited longest, where too many do. `C`: a connection, hashable."""

    def __init__(self, *, most: int, most_new: int, cut: Callable[[C], None]) -> None:
        """Nobody is there yet.

        Args:
            most: who have had their moment.
            most_new: who have not.
            cut: closes a connection at once.
        """
        self._most = most
        self._most_new = most_new
        self._cut = cut
        self._new: dict[C, None] = {}
        self._old: dict[C, None] = {}
        self._timer: asyncio.Handle | None = None

    def came(self, connection: C) -> None:
        """A connection was accepted."""
        self._new[connection] = None
        if len(self._new) > self._most_new:
            self._cut(next(iter(self._new)))
        if self._timer is None:
            self._look_later()

    def gone(self, connection: C) -> None:
        """It has shown a secret, or is closed."""
        self._new.pop(connection, None)
        self._old.pop(connection, None)
        if not self._new and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(MOMENT_S, lambda: self._let_read(tuple(self._new), _TURNS))

    def _let_read(self, came: tuple[C, ...], turns: int) -> None:
        """Let the loop read what has arrived meanwhile; then whoever is still there is old."""
        if turns:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_soon(self._let_read, came, turns - 1)
            return
        self._timer = None
        for connection in came:
            if connection in self._new:
                del self._new[connection]
                self._old[connection] = None
        for connection in tuple(self._old)[: max(0, len(self._old) - self._most)]:
            self._cut(connection)
        if self._new:
            self._look_later()
