"""The icon as a value: which shape, how much of each ring. Equal gauges are the same picture."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.decision import AccountState
from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from tray.present.focus import account_in_focus
from tray.present.limits import is_stale, main_windows, percent_left


class GaugeState(StrEnum):
    """What the shape says, before any colour; the first that holds is shown."""

    DOWN = "down"
    """The proxy does not listen."""
    ATTENTION = "attention"
    """Nothing works until a person does something."""
    PAUSED = "paused"
    """A person has stopped the rotation, or every account."""
    WAITING = "waiting"
    """Nobody can serve before a reset."""
    IDLE = "idle"
    """Codex is not routed here, or there is no account."""
    ROUTING = "routing"
    """Codex is routed here and somebody can serve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What the icon shows.

    Attributes:
        state: the shape.
        rings: whole per cent left, the tighter window first; None = unknown. One or two of them.
        stale: whether the numbers are too old to be trusted.
    """

    state: GaugeState
    rings: tuple[int | None, ...]
    stale: bool


def gauge(report: StatusReport, now: datetime) -> Gauge:
    """The icon of this snapshot at `now`."""
    account = account_in_focus(report)
    if account is None:
        return Gauge(state=_state(report), rings=(None,), stale=False)
    return Gauge(
        state=_state(report),
        rings=_rings(account, now),
        stale=is_stale(main_windows(account), now),
    )


def _state(report: StatusReport) -> GaugeState:
    if not (report.running and report.proxy.listening):
        return GaugeState.DOWN
    if report.vault.locked or report.bind.state in ("drifted", "broken"):
        return GaugeState.ATTENTION
    if not report.accounts:
        return GaugeState.IDLE
    if report.rotation.next is None:
        return _why_nobody(_states_that_count(report))
    if report.rotation.mode == RotationMode.PAUSED:
        return GaugeState.PAUSED
    return GaugeState.ROUTING if report.bind.state == "bound" else GaugeState.IDLE


def _states_that_count(report: StatusReport) -> set[str]:
    """Of the forced account alone, or of all."""
    forced = report.rotation.account if report.rotation.mode == RotationMode.STAY else None
    return {a.state for a in report.accounts if forced in (None, a.id)}


def _why_nobody(states: set[str]) -> GaugeState:
    """Waiting ends by itself; a pause is somebody's wish; all else asks for a hand."""
    if states & {AccountState.WAITING, AccountState.FAILING}:
        return GaugeState.WAITING
    if states <= {AccountState.PAUSED, AccountState.DRAINING, AccountState.DISABLED}:
        return GaugeState.PAUSED
    return GaugeState.ATTENTION


def _rings(account: AccountReport, now: datetime) -> tuple[int | None, ...]:
    """The two main windows, tighter first; an unknown one comes after a known one."""
    left = [percent_left(window, now) for window in main_windows(account)]
    ordered = sorted(left, key=lambda percent: 101 if percent is None else percent)
    return tuple(ordered[:2]) or (None,)
