"""What `/status` tells another tool, and what it keeps to itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from core.domain.account import AccountId
from core.domain.report import (
    NO_RESERVE,
    AccountReport,
    BindReport,
    LastHour,
    ProxyReport,
    RotationReport,
    StatusReport,
    TrafficReport,
    VaultReport,
    VerdictReport,
    WindowReport,
    WorkspaceReport,
)
from core.tool_status import for_tools

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = WindowReport(
    kind="session",
    minutes=300,
    remaining=62.0,
    resets_at=NOW,
    scope="all",
    observed_at=NOW,
    source="headers",
)
ACCOUNT = AccountReport(
    id=AccountId("acc_1"),
    number=1,
    label="Work",
    email="ada@secret.example",
    workspace=WorkspaceReport(id="ws-secret", name="Secret GmbH"),
    plan="plus",
    refresher="turntable",
    state="ready",
    until=None,
    because="Ready.",
    windows=(WINDOW,),
    credits=None,
    in_flight=0,
    last_used=None,
    reserve=NO_RESERVE,
    note="secret note",
    tags=("secret",),
)
REPORT = StatusReport(
    version="1",
    running=True,
    mode="serve",
    pid=4711,
    home="/home/secret",
    proxy=ProxyReport(
        listening=True, address="127.0.0.1:1", in_flight=1, streams=1, websockets=0, uptime_s=1.0
    ),
    bind=BindReport(state="bound", mode="base-url", codex_home="/home/secret/.codex", since=None),
    rotation=RotationReport(mode="auto", account=None, strategy="balanced", next=None, until=None),
    accounts=(ACCOUNT, replace(ACCOUNT, number=2, label="ada@secret.example")),
    verdict=VerdictReport(state="enough", until=NOW, text="Enough."),
    traffic=TrafficReport(
        last_hour=LastHour(requests=0, served=0, moved=0, refused=0, failed=0),
        pool_pause_until=None,
    ),
    vault=VaultReport(backend="keyring", locked=False),
    notices=(),
)


def test_a_tool_learns_how_the_accounts_stand_and_nothing_about_whose_they_are() -> None:
    told = json.dumps(for_tools(REPORT))
    for hidden in ("secret", "4711", "ada@"):
        assert hidden not in told
    accounts = json.loads(told)["accounts"]
    assert [account["label"] for account in accounts] == ["Work", "#2"]
    assert accounts[0]["windows"][0]["resets_at"] == "2026-11-20T12:00:00Z"
    assert accounts[0]["state"] == "ready"
