"""Made-up snapshots: one builder a part, every field with a plain default."""

from datetime import UTC, datetime, timedelta

from core.domain.account import AccountId
from core.domain.report import (
    AccountReport,
    BindReport,
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
"""A Monday morning."""


def window(
    remaining: float | None,
    *,
    kind: str = "session",
    minutes: int = 300,
    resets_in: timedelta | None = timedelta(hours=5, minutes=30),
    age: timedelta = timedelta(0),
    scope: str = "all",
    now: datetime = NOW,
) -> WindowReport:
    return WindowReport(
        kind=kind,
        minutes=minutes,
        remaining=remaining,
        resets_at=None if resets_in is None else now + resets_in,
        scope=scope,
        observed_at=now - age,
        source="headers",
    )


def week(
    remaining: float | None, *, age: timedelta = timedelta(0), now: datetime = NOW
) -> WindowReport:
    day = timedelta(days=1)
    return window(remaining, kind="week", minutes=10080, resets_in=day, age=age, now=now)


def account(
    number: int = 1,
    label: str = "Work",
    *,
    plan: str = "plus",
    state: str = "ready",
    until: timedelta | None = None,
    windows: tuple[WindowReport, ...] | None = None,
    last_used: datetime | None = None,
    now: datetime = NOW,
) -> AccountReport:
    return AccountReport(
        id=AccountId(f"acc_{number}"),
        number=number,
        label=label,
        email="person@example.com",
        workspace=WorkspaceReport(id=f"ws_{number}", name="Personal"),
        plan=plan,
        refresher="elsewhere",
        state=state,
        until=None if until is None else now + until,
        because="",
        windows=(window(62, now=now), week(40, now=now)) if windows is None else windows,
        credits=None,
        in_flight=0,
        last_used=last_used,
    )


def snapshot(
    *accounts: AccountReport,
    serves: int | None = 1,
    second: int | None = None,
    mode: str = "auto",
    steered: int | None = None,
    bind: str = "bound",
    listening: bool = True,
    in_flight: int = 0,
    locked: bool = False,
    notices: tuple[str, ...] = (),
    code: str = "told",
    owner: str = "tray",
    home: str = "/home/person/.local/share/turntable",
) -> StatusReport:
    known = {a.id for a in accounts}
    following = AccountId(f"acc_{serves}")
    return StatusReport(
        version="0.1.0",
        running=True,
        mode=owner,
        pid=1,
        home=home,
        proxy=ProxyReport(
            listening=listening,
            address="127.0.0.1:8791" if listening else None,
            in_flight=in_flight,
            streams=in_flight,
            websockets=0,
            uptime_s=1.0,
        ),
        bind=BindReport(state=bind, mode="base-url", codex_home="/home/person/.codex", since=None),
        rotation=RotationReport(
            mode=mode,
            account=None if steered is None else AccountId(f"acc_{steered}"),
            strategy="sticky",
            next=following if following in known else None,
            until=None,
            second=None if second is None else AccountId(f"acc_{second}"),
        ),
        accounts=accounts,
        verdict=VerdictReport(state="enough", until=None, text="Enough."),
        traffic=TrafficReport(
            last_hour=LastHour(requests=0, served=0, moved=0, refused=0, failed=0),
            pool_pause_until=None,
        ),
        vault=VaultReport(backend="keyring", locked=locked),
        notices=tuple(NoticeReport(code=code, text=text) for text in notices),
    )
