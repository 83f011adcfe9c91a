"""A login is whole when its catalogue has a model and its workspace is known."""

import pytest

from core.domain.workspace_route import WorkspaceRoute
from core.quota.back_end import NoAnswer, Refused
from core.quota.deep import Deep

SILENT = NoAnswer(detail="ConnectError")
ROUTE = WorkspaceRoute()


@pytest.mark.parametrize(
    ("models", "route", "whole"),
    [
        pytest.param(("gpt-6.1-sol",), ROUTE, True, id="both were told"),
        pytest.param((), ROUTE, False, id="a catalogue without a model"),
        pytest.param(SILENT, ROUTE, False, id="no catalogue"),
        pytest.param(("gpt-6.1-sol",), SILENT, False, id="no entry of its workspace"),
    ],
)
def test_a_turn_needs_a_model_and_a_workspace(
    models: tuple[str, ...] | Refused, route: WorkspaceRoute | Refused, whole: bool
) -> None:
    assert Deep(models=models, route=route).whole is whole
