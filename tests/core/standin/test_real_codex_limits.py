"""What the stand-in says of limits is what the real client reads: its app-server is asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.standin.people import make_login
from core.standin.server import StandIn
from core.standin.spending import Spending
from tests.fakes.codex import Codex

pytestmark = [pytest.mark.codex, pytest.mark.timeout(60)]
REQUEST = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def back_end(codex: Codex) -> AsyncIterator[StandIn]:
    """On the machine's time, with Codex signed in as A."""
    async with StandIn(now=_now) as back_end:
        login = make_login("A")
        back_end.add(login)
        codex.log_in(login.auth_json)
        codex.meet(("127.0.0.1", back_end.port), "chatgpt.com", "auth.openai.com")
        yield back_end


async def test_codex_reads_windows_and_reset_credits(codex: Codex, back_end: StandIn) -> None:
    back_end.use("A", 50, resets_at=_now() + timedelta(hours=1))
    credit = back_end.grant_reset("A", expires_at=_now() + timedelta(days=3))
    async with codex.app_server() as server:
        told = await server.request("account/rateLimits/read")
    assert told["rateLimits"]["primary"]["usedPercent"] == 50
    assert told["rateLimits"]["secondary"]["windowDurationMins"] == 10_080
    assert told["rateLimitResetCredits"]["availableCount"] == 1
    (listed,) = told["rateLimitResetCredits"]["credits"]
    assert (listed["id"], listed["status"]) == (credit.credit_id, "available")


async def test_codex_redeems_a_reset_credit_once(codex: Codex, back_end: StandIn) -> None:
    back_end.limit("A", until=_now() + timedelta(hours=1))
    back_end.grant_reset("A", expires_at=_now() + timedelta(days=3))
    method = "account/rateLimitResetCredit/consume"
    async with codex.app_server() as server:
        outcomes = [await server.request(method, {"idempotencyKey": REQUEST}) for _ in range(2)]
    assert outcomes == [{"outcome": "reset"}, {"outcome": "alreadyRedeemed"}]
    primary = back_end.world.account("A").primary
    assert primary is not None
    assert not primary.exhausted
    assert back_end.violations == []


async def test_codex_reads_the_spending_limit_of_a_flexible_plan(
    codex: Codex, back_end: StandIn
) -> None:
    spending = Spending(limit=40, used=10, resets_at=_now() + timedelta(days=3))
    account = back_end.world.account("A")
    back_end.world.put(replace(account, primary=None, secondary=None, spending=spending))
    async with codex.app_server() as server:
        limits = (await server.request("account/rateLimits/read"))["rateLimits"]
    assert limits["primary"] is None
    assert limits["individualLimit"]["limit"] == "40"
    assert limits["individualLimit"]["remainingPercent"] == 75
    assert limits["spendControlReached"] is False


async def test_codex_says_that_the_spending_limit_is_reached(
    codex: Codex, back_end: StandIn
) -> None:
    spending = Spending(limit=40, used=40, resets_at=_now() + timedelta(days=3))
    account = back_end.world.account("A")
    back_end.world.put(replace(account, primary=None, secondary=None, spending=spending))
    bound = {"openai_base_url": f'"{back_end.base_url}/codex"'}
    run = await codex.exec("say hi", config=bound)
    assert run.exit_code == 1
    assert "spend cap" in run.errors[-1]
    assert len(back_end.turns()) == 1
