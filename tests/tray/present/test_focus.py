"""Which account the icon and the head of the menu speak of."""

from datetime import timedelta

import pytest

from core.domain.report import StatusReport
from tests.tray.snapshots import NOW, account, snapshot
from tray.present.focus import account_in_focus

WORK = account(1, "Work")
HOME = account(2, "Home")


@pytest.mark.parametrize(
    ("report", "label"),
    [
        pytest.param(snapshot(WORK, HOME, serves=2), "Home", id="who serves the next thread"),
        pytest.param(
            snapshot(WORK, HOME, serves=1, mode="stay", steered=2),
            "Home",
            id="the forced one, always",
        ),
        pytest.param(
            snapshot(WORK, HOME, serves=1, mode="use", steered=2),
            "Work",
            id="the preferred one only while it serves",
        ),
        pytest.param(
            snapshot(
                account(1, "Late", state="waiting", until=timedelta(hours=2)),
                account(2, "Soon", state="waiting", until=timedelta(hours=1)),
                serves=None,
            ),
            "Soon",
            id="who is back first, where nobody serves",
        ),
        pytest.param(
            snapshot(
                account(1, "Never used", state="needs_sign_in"),
                account(2, "Used", state="needs_sign_in", last_used=NOW),
                serves=None,
            ),
            "Used",
            id="who was used last, where nobody comes back",
        ),
    ],
)
def test_focus(report: StatusReport, label: str) -> None:
    shown = account_in_focus(report)
    assert shown is not None
    assert shown.label == label


def test_no_account_no_focus() -> None:
    assert account_in_focus(snapshot()) is None
