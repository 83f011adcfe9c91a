"""What `GET /status` tells another tool: how the accounts stand, and nothing about whose they are.

Every field is named here, so that what is added to the snapshot stays inside until somebody
decides otherwise.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from core import reports
from core.domain.report import (
    AccountReport,
    BindReport,
    StatusReport,
    VaultReport,
    WindowReport,
)
from core.domain.rules import PoolId
from core.domain.settings import RoutingSettings
from core.domain.state import State
from core.domain.version import VERSION
from core.storage.data_folder import DataFolder
from core.words.speech import Speech

_UNSAID = BindReport(state="", mode="", codex_home="", since=None)


def tool_status(
    folder: DataFolder,
    on_show: Callable[[reports.Engine, State], reports.Engine],
    *,
    pool: PoolId | None,
    routing: RoutingSettings,
    now: datetime,
    speech: Speech,
) -> dict[str, object]:
    """The answer as of now, of a pool's accounts (None: of all).

    `on_show` adds what a serving process knows.
    """
    vault = VaultReport(backend=folder.vault.backend, locked=folder.vault.locked)
    state = _of(pool, folder.store.state)
    engine = reports.Engine(version=VERSION, home="", bind=_UNSAID, vault=vault)
    report = reports.status(
        engine=on_show(engine, state),
        state=state,
        observed=folder.store.observed,
        routing=routing,
        now=now,
        speech=speech,
    )
    return for_tools(report)


def _of(pool: PoolId | None, state: State) -> State:
    """As if there were no other accounts than those of the pool; a pool that has gone has none."""
    if pool is None:
        return state
    known = state.pools.get(pool)
    members = frozenset(() if known is None else known.accounts)
    return replace(state, accounts={i: a for i, a in state.accounts.items() if i in members})


def for_tools(report: StatusReport) -> dict[str, object]:
    """A part of the snapshot (INTERFACES §3) as JSON: no e-mail, workspace name, pid or path."""
    return {
        "version": report.version,
        "running": report.running,
        "proxy": {
            "listening": report.proxy.listening,
            "in_flight": report.proxy.in_flight,
            "streams": report.proxy.streams,
            "websockets": report.proxy.websockets,
            "uptime_s": report.proxy.uptime_s,
        },
        "rotation": {
            "mode": report.rotation.mode,
            "strategy": report.rotation.strategy,
            "until": _time(report.rotation.until),
        },
        "accounts": [_account(account) for account in report.accounts],
        "verdict": {
            "state": report.verdict.state,
            "until": _time(report.verdict.until),
            "text": report.verdict.text,
        },
        "traffic": {"pool_pause_until": _time(report.traffic.pool_pause_until)},
        "vault": {"locked": report.vault.locked},
    }


def _account(account: AccountReport) -> dict[str, object]:
    # A label that the user never changed may be an address.
    label = f"#{account.number}" if "@" in account.label else account.label
    return {
        "id": account.id,
        "number": account.number,
        "label": label,
        "plan": account.plan,
        "state": account.state,
        "until": _time(account.until),
        "because": account.because,
        "windows": [_window(window) for window in account.windows],
        "reserve": asdict(account.reserve),
        "in_flight": account.in_flight,
        "last_used": _time(account.last_used),
    }


def _window(window: WindowReport) -> dict[str, object]:
    return {
        "kind": window.kind,
        "minutes": window.minutes,
        "remaining": window.remaining,
        "resets_at": _time(window.resets_at),
        "scope": window.scope,
        "observed_at": _time(window.observed_at),
        "source": window.source,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
