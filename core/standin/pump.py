"""Performs one answer after the other on a connection, act by act, without a task of its own."""

import asyncio
from collections.abc import Iterator
from typing import Protocol, assert_never

from core.standin.acts import Act, Break, Hang, Part, Wait
from core.standin.recorded import Ending
from core.standin.script import Gate

_FLUSH_AT = 64 * 1024


class Stage(Protocol):
    """The connection that an answer is performed on."""

    def write(self, data: bytes) -> None:
        """Send; nothing happens when the connection is gone."""
        ...

    def over(self, ending: Ending) -> None:
        """The answer is over."""
        ...

    def idle(self) -> None:
        """Nothing is being performed: begin the next answer, if there is one."""
        ...

    def drop(self, *, reset: bool) -> None:
        """End the connection."""
        ...


class Pump:
    """Performs acts until one has to wait, the client is slow, or the answer is complete."""

    def __init__(self, stage: Stage, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing to perform yet."""
        self._stage = stage
        self._loop = loop
        self._acts: Iterator[Act] | None = None
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._pumping = False

    @property
    def busy(self) -> bool:
        """An answer is being performed."""
        return self._acts is not None

    def begin(self, acts: Iterator[Act]) -> None:
        """Perform this answer from now on."""
        self._acts = acts
        self._due = self._loop.time()
        self._pump()

    def pause(self) -> None:
        """The client reads too slowly."""
        self._paused = True

    def resume(self) -> None:
        """The client has caught up."""
        self._paused = False
        self._pump()

    def stop(self) -> None:
        """The client is gone."""
        if self._timer is not None:
            self._timer.cancel()
        self._acts = None

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            self._perform()
        finally:
            self._pumping = False
        if self._acts is None:
            self._stage.idle()

    def _perform(self) -> None:
        parts: list[bytes] = []
        size = 0
        while not self._paused and self._acts is not None:
            act = next(self._acts, None)
            if isinstance(act, bytes):
                parts.append(act)
                size += len(act)
                if size < _FLUSH_AT:
                    continue
            self._write(parts)
            parts, size = [], 0
            if self._stops_at(act):
                return
        self._write(parts)

    def _write(self, parts: list[bytes]) -> None:
        if data := b"".join(parts):
            self._stage.write(data)

    def _stops_at(self, act: Act | None) -> bool:
        """Do what is not writing; True if the pump must stop here."""
        match act:
            case bytes():
                return False
            case Wait():
                self._due += act.seconds
                self._timer = self._loop.call_at(self._due, self._pump)
            case Gate():
                return not act.passes(self._pump)
            case Hang():
                pass
            case None:
                self._end(Ending.ANSWERED)
            case Part():
                self._end(Ending.CUT)
            case Break():
                self._end(Ending.CUT)
                self._stage.drop(reset=act.reset)
            case _:
                assert_never(act)
        return True

    def _end(self, ending: Ending) -> None:
        self._acts = None
        self._stage.over(ending)
