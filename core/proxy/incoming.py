"""An answer of the back end that is arriving: held until somebody decides, then passed on.

Before the commit point its bytes are held, at most `HELD_BYTES`; then the back end has to wait.
From `flow` on each read goes straight to the sink, without a task or a queue between them.
"""

import asyncio
from collections.abc import Callable

from core.proxy.deadline import Deadline
from core.proxy.messages import ResponseHead
from core.proxy.wire import Wire

type Sink = Callable[[bytes, bool], None]
"""Takes the bytes of one read, and whether they are the last. The last may be empty."""

HELD_BYTES = 64 * 1024
"""How much is held before the commit point; then reading pauses."""


class Incoming:
    """One answer. Filled by `UpstreamConnection`, read by the relay.

    Attributes:
        timed_out: whether our own patience ended it.
    """

    def __init__(self, wire: Wire, deadline: Deadline) -> None:
        """`deadline` calls `out_of_time`; nobody else sets it while the answer arrives."""
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = wire
        self._head: ResponseHead | None = None
        self._held: list[bytes] = []
        self._held_size = 0
        self._sink: Sink | None = None
        self._flowed: asyncio.Future[bool] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._whole: bool | None = None
        self._reading_paused = False
        self._sink_is_full = False
        self._deadline = deadline
        self._idle_s = 0.0
        self.timed_out = False

    # -- what the relay reads

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, be it whole or cut."""
        return self._whole is not None

    @property
    def whole(self) -> bool:
        """Whether it came to its own end."""
        return self._whole is True

    @property
    def held(self) -> bytes:
        """What has come and was not passed on yet."""
        if len(self._held) > 1:
            self._held = [b"".join(self._held)]
        return self._held[0] if self._held else b""

    @property
    def full(self) -> bool:
        """Whether as much is held as may be."""
        return self._held_size >= HELD_BYTES

    async def head(self, *, within_s: float) -> ResponseHead | None:
        """Wait for the head; None when the connection was cut before it, by them or by time."""
        self._deadline.within(within_s)
        while self._head is None and self._whole is None:
            await self._changed()
        self._deadline.clear()
        return self._head

    async def more(self) -> None:
        """Wait until more has come than is held now, or the end; at once when it has ended."""
        size = self._held_size
        while self._whole is None and self._held_size == size:
            await self._changed()

    def flow(self, sink: Sink, *, idle_s: float) -> asyncio.Future[bool]:
        """Pass on what is held and, from now on, every read; the future tells whether it was whole.

        `idle_s`: silence after which the answer counts as cut.
        """
        self._flowed = self._loop.create_future()
        self._sink = sink
        data, self._held, self._held_size = self.held, [], 0
        if data or self._whole is True:
            sink(data, self._whole is True)
        if self._whole is not None:
            self._flowed.set_result(self._whole)
        else:
            self._idle_s = idle_s
            self._deadline.within(idle_s)
            self._adjust_reading()
        return self._flowed

    def sink_is_full(self, full: bool) -> None:
        """The client does not take more for now (or again): the back end waits with it."""
        self._sink_is_full = full
        self._adjust_reading()

    def drop(self) -> None:
        """Nobody wants the rest: the connection is closed at once unless the answer was whole."""
        if self._wire is not None:
            self._wire.abort()
        self.cut()

    # -- what the connection tells

    def head_came(self, head: ResponseHead) -> None:
        """The head is complete."""
        self._head = head
        self._wake()

    def came(self, data: bytes, last: bool) -> None:
        """One read's worth of body, and whether it ends the answer."""
        if self._sink is not None:
            self._sink(data, last)
            if not self._reading_paused:
                self._deadline.within(self._idle_s)
        elif data:
            self._held.append(data)
            self._held_size += len(data)
        if last:
            self._end(whole=True)
        elif self._sink is None:
            self._adjust_reading()
            self._wake()

    def out_of_time(self) -> None:
        """It was silent for too long: that is a cut, and ours."""
        self.timed_out = True
        self.drop()

    def cut(self) -> None:
        """The connection ended before the answer did."""
        self._end(whole=False)

    # -- inside

    def _end(self, *, whole: bool) -> None:
        if self._whole is not None:
            return
        self._whole = whole
        self._wire = None
        self._deadline.clear()
        if self._flowed is not None and not self._flowed.done():
            self._flowed.set_result(whole)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _changed(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _adjust_reading(self) -> None:
        """Read on unless the sink, or before it the holding place, is full."""
        if self._wire is None:
            return
        pause = self._sink_is_full or (self._sink is None and self.full)
        if pause != self._reading_paused:
            self._reading_paused = pause
            if pause:
                self._wire.pause_reading()
                self._deadline.clear()  # the silence is the client's
            else:
                self._wire.resume_reading()
                if self._sink is not None:
                    self._deadline.within(self._idle_s)
