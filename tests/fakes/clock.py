"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Where a `FakeClock` begins unless told otherwise: a Monday morning."""


class FakeClock:
    """A `core.runtime.clock.Clock` driven by hand."""

    def __init__(self, start: datetime = START) -> None:
        """`start` is aware."""
        self._now = start.astimezone(UTC)
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return self._monotonic

    def advance(self, step: timedelta | float) -> None:
        """Let `step` (a duration, or seconds) pass on both clocks.

        Raises:
            ValueError: time does not go back; `set_wall` is for a wall clock that is corrected.
        """
        step = step if isinstance(step, timedelta) else timedelta(seconds=step)
        if step < timedelta(0):
            raise ValueError("time does not go back: use set_wall")
        self._now += step
        self._monotonic += step.total_seconds()

    def set_wall(self, now: datetime) -> None:
        """Jump the wall clock, as a user or NTP does; `monotonic` does not notice."""
        self._now = now.astimezone(UTC)
