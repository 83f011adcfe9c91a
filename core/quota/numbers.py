"""Numbers as the back end says them, and what each may be; anything else is unsaid (pure)."""

import math
from datetime import UTC, datetime, timedelta

LONGEST_MINUTES = 400 * 1440
"""A window longer than this is rubbish, not a window."""
FARTHEST = timedelta(days=366)
"""A reset farther away than this is rubbish, not a time."""


def in_text(text: str) -> float | None:
    """The finite number that a text is."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def in_json(found: object) -> float | None:
    """The finite number that a JSON value is, or a text that is one."""
    if isinstance(found, str):
        return in_text(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def left(used_percent: float) -> float | None:
    """What is left; a little over 100 used is nothing left, far over it is rubbish."""
    return max(0.0, 100.0 - used_percent) if 0 <= used_percent <= 1000 else None


def length(minutes: float) -> bool:
    """Whether a window can be so long."""
    return 1 <= minutes <= LONGEST_MINUTES


def moment(epoch: float, now: datetime) -> datetime | None:
    """The moment of a reset: one to come, and not too far away."""
    if epoch <= 0:
        return None
    try:
        found = datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if now < found <= now + FARTHEST else None


def wait(seconds: float) -> timedelta | None:
    """The time until a reset."""
    return timedelta(seconds=seconds) if 0 < seconds <= FARTHEST.total_seconds() else None
