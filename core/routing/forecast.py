"""What is to be expected, from what is left and how fast it is used (pure)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.account import Account, AccountId
from core.domain.decision import AccountState, Use, Verdict
from core.domain.facts import Facts, RequestKind
from core.domain.forecast import Forecast, PoolForecast, PoolState, WindowForecast
from core.domain.observed import Observed
from core.domain.quota import Quota, Window, as_of
from core.domain.state import Rotation, RotationMode, State, rotation_at
from core.routing.ahead import Room, room_of
from core.routing.eligibility import standing
from core.routing.headroom import floor_of
from core.routing.pace import left_at_reset, pace_of, runs_out
from core.routing.select import Chances, select

TIGHT = 20.0
"""Per cent left of the best account below which the pool counts as tight."""
SOON = timedelta(hours=5)
"""What runs out within this time makes the pool tight."""
HORIZON = timedelta(days=14)
"""How far ahead the pool's head-room is followed."""
_NOTHING_KNOWN = Quota()


def forecast(state: State, observed: Observed, chances: Chances) -> Forecast:
    """What is to be expected as of `chances.now`."""
    now = chances.now
    windows = tuple(
        _window_forecast(account, window, now)
        for account in state.accounts.values()
        for window in _ordered(observed.quotas.get(account.id, _NOTHING_KNOWN))
    )
    in_use = _chosen(state, observed, chances, frozenset())
    then = None
    if in_use is not None:
        free = replace(state, rotation=Rotation())
        then = _chosen(free, observed, chances, frozenset({in_use}))
    pool = _pool(state, observed, windows, in_use=in_use, then=then, now=now)
    return Forecast(pool=pool, in_use=in_use, next=then, windows=windows)


def _ordered(quota: Quota) -> Sequence[Window]:
    return sorted(quota.main_windows(), key=lambda w: w.minutes)


def _chosen(
    state: State, observed: Observed, chances: Chances, but: frozenset[AccountId]
) -> AccountId | None:
    decision = select(
        state=state.unruled(),
        observed=replace(observed, paused_until=None, challenged_until=None),
        facts=Facts(kind=RequestKind.RESPONSES),
        tried=but,
        chances=chances,
    )
    return decision.account if isinstance(decision, Use) else None


def _window_forecast(account: Account, window: Window, now: datetime) -> WindowForecast:
    current = as_of(window, now)
    pace = pace_of(window, now)
    floor = floor_of(account.reserve, window.kind)
    out = runs_out(window, pace, floor=floor, now=now) if pace is not None else None
    return WindowForecast(
        account=account.id,
        kind=window.kind,
        minutes=window.minutes,
        remaining=None if current is None else current.remaining,
        per_hour=None if pace is None else pace.likely,
        runs_out_at=None if out is None else out.likely,
        earliest=None if out is None else out.earliest,
        latest=None if out is None else out.latest,
        resets_at=None if current is None else current.resets_at,
        expires_unused=None if current is None else left_at_reset(current, pace, floor=floor),
    )


def _pool(
    state: State,
    observed: Observed,
    windows: Sequence[WindowForecast],
    *,
    in_use: AccountId | None,
    then: AccountId | None,
    now: datetime,
) -> PoolForecast:
    """The verdict. During `stay` the pool is the one account: what others have serves nobody."""
    rotation = rotation_at(state, now)
    only = rotation.account if rotation.mode is RotationMode.STAY else None
    members = [a for a in state.accounts.values() if only in (None, a.id)]
    verdicts = {a.id: standing(a, observed, model="", now=now) for a in members}
    ready = [a for a in members if verdicts[a.id].state is AccountState.READY]
    if not ready:
        return _empty(list(verdicts.values()))
    left = {
        a.id: tightest
        for a in ready
        if (tightest := _tightest(observed.quotas.get(a.id, _NOTHING_KNOWN), now)) is not None
    }
    if not left:
        return PoolForecast(
            state=PoolState.COLLECTING, until=None, account=None, then=None, left=None
        )
    ends = [w.runs_out_at for w in windows if w.account == in_use and w.runs_out_at is not None]
    soonest = min(ends, default=None)
    if in_use is not None and soonest is not None and soonest - now <= SOON:
        return PoolForecast(
            state=PoolState.TIGHT,
            until=soonest,
            account=in_use,
            then=then if only is None else None,
            left=left.get(in_use),
        )
    best = max(left, key=lambda account: left[account])
    known = PoolForecast(
        state=PoolState.TIGHT if left[best] < TIGHT else PoolState.ENOUGH,
        until=None,
        account=best,
        then=None,
        left=left[best],
    )
    if known.state is PoolState.TIGHT:
        return known
    return replace(known, until=_dry_at(ready, observed, now))


def _empty(verdicts: Sequence[Verdict]) -> PoolForecast:
    back = [v for v in verdicts if v.until is not None]
    first = min(back, key=lambda v: (v.until, v.account), default=None)
    return PoolForecast(
        state=PoolState.EMPTY,
        until=None if first is None else first.until,
        account=None if first is None else first.account,
        then=None,
        left=None,
    )


def _tightest(quota: Quota, now: datetime) -> float | None:
    known = [
        current.remaining
        for window in quota.main_windows()
        if (current := as_of(window, now)) is not None and current.remaining is not None
    ]
    return min(known, default=None)


def _dry_at(ready: Sequence[Account], observed: Observed, now: datetime) -> datetime | None:
    """When the pool's long windows are used up together at today's pace; None = not in sight.

    All threads together use what all accounts together were seen to use; each reset fills its
    account again.
    """
    rooms = [room_of(a, observed.quotas.get(a.id, _NOTHING_KNOWN), now) for a in ready]
    known = [room for room in rooms if room is not None]
    if len(known) < len(rooms):
        return None  # of one account nothing is known: nothing is promised for the pool
    per_hour = sum(room.pace.likely for room in known)
    return _follow(now, known, per_hour) if per_hour > 0 else None


def _follow(now: datetime, pools: Sequence[Room], per_hour: float) -> datetime | None:
    """Let time pass from reset to reset until nothing is left."""
    left = [pool.left for pool in pools]
    at = now
    for moment, position in _resets(now, pools):
        total = sum(left)
        used = per_hour * ((moment - at) / timedelta(hours=1))
        if used >= total:
            return at + timedelta(hours=total / per_hour)
        # What is used comes from all alike; what the account had left is lost at its reset.
        left = [room * (1 - used / total) for room in left]
        left[position] = pools[position].full
        at = moment
    dry = at + timedelta(hours=sum(left) / per_hour)
    return dry if dry - now <= HORIZON else None


def _resets(now: datetime, pools: Sequence[Room]) -> list[tuple[datetime, int]]:
    """Every reset within the horizon, in order, with whose it is."""
    moments = []
    for position, pool in enumerate(pools):
        moment = pool.resets_at
        while moment is not None and moment - now <= HORIZON:
            moments.append((moment, position))
            moment += pool.length
    return sorted(moments)
