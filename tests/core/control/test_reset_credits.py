"""`reset-credits`: shown for nothing, spent only after a yes, looked at again afterwards."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.reset_credits import ResetCredits, reset_credits
from core.domain.decision import Because
from core.domain.errors import CoreError, ExitCode
from core.domain.reset_credit import Redemption
from core.standin import replies
from core.standin.people import Login
from core.standin.script import Cut, Endpoint
from core.standin.server import StandIn
from tests.core.control.signed_in import VAULT, holding
from tests.fakes.clock import START, FakeClock

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SOON = "fake-credit-A-2"


@pytest.fixture
async def app(
    tmp_path: Path, clock: FakeClock, back_end: StandIn, login: Login
) -> AsyncIterator[App]:
    """Work is at its limit and has two credits; nothing serves."""
    for days in (20, 5):
        back_end.grant_reset("A", expires_at=START + days * DAY)
    back_end.limit("A", until=START + HOUR)
    async with holding(tmp_path, clock, back_end, login) as app:
        yield app


async def asked(app: App, **values: Any) -> ResetCredits:
    return await reset_credits(app, Arguments({"account": "Work", "passphrase": VAULT, **values}))


def spent(back_end: StandIn) -> list[str]:
    return [one.credit_id for one in back_end.world.account("A").reset_credits if one.redeemed_at]


async def test_they_are_listed_with_their_expiry_and_none_is_spent(
    app: App, back_end: StandIn
) -> None:
    answer = await asked(app)
    assert (answer.available, answer.redeemed, answer.exit_code) == (2, None, 0)
    assert answer.messages == (
        "Work: reset credits: 2",
        "  Rate limit reset  expires Sat 09:00",
        "  Rate limit reset  expires 22 Mar",
    )
    assert spent(back_end) == []


async def test_nothing_is_spent_before_somebody_says_yes(app: App, back_end: StandIn) -> None:
    with pytest.raises(CoreError) as caught:
        await asked(app, redeem=True)
    assert (caught.value.code, caught.value.exit_code) == ("confirmation_needed", ExitCode.USAGE)
    assert "expires Sat 09:00" in caught.value.message
    assert spent(back_end) == []


async def test_the_one_that_expires_first_is_redeemed_and_the_account_serves_again(
    app: App, back_end: StandIn
) -> None:
    (account,) = app.state.accounts
    await app.ask_usage([account], passphrase=VAULT)
    (block,) = app.observed.blocks[account]
    assert block.because is Because.USAGE_LIMIT
    answer = await asked(app, redeem=True, yes=True)
    assert (answer.redeemed, answer.available, answer.exit_code) == (Redemption.RESET, 1, 0)
    assert "now 5 h 100 % left" in answer.messages[0]
    assert spent(back_end) == [SOON]
    assert not [one for one in app.observed.blocks.get(account, ()) if one.until > START]


async def test_where_nothing_is_to_be_reset_no_credit_goes(app: App, back_end: StandIn) -> None:
    back_end.unlimit("A")
    answer = await asked(app, redeem=True, yes=True)
    assert (answer.redeemed, answer.exit_code) == (Redemption.NOTHING_TO_RESET, 1)
    assert spent(back_end) == []


async def test_after_a_silence_it_is_asked_again_by_the_same_id(
    app: App, back_end: StandIn
) -> None:
    back_end.next("A", Cut(), on=Endpoint.CONSUME)
    answer = await asked(app, redeem=True, yes=True)
    assert answer.redeemed is Redemption.RESET
    assert spent(back_end) == [SOON]
    ids = [
        request.json["redeem_request_id"]
        for request in back_end.requests
        if request.path.endswith("/consume")
    ]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_what_nobody_said_is_not_made_up(app: App, back_end: StandIn) -> None:
    back_end.always("A", replies.error(500, "No.", code="no"), on=Endpoint.CONSUME)
    with pytest.raises(CoreError) as caught:
        await asked(app, redeem=True, yes=True)
    assert caught.value.code == "redemption_unknown"
    assert "shows which ones are left" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        pytest.param(429, "back_end_refused", "asked too often", id="asked too often"),
        pytest.param(402, "back_end_refused", "out of service", id="the workspace is gone"),
        pytest.param(503, "back_end_refused", "status 503", id="out of order"),
        pytest.param(401, "sign_in_needed", "new sign-in", id="the login is not taken"),
    ],
)
async def test_a_refusal_is_told_in_a_sentence(
    app: App, back_end: StandIn, status: int, code: str, said: str
) -> None:
    back_end.always("A", replies.error(status, "No.", code="no"), on=Endpoint.RESET_CREDITS)
    with pytest.raises(CoreError) as caught:
        await asked(app, redeem=True, yes=True)
    assert caught.value.code == code
    assert said in caught.value.message
    assert spent(back_end) == []


async def test_an_account_without_one_is_told_so(
    app: App, back_end: StandIn, clock: FakeClock
) -> None:
    back_end.advance(30 * DAY)
    clock.advance(30 * DAY)
    assert (await asked(app)).messages == ("Work has no reset credit.",)
    with pytest.raises(CoreError) as caught:
        await asked(app, redeem=True, yes=True)
    assert caught.value.code == "no_reset_credit"
