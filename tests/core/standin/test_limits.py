"""The three forms in which an account's limits are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.standin import limits
from core.standin.meters import Window
from core.standin.people import make_login
from core.standin.spending import Spending
from core.standin.world import Account, Credits, ExtraLimit, ResetCredit
from tests.fakes.clock import START

RESET = START + timedelta(minutes=10)
WINDOW = Window(minutes=300, used_percent=12.5, resets_at=RESET)
EXTRA = ExtraLimit(
    limit_id="codex_bengalfox",
    name="Spark",
    models=frozenset({"spark"}),
    primary=Window(minutes=300, used_percent=100, resets_at=RESET),
)
ACCOUNT = Account(
    person=make_login("A", plan="pro").person,
    primary=WINDOW,
    secondary=None,
    extra=(EXTRA,),
    credits=Credits(has=True, balance="3"),
    reset_credits=(
        ResetCredit(credit_id="c1", granted_at=START, expires_at=RESET),
        ResetCredit(credit_id="c2", granted_at=START, expires_at=START),
    ),
)
AT = int(RESET.timestamp())


def test_headers_tell_both_windows_credits_and_extra_limits() -> None:
    fields = {name.decode(): value.decode() for name, value in limits.headers(ACCOUNT, "x", START)}
    assert fields == {
        "x-codex-active-limit": "codex",
        "x-codex-plan-type": "pro",
        "x-codex-primary-used-percent": "12.5",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": str(AT),
        "x-codex-primary-reset-after-seconds": "600",
        "x-codex-secondary-used-percent": "0",
        "x-codex-secondary-window-minutes": "0",
        "x-codex-primary-over-secondary-limit-percent": "0",
        "x-codex-credits-has-credits": "True",
        "x-codex-credits-unlimited": "False",
        "x-codex-credits-balance": "3",
        "x-codex-bengalfox-limit-name": "Spark",
        "x-codex-bengalfox-primary-used-percent": "100",
        "x-codex-bengalfox-primary-window-minutes": "300",
        "x-codex-bengalfox-primary-reset-at": str(AT),
        "x-codex-bengalfox-primary-reset-after-seconds": "600",
        "x-codex-bengalfox-secondary-used-percent": "0",
        "x-codex-bengalfox-secondary-window-minutes": "0",
    }


@pytest.mark.parametrize(
    ("model", "limit", "used", "allowed"),
    [
        pytest.param("x", "codex", 12.5, True, id="the account's own windows"),
        pytest.param("spark", "codex_bengalfox", 100, False, id="a limit of the model's own"),
    ],
)
def test_the_event_tells_the_limit_of_the_model(
    model: str, limit: str, used: float, allowed: bool
) -> None:
    event = limits.event(ACCOUNT, model, START)
    assert event["metered_limit_name"] == limit
    assert event["rate_limits"]["allowed"] is allowed
    assert event["rate_limits"]["primary"] == {
        "used_percent": used,
        "window_minutes": 300,
        "reset_at": AT,
    }
    assert event["rate_limits"]["secondary"] is None


def test_usage_tells_everything_at_once() -> None:
    usage = limits.usage(ACCOUNT, START)
    assert usage["plan_type"] == "pro"
    assert usage["rate_limit"]["primary_window"]["used_percent"] == 12
    assert usage["additional_rate_limits"][0]["metered_feature"] == "codex_bengalfox"
    assert usage["credits"] == {"has_credits": True, "unlimited": False, "balance": "3"}
    assert usage["rate_limit_reset_credits"] == {"available_count": 1}


def test_a_window_that_has_not_begun_is_told_as_beginning_now() -> None:
    account = Account(person=ACCOUNT.person, primary=Window(minutes=300))
    window = limits.usage(account, START)["rate_limit"]["primary_window"]
    assert window["reset_after_seconds"] == 18_000


def test_a_flexible_plan_tells_what_may_be_spent_and_no_windows() -> None:
    spending = Spending(limit=40, used=10, resets_at=RESET)
    account = replace(ACCOUNT, primary=None, spending=spending)
    usage = limits.usage(account, START)
    assert usage["rate_limit"] is None
    assert usage["spend_control"]["individual_limit"]["remaining_percent"] == 75
    assert usage["rate_limit_reached_type"] is None


def test_whoever_has_spent_everything_is_told_so_everywhere() -> None:
    spending = Spending(limit=40, used=41, resets_at=RESET)
    account = replace(ACCOUNT, primary=None, spending=spending)
    usage = limits.usage(account, START)
    assert usage["spend_control"]["reached"] is True
    assert usage["rate_limit_reached_type"] == {"type": "workspace_member_usage_limit_reached"}
    headers = dict(limits.headers(account, "x", START))
    reached = headers[b"x-codex-rate-limit-reached-type"]
    assert reached == b"workspace_member_usage_limit_reached"
    assert limits.event(account, "x", START)["rate_limits"]["limit_reached"] is True
