"""Façades without an engine, and a snapshot for them to show."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.events import ShowRequested
from core.domain.report import (
    AccountReport,
    BindReport,
    CreditsReport,
    LastHour,
    NoticeReport,
    ProxyReport,
    RotationReport,
    StatusReport,
    TrafficReport,
    VaultReport,
    VerdictReport,
    WindowReport,
    WorkspaceReport,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def window(minutes: int, remaining: float | None) -> WindowReport:
    return WindowReport(
        kind="session" if minutes == 300 else "week",
        minutes=minutes,
        remaining=remaining,
        resets_at=LATER,
        scope="all",
        observed_at=NOW,
        source="headers",
    )


def account(number: int, *, label: str = "", state: str = "ready") -> AccountReport:
    return AccountReport(
        id=AccountId(f"acc_{number}"),
        number=number,
        label=label or f"Work {number}",
        email=f"person{number}@example.com",
        workspace=WorkspaceReport(id=f"workspace-{number}", name=""),
        plan="plus",
        refresher="elsewhere",
        state=state,
        until=None if state == "ready" else LATER,
        because="Ready.",
        windows=(window(300, 62.0), window(10080, None)),
        credits=CreditsReport(has=True, unlimited=False, balance="12.50"),
        in_flight=0,
        last_used=NOW,
    )


def snapshot(*accounts: AccountReport, version: str = "0.1.0") -> StatusReport:
    """A `serve` that has routed a Codex; two accounts unless others are given."""
    return StatusReport(
        version=version,
        running=True,
        mode="serve",
        pid=7,
        home="a folder",
        proxy=ProxyReport(
            listening=True,
            address="127.0.0.1:8791",
            in_flight=0,
            streams=0,
            websockets=0,
            uptime_s=1.5,
        ),
        bind=BindReport(state="bound", mode="base-url", codex_home="a home", since=NOW),
        rotation=RotationReport(
            mode="auto", account=None, strategy="sticky", next=AccountId("acc_1"), until=None
        ),
        accounts=accounts or (account(1), account(2, state="waiting")),
        verdict=VerdictReport(state="enough", until=None, text="Enough: Work 1 has 62 % left."),
        traffic=TrafficReport(
            last_hour=LastHour(requests=3, served=1, moved=1, refused=1, failed=0),
            pool_pause_until=None,
        ),
        vault=VaultReport(backend="passphrase", locked=False),
        notices=(NoticeReport(code="settings", text="A key was passed over."),),
    )


class ScriptedFacade:
    """A `core.control.facade.Facade` whose verbs do what their names say.

    Attributes:
        called: set when a verb has begun.
        cancelled: set when `hang` was cut off.
    """

    def __init__(self) -> None:
        self.report = snapshot()
        self.called = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.pending: asyncio.Queue[StatusReport | ShowRequested | None] = asyncio.Queue()

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        self.called.set()
        match verb:
            case "echo":
                return dict(arguments)
            case "refuse":
                raise CoreError("why", "What.", "How.", exit_code=ExitCode.LEFT_ALONE)
            case "break":
                raise RuntimeError("a defect with fake-secret in it")
            case "log":
                return {"requests": []}
            case "long":
                return {"text": "x" * 8 * 1024 * 1024}
            case _:
                try:
                    await asyncio.Event().wait()
                finally:
                    self.cancelled.set()
                return {}

    async def status(self) -> StatusReport:
        return self.report

    async def watch(self) -> AsyncIterator[StatusReport | ShowRequested]:
        yield self.report
        while (seen := await self.pending.get()) is not None:
            yield seen
