"""A clock that is wrong, and lifetimes that make no sense, cost nobody a login."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.accounts.roster import Candidate
from core.domain.account import Account, Refresher
from core.oauth.login import Obtained, SignIn, Visit
from core.oauth.protocol import Fresh, read_tokens
from core.standin.people import jwt, make_login, make_person
from core.standin.script import Endpoint, Issues
from core.standin.server import StandIn
from core.words.speech import english
from tests.core.oauth.browser import Browser
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def _answered(clock: FakeClock, *, issued: timedelta, life: timedelta) -> Fresh:
    """What an access token gives that an issuer made `issued` from now, by our clock."""
    at = clock.now() + issued
    token = jwt({"iat": int(at.timestamp()), "exp": int((at + life).timestamp())})
    answer = read_tokens(200, f'{{"access_token":"{token}"}}'.encode(), now=clock.now())
    assert isinstance(answer, Fresh)
    return answer


@pytest.mark.parametrize(
    ("skew", "ends_in"),
    [
        pytest.param(timedelta(0), HOUR, id="clocks that agree"),
        pytest.param(-4 * MINUTE, HOUR - 4 * MINUTE, id="clocks that nearly agree: exp counts"),
        pytest.param(-DAY, HOUR, id="ours is a day ahead"),
        pytest.param(DAY, HOUR, id="ours is a day behind"),
    ],
)
def test_a_new_token_lives_as_long_as_it_says(
    clock: FakeClock, skew: timedelta, ends_in: timedelta
) -> None:
    fresh = _answered(clock, issued=skew, life=HOUR)
    assert fresh.expires_at == clock.now() + ends_in


def test_a_token_that_ends_before_it_begins_is_believed(clock: FakeClock) -> None:
    fresh = _answered(clock, issued=-DAY, life=-HOUR)
    assert fresh.expires_at == clock.now() - DAY - HOUR


@pytest.mark.parametrize("said", [pytest.param(0, id="zero"), pytest.param(-60, id="negative")])
async def test_a_lifetime_that_is_none_is_not_believed(
    parts: Parts, clock: FakeClock, said: int
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)
    account = await parts.signed_in(login)
    parts.back_end.next("A", Issues(expires_in=said), on=Endpoint.REFRESH)
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is not None
    assert await parts.token(account.id) is not None
    assert parts.refreshes == 1, "the token's own end counts"


@pytest.mark.parametrize(
    "skew", [pytest.param(DAY, id="a day ahead"), pytest.param(-DAY, id="a day behind")]
)
async def test_with_a_wrong_clock_a_sign_in_serves_and_is_not_renewed_each_time(
    tmp_path: Path, skew: timedelta
) -> None:
    real = FakeClock()
    ours = FakeClock()
    ours.set_wall(real.now() + skew)
    async with StandIn(now=real.now) as back_end, build(tmp_path, ours, back_end) as parts:
        back_end.enrol(make_person("A"))
        back_end.issuer.set_life("A", HOUR)
        account = await _signed_in_by_paste(parts)
        for _ in range(3):
            assert await parts.token(account.id) is not None
            await parts.authoriser.renew_ending()
        assert parts.refreshes == 1, "the exchange alone"
        for clock in (real, ours):
            clock.advance(2 * HOUR)
        assert await parts.token(account.id) is not None
        assert await parts.token(account.id) is not None
        assert parts.refreshes == 2


async def _signed_in_by_paste(parts: Parts) -> Account:
    sign_in = SignIn(
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        auth_url=parts.back_end.auth_url,
        clock=parts.clock,
        draw=bytes,
        speech=english(),
    )
    browser = Browser()
    address = ""

    async def read() -> str:
        return address

    steps = sign_in.paste(read)
    async for step in steps:
        if isinstance(step, Visit):
            address = await browser.returned_to(step.url, "A")
        last = step
    await browser.close()
    return await _admitted(parts, last)


async def _admitted(parts: Parts, step: object) -> Account:
    assert isinstance(step, Obtained)
    candidate = Candidate(login=step.login, refresher=Refresher.TURNTABLE, source=None)
    return (await parts.roster.admit(candidate)).account
