"""Windows that fill and reset: pure arithmetic over (window, now)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One limit window of an account.

    A window begins with its first use and is empty again when its time has passed.

    Attributes:
        minutes: the length that is reported (300 = session, 10 080 = week).
        capacity: tokens that fill it from 0 to 100 %.
        used_percent: 0–100, as of the last use.
        resets_at: when it is empty again; None while it has not begun.
        lasts: its true length where that differs from what is reported (the demo's windows pass
            in minutes); None means `minutes`.
        drift: percent that somebody else uses in each minute.
        as_of: up to when the drift is counted in `used_percent`.
    """

    minutes: int
    capacity: int = 1_000_000
    used_percent: float = 0.0
    resets_at: datetime | None = None
    lasts: timedelta | None = None
    drift: float = 0.0
    as_of: datetime | None = None

    @property
    def length(self) -> timedelta:
        """How long it takes from its first use to its reset."""
        return self.lasts or timedelta(minutes=self.minutes)

    @property
    def exhausted(self) -> bool:
        """Nothing is left before the reset."""
        return self.used_percent >= 100


def at(window: Window, now: datetime) -> Window:
    """The window as it stands at `now`: emptied when its time has passed, drifted if it drifts."""
    begun = window
    if window.resets_at is not None and now >= window.resets_at:
        whole = (now - window.resets_at) // window.length
        start = window.resets_at + whole * window.length
        begun = replace(window, used_percent=0.0, resets_at=None, as_of=start)
    if begun.used_percent and begun.resets_at is None:
        begun = replace(begun, resets_at=now + begun.length)
    if not begun.drift:
        return begun
    since = begun.as_of or now
    minutes = max(now - since, timedelta()) / timedelta(minutes=1)
    return replace(
        begun,
        used_percent=min(100.0, begun.used_percent + begun.drift * minutes),
        resets_at=begun.resets_at or since + begun.length,
        as_of=now,
    )


def spent(window: Window, tokens: int, now: datetime) -> Window:
    """The window after `tokens` more have been used at `now`."""
    current = at(window, now)
    return replace(
        current,
        used_percent=min(100.0, current.used_percent + 100.0 * tokens / current.capacity),
        resets_at=current.resets_at or now + current.length,
    )


def filled(window: Window, percent: float, resets_at: datetime) -> Window:
    """The window at `percent` until `resets_at`."""
    return replace(window, used_percent=percent, resets_at=resets_at)
