"""Connections to the back end that wait for the next request, by origin.

The newest is used first, so that the others can age. A connection that was closed while it waited
is never used: the loop removes it as soon as it hears, and the socket itself is asked right before
a request is written to it. Over a sleep of the machine connections die without a word (the network
is another one, a router has forgotten them): none that waited through one is used.
"""

import asyncio

from core.proxy.connection import UpstreamConnection
from core.proxy.dialling import Dialler, Origin
from core.proxy.liveness import watch
from core.proxy.read_buffer import ReadBuffer
from core.proxy.sessions import Sessions
from core.proxy.standstill import Standstill
from core.proxy.warmth import Warmth
from core.runtime.clock import Clock
from core.runtime.tasks import Tasks

IDLE_S = 55.0
"""How long a connection may wait; common servers close after 60–75 s."""
MOST_IDLE = 64
"""How many wait for one origin."""
SPARE_WITHIN_S = 10.0
"""How long a connection that nobody waits for may take."""


class Pool:
    """Keeps idle connections and TLS sessions; opens what is missing."""

    def __init__(self, *, dialler: Dialler, buffer: ReadBuffer, clock: Clock, tasks: Tasks) -> None:
        """Opens nothing yet; `tasks`: in whose name spare connections are opened."""
        self._dialler = dialler
        self._buffer = buffer
        self._standstill = Standstill(clock, longest_s=IDLE_S)
        self._warmth = Warmth(tasks=tasks, waits=self._one_waits, open_one=self._open_spare)
        self._idle: dict[Origin, list[UpstreamConnection]] = {}
        self._all: dict[UpstreamConnection, Origin] = {}
        self._sessions = Sessions()
        self._ages: dict[UpstreamConnection, int] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many connections are open, idle or not."""
        return len(self._all)

    def at_hand(self, origin: Origin) -> UpstreamConnection | None:
        """One that waits and was open a moment ago; None: one has to be opened (`connection`)."""
        self._warmth.asked(origin)
        waiting = self._idle.get(origin)
        if waiting and self._standstill.was():
            self._close_idle()
        while waiting:
            connection = waiting.pop()
            if connection.usable and not connection.speaks_out_of_turn():
                return connection
            connection.close()
        return None

    async def connection(self, origin: Origin, *, timeout_s: float) -> UpstreamConnection:
        """A connection that was open a moment ago: use it before anything else is awaited.

        Raises:
            OSError: as `Dialler.dial`, or timed out. Nothing was sent.
        """
        connection = self.at_hand(origin)
        if connection is not None:
            return connection
        async with asyncio.timeout(timeout_s):
            return await self._open(origin)

    def cool(self) -> None:
        """Open none any more before somebody asks."""
        self._warmth.end()

    def close(self) -> None:
        """Close every connection; what is under way on it is cut."""
        self.cool()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._all):
            connection.close()
        self._idle.clear()

    async def _open(self, origin: Origin) -> UpstreamConnection:
        connection = UpstreamConnection(
            buffer=self._buffer, on_idle=self._is_idle, on_lost=self._lost
        )
        try:
            await self._dialler.dial(connection, origin, self._sessions.of(origin))
        except BaseException as error:
            # A handshake keeps the error it ended in, and a traceback keeps the request that waited
            # for it: a circle, which would be collected late where nobody can be reached for hours.
            error.__traceback__ = None
            if connection.wire is None:  # else it hears itself that it is lost
                connection.never_made()
            raise
        watch(connection.wire)
        self._all[connection] = origin
        return connection

    def _one_waits(self, origin: Origin) -> bool:
        return any(connection.usable for connection in self._idle.get(origin, ()))

    async def _open_spare(self, origin: Origin) -> bool:
        """Open one that nobody has asked for yet; whoever asks next says what is wrong."""
        try:
            async with asyncio.timeout(SPARE_WITHIN_S):
                connection = await self._open(origin)
        except OSError:
            return False
        # Its session is taken after its first answer: a ticket comes after the handshake.
        self._wait(connection, origin)
        return True

    def _is_idle(self, connection: UpstreamConnection) -> None:
        origin = self._all.get(connection)
        if origin is None:
            connection.close()
            return
        if connection not in self._ages:
            now = asyncio.get_running_loop().time()
            self._sessions.answered(origin, connection.wire, now=now)
        self._ages[connection] = 0
        self._wait(connection, origin)

    def _wait(self, connection: UpstreamConnection, origin: Origin) -> None:
        waiting = self._idle.setdefault(origin, [])
        waiting.append(connection)
        if len(waiting) > MOST_IDLE:
            waiting.pop(0).close()
        if self._sweeper is None:
            self._standstill.was()  # nobody has looked while none waited
            self._sweeper = asyncio.get_running_loop().call_later(IDLE_S / 2, self._sweep)

    def _lost(self, connection: UpstreamConnection) -> None:
        origin = self._all.pop(connection, None)
        self._ages.pop(connection, None)
        if origin is not None and connection in (waiting := self._idle.get(origin, [])):
            waiting.remove(connection)

    def _sweep(self) -> None:
        """Close what has waited through two rounds, or through a sleep."""
        self._sweeper = None
        if self._standstill.was():
            self._close_idle()
        for waiting in self._idle.values():
            for connection in list(waiting):
                self._ages[connection] = self._ages.get(connection, 0) + 1
                if self._ages[connection] >= 2:
                    waiting.remove(connection)
                    connection.close()
        if any(self._idle.values()):
            self._sweeper = asyncio.get_running_loop().call_later(IDLE_S / 2, self._sweep)

    def _close_idle(self) -> None:
        for waiting in self._idle.values():
            while waiting:
                waiting.pop().close()
