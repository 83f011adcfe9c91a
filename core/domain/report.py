"""What every face shows: one snapshot, the same for tray, command line and API.

The field names are the contract of `status --json`; percentages are *remaining* 0–100.
"""

from dataclasses import dataclass
from datetime import datetime

from core.domain.account import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyReport:
    """The listener."""

    listening: bool
    address: str | None
    in_flight: int
    streams: int
    websockets: int
    uptime_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReport:
    """Whether a Codex home is routed here: `bound`, `unbound`, `drifted`, `broken`."""

    state: str
    mode: str
    codex_home: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationReport:
    """The steering, who serves the next new thread, and who would if that one could not."""

    mode: str
    account: AccountId | None
    strategy: str
    next: AccountId | None
    until: datetime | None
    second: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceReport:
    """The account's workspace."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowReport:
    """One limit; `remaining` is None when it is unknown or its reset has passed.

    `per_hour` is the pace in per cent, None while too little is known; `runs_out_at` when nothing
    would be left at that pace, None where it lasts until the reset.
    """

    kind: str
    minutes: int
    remaining: float | None
    resets_at: datetime | None
    scope: str
    observed_at: datetime
    source: str
    per_hour: float | None = None
    runs_out_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditsReport:
    """Bought credits."""

    has: bool
    unlimited: bool
    balance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveReport:
    """Per cent of each window that automation leaves untouched."""

    session: float
    week: float
    month: float


NO_RESERVE = ReserveReport(session=0.0, week=0.0, month=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """One account as it stands now.

    `because` is a sentence; `state`, and `reason` that says the same as `because`, are words for
    programs (`core.domain.decision`). `reset_credit_ends` is when the next reset credit expires,
    `reset_credit_soon` whether that is within a day.
    """

    id: AccountId
    number: int
    label: str
    email: str
    workspace: WorkspaceReport
    plan: str
    refresher: str
    state: str
    until: datetime | None
    because: str
    windows: tuple[WindowReport, ...]
    credits: CreditsReport | None
    in_flight: int
    last_used: datetime | None
    reset_credits: int | None = None
    reset_credit_ends: datetime | None = None
    reset_credit_soon: bool = False
    reserve: ReserveReport = NO_RESERVE
    weight: int = 1
    tags: tuple[str, ...] = ()
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReport:
    """How the whole pool stands: `enough`, `tight`, `empty`, `collecting`."""

    state: str
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastHour:
    """Requests of the last 60 minutes by what became of them."""

    requests: int
    served: int
    moved: int
    refused: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficReport:
    """What went through."""

    last_hour: LastHour
    pool_pause_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultReport:
    """Where the key of the secrets lies: `keyring`, `passphrase`; `none` before the first."""

    backend: str
    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """A chat that went on with another account, and when."""

    thread: str
    moved_from: AccountId
    moved_to: AccountId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReport:
    """A sentence that waits to be read."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The whole snapshot."""

    version: str
    running: bool
    mode: str | None
    pid: int | None
    home: str
    proxy: ProxyReport
    bind: BindReport
    rotation: RotationReport
    accounts: tuple[AccountReport, ...]
    verdict: VerdictReport
    traffic: TrafficReport
    vault: VaultReport
    notices: tuple[NoticeReport, ...]
    moves: tuple[MoveReport, ...] = ()
