"""The snapshot: how accounts and pool stand, from hand-made states; and the contract's JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core import reports
from core.control.codec import to_json
from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.health import Block
from core.domain.observed import Observed, Owner
from core.domain.quota import Credits, Quota
from core.domain.report import BindReport, LastHour, StatusReport, VaultReport, VerdictReport
from core.domain.rules import Rules
from core.domain.settings import RoutingSettings
from core.domain.state import Rotation, RotationMode, State
from core.words.speech import english
from tests.core.domain.test_quota import quota, window
from tests.core.routing.pool import LATER, NOW, pool

A, B = AccountId("A"), AccountId("B")
SOONER = NOW + timedelta(hours=1)
WEEK = 7 * 1440

ENGINE = reports.Engine(
    version="0.1.0",
    home="a folder",
    bind=BindReport(state="unbound", mode="base-url", codex_home="a home", since=None),
    vault=VaultReport(backend="none", locked=False),
)


def status(
    state: State,
    observed: Observed | None = None,
    *,
    engine: reports.Engine = ENGINE,
    strategy: str = "sticky",
) -> StatusReport:
    return reports.status(
        engine=engine,
        state=state,
        observed=observed or Observed(),
        routing=RoutingSettings(strategy=strategy),
        now=NOW,
        speech=english(),
    )


def waits(until: datetime, *, model: str = "") -> tuple[Block, ...]:
    return (Block(because=Because.USAGE_LIMIT, model=model, since=NOW, until=until),)


# --- notices ---------------------------------------------------------------------------------


def test_rules_that_cannot_be_read_are_a_notice_because_nothing_is_served() -> None:
    report = status(replace(pool("A"), rules=Rules(unreadable=True)))
    (notice,) = report.notices
    assert (notice.code, "`turntable rule clear`" in notice.text) == ("rules_unreadable", True)
    assert status(pool("A")).notices == ()


def test_a_challenge_of_the_network_is_said_and_is_no_accounts_fault() -> None:
    challenged = Observed(challenged_until=NOW + timedelta(seconds=8))
    report = status(State(accounts=pool("A").accounts), challenged)
    (notice,) = report.notices
    assert notice.code == "network_challenged"
    assert "no account is at fault" in notice.text
    assert report.accounts[0].state == "ready"
    assert report.traffic.pool_pause_until == challenged.challenged_until


# --- the pool --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    state: State
    quotas: Mapping[AccountId, Quota] = field(default_factory=dict)
    blocks: Mapping[AccountId, tuple[Block, ...]] = field(default_factory=dict)
    signed_out: Mapping[AccountId, Because] = field(default_factory=dict)

    def verdict(self) -> VerdictReport:
        observed = Observed(quotas=self.quotas, blocks=self.blocks, signed_out=self.signed_out)
        return status(self.state, observed).verdict


STAY_A = Rotation(mode=RotationMode.STAY, account=A)


@pytest.mark.parametrize(
    ("row", "state", "until", "text"),
    [
        pytest.param(Row(state=pool("")), "empty", None, "No account yet.", id="nobody is there"),
        pytest.param(
            Row(state=pool("AB")), "collecting", None, "Collecting.", id="nothing is known yet"
        ),
        pytest.param(
            Row(
                state=pool("AB"), quotas={A: quota(window(300, 50.0)), B: quota(window(300, 60.0))}
            ),
            "enough",
            None,
            "Enough: B has 60 % left.",
            id="the best account speaks for the pool",
        ),
        pytest.param(
            Row(state=pool("A"), quotas={A: quota(window(300, 90.0), window(WEEK, 10.0))}),
            "tight",
            None,
            "Tight: A has 10 % left.",
            id="an account has what its tightest window has",
        ),
        pytest.param(
            Row(state=pool("A"), quotas={A: quota(window(300, 20.0))}),
            "enough",
            None,
            "Enough: A has 20 % left.",
            id="a fifth is enough",
        ),
        pytest.param(
            Row(state=pool("A"), quotas={A: quota(window(300, 19.9))}),
            "tight",
            None,
            "Tight: A has 19 % left.",
            id="less is tight",
        ),
        pytest.param(
            Row(state=pool("A"), quotas={A: quota(window(300, 0.0, resets_at=NOW))}),
            "collecting",
            None,
            "Collecting.",
            id="a window that has been reset is unknown, not empty",
        ),
        pytest.param(
            Row(state=pool("A"), quotas={A: quota(window(300, 0.0, scope="one model"))}),
            "collecting",
            None,
            "Collecting.",
            id="a limit of one model says nothing of the pool",
        ),
        pytest.param(
            Row(state=pool("AB"), blocks={A: waits(LATER), B: waits(SOONER)}),
            "empty",
            SOONER,
            "Nothing left until 13:00 (B).",
            id="all wait: who comes first",
        ),
        pytest.param(
            Row(state=pool("AB"), blocks={A: waits(LATER)}, signed_out={B: Because.SIGN_IN_ENDED}),
            "empty",
            LATER,
            "Nothing left until 14:00 (A).",
            id="who needs a sign-in does not come back by the clock",
        ),
        pytest.param(
            Row(state=pool("A"), signed_out={A: Because.SIGN_IN_ENDED}),
            "empty",
            None,
            "No account can serve.",
            id="nobody comes back by the clock",
        ),
        pytest.param(
            Row(
                state=pool("AB", STAY_A),
                quotas={B: quota(window(300, 90.0))},
                blocks={A: waits(LATER)},
            ),
            "empty",
            LATER,
            "Nothing left until 14:00 (A).",
            id="stay: what others have left serves nobody",
        ),
    ],
)
def test_how_the_pool_stands(row: Row, state: str, until: datetime | None, text: str) -> None:
    assert row.verdict() == VerdictReport(state=state, until=until, text=text)


# --- the accounts ----------------------------------------------------------------------------


def test_accounts_come_in_the_order_of_their_numbers_with_how_they_stand() -> None:
    observed = Observed(blocks={B: waits(LATER)}, last_used={A: NOW})

    ready, waiting = status(pool("AB"), observed).accounts

    assert (ready.number, ready.state, ready.until) == (1, "ready", None)
    assert (ready.because, ready.last_used) == ("Ready.", NOW)
    assert (waiting.number, waiting.state, waiting.until) == (2, "waiting", LATER)
    assert (waiting.because, waiting.last_used) == ("Its usage limit is reached.", None)


def test_a_limit_of_one_model_does_not_make_an_account_wait() -> None:
    observed = Observed(blocks={A: waits(LATER, model="one model")})

    assert status(pool("A"), observed).accounts[0].state == "ready"


def test_windows_come_with_everybodys_first_and_the_short_before_the_long() -> None:
    known = quota(
        window(300, scope="a model"), window(WEEK), window(300), window(WEEK, scope="a model")
    )

    windows = status(pool("A"), Observed(quotas={A: known})).accounts[0].windows

    assert [(w.scope, w.kind) for w in windows] == [
        ("all", "session"),
        ("all", "week"),
        ("a model", "session"),
        ("a model", "week"),
    ]


def test_a_window_whose_reset_has_passed_is_unknown_and_says_when_it_was_seen() -> None:
    known = quota(window(300, 10.0, resets_at=NOW, observed_at=NOW - timedelta(hours=5)))

    (seen,) = status(pool("A"), Observed(quotas={A: known})).accounts[0].windows

    assert (seen.remaining, seen.resets_at) == (None, None)
    assert seen.observed_at == NOW - timedelta(hours=5)


def test_the_plan_that_the_back_end_names_goes_before_the_logins() -> None:
    observed = Observed(quotas={A: Quota(plan="pro")})

    assert [a.plan for a in status(pool("AB"), observed).accounts] == ["pro", "plus"]


# --- the steering ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rotation", "blocks", "mode", "following"),
    [
        pytest.param(Rotation(), {}, "auto", A, id="auto"),
        pytest.param(Rotation(), {A: waits(LATER)}, "auto", B, id="auto passes over who waits"),
        pytest.param(Rotation(mode=RotationMode.USE, account=B), {}, "use", B, id="use"),
        pytest.param(
            Rotation(mode=RotationMode.USE, account=B), {B: waits(LATER)}, "use", A, id="use, waits"
        ),
        pytest.param(STAY_A, {A: waits(LATER)}, "stay", None, id="stay, and nobody follows"),
        pytest.param(replace(STAY_A, until=NOW), {}, "auto", A, id="a stay that is over is auto"),
    ],
)
def test_who_serves_next(
    rotation: Rotation,
    blocks: dict[AccountId, tuple[Block, ...]],
    mode: str,
    following: AccountId | None,
) -> None:
    report = status(pool("AB", rotation), Observed(blocks=blocks)).rotation

    assert (report.mode, report.next) == (mode, following)
    assert report.account == (rotation.account if mode != "auto" else None)


def test_asking_changes_nothing_of_what_was_learned() -> None:
    observed = Observed(owners={}, last_chosen=A)

    assert status(pool("AB"), observed, strategy="round-robin").rotation.next == B
    assert observed == Observed(owners={}, last_chosen=A)
    assert Owner(account=A, seen_at=NOW) not in observed.owners.values()


# --- the contract ----------------------------------------------------------------------------

CONTRACT: dict[str, Any] = {
    "version": "0.1.0",
    "running": True,
    "mode": "serve",
    "pid": 1,
    "home": "…",
    "proxy": {
        "listening": True,
        "address": "127.0.0.1:8791",
        "in_flight": 0,
        "streams": 0,
        "websockets": 0,
        "uptime_s": 1.0,
    },
    "bind": {"state": "bound", "mode": "base-url", "codex_home": "…", "since": "…"},
    "rotation": {
        "mode": "auto",
        "account": "id",
        "strategy": "balanced",
        "next": "id",
        "until": "…",
    },
    "accounts": [
        {
            "id": "acc_…",
            "label": "Work",
            "email": "…",
            "workspace": {"id": "…", "name": "…"},
            "plan": "plus",
            "refresher": "turntable",
            "state": "ready",
            "until": "…",
            "because": "…",
            "windows": [
                {
                    "kind": "session",
                    "minutes": 300,
                    "remaining": 62.0,
                    "resets_at": "…",
                    "scope": "all",
                    "observed_at": "…",
                    "source": "headers",
                }
            ],
            "credits": {"has": True, "unlimited": False, "balance": "12.50"},
            "reset_credits": 2,
            "reserve": {"session": 0.0, "week": 20.0},
            "in_flight": 0,
            "last_used": "…",
        }
    ],
    "verdict": {"state": "enough", "until": "…", "text": "…"},
    "traffic": {
        "last_hour": {"requests": 0, "served": 0, "moved": 0, "refused": 0, "failed": 0},
        "pool_pause_until": "…",
    },
    "vault": {"backend": "keyring", "locked": False},
    "notices": [{"code": "…", "text": "…"}],
}
"""Names and shapes that scripts rely on; more may be there."""


def full_status() -> StatusReport:
    """One account of which everything is known."""
    known = replace(
        quota(window(300, 62.0, resets_at=LATER)),
        credits=Credits(has=True, unlimited=False, balance="12.50"),
        reset_credits=2,
    )
    engine = replace(
        ENGINE,
        mode="serve",
        pid=1,
        bind=replace(ENGINE.bind, state="bound", since=NOW),
        proxy=replace(reports.NOT_LISTENING, listening=True, address="127.0.0.1:8791"),
        last_hour=LastHour(requests=4, served=1, moved=1, refused=1, failed=1),
        in_flight={A: 3},
    )
    stay = Rotation(mode=RotationMode.STAY, account=A, until=LATER)
    observed = Observed(quotas={A: known}, last_used={A: NOW}, blocks={A: waits(LATER)})
    return status(pool("A", stay), observed, engine=engine)


def test_the_json_of_status_has_the_contracts_shape() -> None:
    written = json.loads(json.dumps(to_json(full_status())))

    assert list(_differences(CONTRACT, written, "status")) == []


def test_the_json_of_a_turntable_that_knows_nothing_has_it_too() -> None:
    written = json.loads(json.dumps(to_json(status(pool("A")))))

    assert list(_differences(CONTRACT, written, "status")) == []
    assert written["running"] is False
    assert written["mode"] is written["pid"] is written["proxy"]["address"] is None
    assert written["accounts"][0]["windows"] == []


def _differences(contract: Any, written: Any, where: str) -> list[str]:
    """Where a name is missing or a value is of another kind; null stands for unknown anywhere."""
    if written is None:
        return []
    if isinstance(contract, dict):
        if not isinstance(written, dict):
            return [f"{where}: no object"]
        missing = [f"{where}.{name}: missing" for name in contract if name not in written]
        return missing + [
            difference
            for name in contract.keys() & written.keys()
            for difference in _differences(contract[name], written[name], f"{where}.{name}")
        ]
    if isinstance(contract, list):
        return [d for item in written for d in _differences(contract[0], item, f"{where}[]")]
    return [] if type(written) is type(contract) else [f"{where}: {written!r}"]


def test_numbers_of_the_process_are_shown_as_they_are() -> None:
    report = full_status()

    assert report.running
    assert report.accounts[0].in_flight == 3
    assert report.traffic.last_hour.requests == 4
    assert report.rotation.until == LATER
