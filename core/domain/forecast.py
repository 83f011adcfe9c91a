"""What is to be expected: who runs out when, who is next, what is lost, how the pool stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.account import AccountId
from core.domain.quota import WindowKind


class PoolState(StrEnum):
    """How the pool stands, in one word."""

    ENOUGH = "enough"
    TIGHT = "tight"
    EMPTY = "empty"
    COLLECTING = "collecting"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowForecast:
    """What becomes of one window of one account.

    Attributes:
        account: whose.
        kind: which window.
        minutes: its length.
        remaining: per cent left now; None = unknown.
        per_hour: per cent used an hour; None = too little is known ("collecting").
        runs_out_at: when nothing is left above the reserve; None = it lasts, or nobody knows.
        earliest: the same at the highest pace that was seen.
        latest: at the lowest.
        resets_at: when it is full again; None = unknown.
        expires_unused: per cent that will be lost at the reset; None = unknown.
    """

    account: AccountId
    kind: WindowKind
    minutes: int
    remaining: float | None
    per_hour: float | None
    runs_out_at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    resets_at: datetime | None
    expires_unused: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolForecast:
    """How the whole pool stands.

    Attributes:
        state: in one word.
        until: enough: when nothing would be left (None: not in sight); tight: when the account in
            use runs out; empty: when somebody is back.
        account: enough: who has most left; tight: who runs out; empty: who is back first.
        then: who takes over from the one that runs out; None = nobody.
        left: per cent left of `account`, where it is known.
    """

    state: PoolState
    until: datetime | None
    account: AccountId | None
    then: AccountId | None
    left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPoint:
    """What all accounts together have left at one moment, in per cent of what they can hold.

    Attributes:
        at: the moment.
        low: at the highest pace that was seen.
        likely: at the likely one.
        high: at the lowest one.
    """

    at: datetime
    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The whole of it.

    Attributes:
        pool: the verdict.
        in_use: who would get a new thread now; None = nobody.
        next: who would after that one.
        windows: every main window of every account, in the accounts' order.
    """

    pool: PoolForecast
    in_use: AccountId | None
    next: AccountId | None
    windows: tuple[WindowForecast, ...]
