"""What is left of an account's limits, each number with its source and its age.

Unknown stays unknown: a window that nothing was said about has `remaining=None`, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.account import AccountId


class WindowKind(StrEnum):
    """A limit's period, told by its length and never by its position."""

    SESSION = "session"
    WEEK = "week"
    MONTH = "month"
    OTHER = "other"
    SPEND = "spend"


class QuotaSource(StrEnum):
    """Where a number came from."""

    HEADERS = "headers"
    EVENT = "event"
    USAGE = "usage"
    IMPORT = "import"


SAME_RESET = timedelta(minutes=5)
"""Two ends that differ by less are the same one, said with another rounding."""

EVERYTHING = "all"
"""The scope of a window that limits every model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One limit's period.

    Attributes:
        kind: told by `minutes`.
        minutes: the window's length.
        remaining: 0–100 per cent left; None = unknown.
        resets_at: when it is full again; None = unknown.
        scope: `all`, or the name of the limit.
        observed_at: when the back end said so.
        source: through what.
        since: when this turn of the window was first seen; None = now, for the first time.
        since_remaining: what was left of it then.
    """

    kind: WindowKind
    minutes: int
    remaining: float | None
    resets_at: datetime | None
    scope: str
    observed_at: datetime
    source: QuotaSource
    since: datetime | None = None
    since_remaining: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPoint:
    """What was left of one limit at one moment."""

    account: AccountId
    scope: str
    kind: WindowKind
    minutes: int
    at: datetime
    remaining: float | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Bought credits, as the back end words them."""

    has: bool
    unlimited: bool
    balance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Everything known of one account's limits; None = not said.

    Attributes:
        windows: keyed by (scope, kind, minutes).
        credits: bought ones.
        plan: as the back end calls it.
        reset_credits: how many times a window may be emptied by hand.
        reached: whether the back end itself says that the account is at its limit.
    """

    windows: Mapping[tuple[str, WindowKind, int], Window] = field(default_factory=dict)
    credits: Credits | None = None
    plan: str | None = None
    reset_credits: int | None = None
    reached: bool | None = None

    def window(self, kind: WindowKind, *, scope: str = EVERYTHING) -> Window | None:
        """The window of this kind and scope, the shortest where there are several."""
        found = [w for w in self.windows.values() if w.kind is kind and w.scope == scope]
        return min(found, key=lambda w: w.minutes, default=None)

    def main_windows(self) -> tuple[Window, ...]:
        """The windows that limit every model, but for spending limits."""
        return tuple(
            w
            for w in self.windows.values()
            if w.scope == EVERYTHING and w.kind is not WindowKind.SPEND
        )


def kind_of(minutes: int) -> WindowKind:
    """Tell a window by its length: ≤ 6 h session, 6–8 days week, ≥ 28 days month."""
    if minutes <= 6 * 60:
        return WindowKind.SESSION
    if 6 * 1440 <= minutes <= 8 * 1440:
        return WindowKind.WEEK
    if minutes >= 28 * 1440:
        return WindowKind.MONTH
    return WindowKind.OTHER


def merge(known: Quota, fresh: Quota) -> Quota:
    """What is known after `fresh` was learned: the later look at each window wins."""
    windows = dict(known.windows)
    for key, window in fresh.windows.items():
        older = windows.get(key)
        if older is None or older.observed_at <= window.observed_at:
            windows[key] = window if older is None else _going_on(older, window)
    return Quota(
        windows=windows,
        credits=fresh.credits if fresh.credits is not None else known.credits,
        plan=fresh.plan if fresh.plan is not None else known.plan,
        reset_credits=(
            fresh.reset_credits if fresh.reset_credits is not None else known.reset_credits
        ),
        reached=fresh.reached if fresh.reached is not None else known.reached,
    )


def changed_points(account: AccountId, before: Quota, after: Quota) -> tuple[QuotaPoint, ...]:
    """What is worth a row of the history: each window that differs by a per cent or in its end."""
    return tuple(
        QuotaPoint(
            account=account,
            scope=window.scope,
            kind=window.kind,
            minutes=window.minutes,
            at=window.observed_at,
            remaining=window.remaining,
            resets_at=window.resets_at,
        )
        for key, window in after.windows.items()
        if (known := before.windows.get(key)) is None or _differs(known, window)
    )


def _differs(known: Window, window: Window) -> bool:
    if known.remaining is None or window.remaining is None:
        return known.remaining is not window.remaining
    if abs(known.remaining - window.remaining) >= 1:
        return True
    # A window that has not begun is said to end ever later: that is no change.
    return window.remaining < 100 and not _same_turn(known, window)


def _going_on(older: Window, window: Window) -> Window:
    """The fresh look at a window, with when its turn was first seen, if it is still the same."""
    if older.remaining is None or not _same_turn(older, window):
        return window
    first = older.since is not None
    return replace(
        window,
        since=older.since if first else older.observed_at,
        since_remaining=older.since_remaining if first else older.remaining,
    )


def _same_turn(older: Window, window: Window) -> bool:
    """Whether both looks are at the same turn of the window: it has not reset between them."""
    if older.resets_at is None or window.resets_at is None:
        return older.resets_at is window.resets_at
    return abs(older.resets_at - window.resets_at) <= SAME_RESET


def as_of(window: Window, now: datetime) -> Window | None:
    """The window as it counts at `now`: None once its reset has passed (it is then unknown)."""
    return None if window.resets_at is not None and window.resets_at <= now else window
