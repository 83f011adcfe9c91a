"""Whether this program has stood still for long: asleep with its machine, or stopped.

Timers do not tell. On Linux and macOS the monotonic clock stands still in a sleep, so that nothing
is late afterwards; on Windows it goes on. The wall clock tells everywhere, but somebody may set it:
who takes that for a sleep must lose nothing by it.
"""

from core.runtime.clock import Clock


class Standstill:
    """Compares each look at both clocks with the one before."""

    def __init__(self, clock: Clock, *, longest_s: float) -> None:
        """`longest_s`: a standstill that is shorter does no harm."""
        self._clock = clock
        self._longest_s = longest_s
        self._looked = clock.now(), clock.monotonic()

    def was(self) -> bool:
        """For who looks more often than that: whether more has passed since, by either clock."""
        return max(self._passed()) > self._longest_s

    def was_slept(self) -> bool:
        """For who looks now and then: whether the wall clock has run ahead of the other since.

        On Windows it never does.
        """
        wall_s, monotonic_s = self._passed()
        return wall_s - monotonic_s > self._longest_s

    def _passed(self) -> tuple[float, float]:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        wall_before, before = self._looked
        self._looked = now, monotonic
        return (now - wall_before).total_seconds(), monotonic - before
