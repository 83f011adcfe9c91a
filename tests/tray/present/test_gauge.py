"""What the icon shows for each way that things can stand."""

from datetime import timedelta

import pytest

from core.domain.report import StatusReport
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.present.gauge import GaugeState, gauge

HOUR = timedelta(hours=1)
WORK = account(1)
WAITING = account(2, "Personal", state="waiting", until=HOUR)
SIGNED_OUT = account(3, "Old laptop", state="needs_sign_in")
PAUSED = account(4, "Client", state="paused")


@pytest.mark.parametrize(
    ("report", "state"),
    [
        pytest.param(snapshot(WORK), GaugeState.ROUTING, id="bound and served: routing"),
        pytest.param(snapshot(WORK, bind="unbound"), GaugeState.IDLE, id="not bound: idle"),
        pytest.param(snapshot(), GaugeState.IDLE, id="no account: idle"),
        pytest.param(snapshot(WORK, listening=False), GaugeState.DOWN, id="no listener: down"),
        pytest.param(
            snapshot(WORK, listening=False, locked=True), GaugeState.DOWN, id="down comes first"
        ),
        pytest.param(snapshot(WORK, locked=True), GaugeState.ATTENTION, id="locked: attention"),
        pytest.param(
            snapshot(WORK, bind="drifted"), GaugeState.ATTENTION, id="key changed: attention"
        ),
        pytest.param(
            snapshot(WORK, bind="broken"), GaugeState.ATTENTION, id="config broken: attention"
        ),
        pytest.param(snapshot(WORK, mode="paused"), GaugeState.PAUSED, id="rotation paused"),
        pytest.param(snapshot(PAUSED), GaugeState.PAUSED, id="every account paused"),
        pytest.param(
            snapshot(WAITING, SIGNED_OUT), GaugeState.WAITING, id="somebody comes back: waiting"
        ),
        pytest.param(
            snapshot(SIGNED_OUT, PAUSED), GaugeState.ATTENTION, id="all signed out: attention"
        ),
        pytest.param(
            snapshot(WORK, WAITING, serves=None, mode="stay", steered=2),
            GaugeState.WAITING,
            id="the forced one waits, whoever else is ready",
        ),
        pytest.param(
            snapshot(WAITING, SIGNED_OUT, mode="stay", steered=3),
            GaugeState.ATTENTION,
            id="the forced one is signed out, whoever else waits",
        ),
    ],
)
def test_state(report: StatusReport, state: GaugeState) -> None:
    assert gauge(report, NOW).state is state


@pytest.mark.parametrize(
    ("report", "rings"),
    [
        pytest.param(snapshot(WORK), (40, 62), id="the tighter window is the outer ring"),
        pytest.param(snapshot(account(windows=(week(7),))), (7,), id="one window makes one ring"),
        pytest.param(snapshot(account(windows=())), (None,), id="nothing known is one unknown"),
        pytest.param(
            snapshot(account(windows=(window(None), week(40)))),
            (40, None),
            id="the known one is outside",
        ),
        pytest.param(
            snapshot(account(windows=(window(0), week(None)))),
            (0, None),
            id="empty and unknown are two things",
        ),
        pytest.param(snapshot(), (None,), id="no account has no number"),
        pytest.param(
            snapshot(WORK, account(2, windows=(window(9),)), serves=2),
            (9,),
            id="the numbers are those of the account that serves next",
        ),
    ],
)
def test_rings(report: StatusReport, rings: tuple[int | None, ...]) -> None:
    assert gauge(report, NOW).rings == rings


def test_old_numbers_are_told_from_fresh_ones() -> None:
    old = snapshot(account(windows=(window(62, age=timedelta(hours=2)),)))
    assert gauge(old, NOW).stale
    assert not gauge(snapshot(WORK), NOW).stale


def test_unchanged_numbers_are_the_same_picture() -> None:
    later = NOW + timedelta(minutes=3)
    assert gauge(snapshot(account(windows=(window(62.9),))), NOW) == gauge(
        snapshot(account(windows=(window(62.1),)), in_flight=2), later
    )
