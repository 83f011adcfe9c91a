"""Taking back: each wish has another that undoes it, or none."""

from dataclasses import replace

import pytest

from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.domain.report import ReserveReport, StatusReport
from tests.tray.snapshots import account, snapshot
from tray.present.entries import Perform
from tray.present.undo import undo_of

AUTO = snapshot(account(1), account(2))
KEPT = snapshot(
    replace(account(1), reserve=ReserveReport(session=0, week=20, month=0), note="Mine."),
    mode="stay",
    steered=1,
)


def wish(verb: str, **arguments: JsonValue) -> Perform:
    return Perform(verb=verb, arguments=arguments)


def policy(does: str, **more: JsonValue) -> Perform:
    return wish("account", action=does, account="acc_1", **more)


@pytest.mark.parametrize(
    ("performed", "before", "undo"),
    [
        pytest.param(wish("use", account="acc_2"), AUTO, wish("auto"), id="back to automatic"),
        pytest.param(
            wish("auto"), KEPT, wish("stay", account="acc_1"), id="back to the forced one"
        ),
        pytest.param(wish("auto"), AUTO, None, id="automatic already"),
        pytest.param(wish("stay", account="acc_1"), KEPT, None, id="forced already"),
        pytest.param(wish("bind"), snapshot(bind="unbound"), wish("unbind"), id="routed"),
        pytest.param(wish("unbind"), snapshot(), wish("bind"), id="given back"),
        pytest.param(wish("bind"), snapshot(bind="drifted"), None, id="what was broken stays"),
        pytest.param(policy("pause"), AUTO, policy("resume"), id="paused"),
        pytest.param(policy("undrain"), AUTO, policy("drain"), id="new chats again"),
        pytest.param(policy("disable"), AUTO, policy("enable"), id="disabled"),
        pytest.param(
            policy("rename", value="Job"), AUTO, policy("rename", value="Work"), id="renamed"
        ),
        pytest.param(policy("rename", value="Work"), AUTO, None, id="renamed to the same"),
        pytest.param(policy("note", value=""), KEPT, policy("note", value="Mine."), id="a note"),
        pytest.param(
            policy("reserve", session=5, week=5),
            KEPT,
            policy("reserve", session=0, week=20),
            id="a reserve",
        ),
        pytest.param(policy("weight", value="3"), AUTO, policy("weight", value="1"), id="a weight"),
        pytest.param(policy("tag", value="job"), AUTO, policy("untag", value="job"), id="a tag"),
        pytest.param(policy("untag", value="job"), AUTO, None, id="a tag that was not there"),
        pytest.param(policy("remove"), AUTO, policy("put-back"), id="removed"),
        pytest.param(wish("check", account="acc_1"), AUTO, None, id="asking changes nothing"),
        pytest.param(
            wish("account", action="pause", account="acc_9"), AUTO, None, id="nobody of this id"
        ),
    ],
)
def test_undo(performed: Perform, before: StatusReport, undo: Perform | None) -> None:
    assert undo_of(performed, before) == undo
    for one in (performed, undo):
        if one is not None:
            VERBS[one.verb].check(one.arguments)
