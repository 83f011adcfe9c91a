"""The machine's own time."""

from datetime import UTC

from core.runtime.clock import SystemClock


def test_wall_time_is_aware_and_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_monotonic_time_does_not_go_back() -> None:
    clock = SystemClock()

    assert clock.monotonic() <= clock.monotonic()
