"""An answer of the back end that is arriving: held until somebody decides, then passed on.

Before the commit point its bytes are held, at most `HELD_BYTES`; then the back end has to wait.
From `flow` on each read goes straight to the sink, without a task or a queue between them.
"""

from collections.abc import Callable

from core.proxy.deadline import Deadline
from core.proxy.messages import ResponseHead
from core.proxy.wire import Wire

type Sink = Callable[[bytes, bool], None]
"""Takes the bytes of one read, and whether they are the last. The last may be empty."""


def _nowhere(data: bytes, last: bool) -> None:
    """The sink of an answer that is over."""


HELD_BYTES = 64 * 1024
"""How much is held before the commit point; then reading pauses."""


class Incoming:
    """One answer. Filled by `UpstreamConnection`, looked at by a judge, then passed on.

    Attributes:
        head: its head; None until it came.
    """

    __slots__ = (
        "_deadline",
        "_held",
        "_held_size",
        "_idle_s",
        "_on_change",
        "_on_end",
        "_on_full",
        "_on_late",
        "_reading_paused",
        "_sink",
        "_sink_is_full",
        "_whole",
        "_wire",
        "head",
    )

    def __init__(self, wire: Wire | None, deadline: Deadline) -> None:
        """`wire`: None where all of it is here already.

        `deadline` calls `out_of_time`; nobody else sets it while the answer arrives.
        """
        self._wire = wire
        self._deadline = deadline
        self._on_change: Callable[[], None] | None = None
        self._on_late: Callable[[], None] | None = None
        self._held: list[bytes] = []
        self._held_size = 0
        self._sink: Sink | None = None
        self._on_end: Callable[[bool], None] | None = None
        self._whole: bool | None = None
        self._reading_paused = False
        self._sink_is_full = False
        self._idle_s = 0.0
        self._on_full: Callable[[bool], None] | None = None
        self.head: ResponseHead | None = None

    # -- before the commit point

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

    def watch(self, on_change: Callable[[], None], on_late: Callable[[], None]) -> None:
        """Whom to tell, until it flows, that more has come or the end, and that time is up."""
        self._on_change = on_change
        self._on_late = on_late

    def within(self, seconds: float) -> None:
        """From now on, `seconds` are left; then `on_late` is called."""
        if self._whole is None:
            self._deadline.within(seconds)

    def patient(self) -> None:
        """Nobody waits for anything until it flows."""
        if self._whole is None:
            self._deadline.clear()

    # -- from the commit point on

    def flow(self, sink: Sink, on_end: Callable[[bool], None], *, idle_s: float) -> None:
        """Pass on what is held and, from now on, every read.

        Args:
            sink: takes it.
            on_end: told once, after the last byte was taken, whether the answer was whole.
            idle_s: silence after which the answer counts as cut.
        """
        self._sink = sink
        self._on_change = self._on_late = None
        data, self._held, self._held_size = self.held, [], 0
        if data or self._whole:
            sink(data, self._whole is True)
        if self._whole is not None:
            self._forget()
            on_end(self._whole)
            return
        self._on_end = on_end
        self._idle_s = idle_s
        self._deadline.within(idle_s)
        self._adjust_reading()

    def sink_is_full(self, full: bool) -> None:
        """The client does not take more for now (or again): the back end waits with it."""
        self._sink_is_full = full
        self._adjust_reading()

    # -- after an upgrade, when bytes go both ways

    def send(self, data: bytes) -> None:
        """More for the back end."""
        if self._wire is not None:
            self._wire.write(data)

    def on_full(self, told: Callable[[bool], None]) -> None:
        """Whom to tell that the back end takes no more for now (True), or again (False)."""
        self._on_full = told

    def back_end_is_full(self, full: bool) -> None:  # told by the connection
        """The back end does not take more for now, or again."""
        if self._on_full is not None:
            self._on_full(full)

    def drop(self) -> None:
        """Nobody wants the rest: the connection is closed at once unless the answer was whole."""
        if self._whole is not None:
            return
        if self._wire is not None:
            self._wire.abort()
        self.cut()

    # -- what the connection tells

    def came(self, data: bytes, last: bool) -> None:
        """One read's worth (of the body; empty when only the head came), and whether it ends it."""
        if self._sink is not None:
            if data or last:
                self._sink(data, last)
            if last:
                self._end(whole=True)
            elif not self._reading_paused:
                self._deadline.within(self._idle_s)
            return
        if data:
            self._held.append(data)
            self._held_size += len(data)
        if last:
            self._end(whole=True)
            return
        if self._on_change is not None:
            self._on_change()
        if self._sink is None and self.full:
            self._adjust_reading()

    def out_of_time(self) -> None:
        """It was silent for too long: before the commit point others decide, after it is a cut."""
        if self._sink is None and self._on_late is not None:
            self._on_late()
        else:
            self.drop()

    def cut(self) -> None:
        """The connection ended before the answer did."""
        self._end(whole=False)

    # -- inside

    def _end(self, *, whole: bool) -> None:
        if self._whole is not None:
            return
        self._deadline.clear()
        self._whole = whole
        self._wire = None
        on_end, on_change = self._on_end, self._on_change
        if self._sink is not None:
            self._forget()
        if on_end is not None:
            on_end(whole)
        elif on_change is not None:
            on_change()
            self._on_change = self._on_late = None

    def _forget(self) -> None:
        """Nobody is told anything any more: what knows us is free, without a garbage collector.

        A circle would keep the body of its request until somebody looked for garbage.
        """
        self._sink = _nowhere
        self._on_end = self._on_change = self._on_late = self._on_full = None

    def _adjust_reading(self) -> None:
        """Read on unless the sink, or before it the holding place, is full."""
        if self._wire is None:
            return
        pause = self._sink_is_full or (self._sink is None and self.full)
        if pause == self._reading_paused:
            return
        self._reading_paused = pause
        if pause:
            self._wire.pause_reading()
            self._deadline.clear()  # the silence is the client's
        else:
            self._wire.resume_reading()
            if self._sink is not None:
                self._deadline.within(self._idle_s)
