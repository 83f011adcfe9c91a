"""A refresh token that may be spent already is seen as such, and not presented lightly."""

from datetime import timedelta

import pytest

from core.domain.account import Account
from core.domain.decision import AccountState, Because
from core.domain.doubt import doubted
from core.domain.observed import sign_in_ended
from core.routing.eligibility import shown_standing, standing
from core.standin import replies
from core.standin.people import Login, make_login, signed_in_again
from core.standin.script import Cut, Endpoint
from tests.core.oauth.parts import Parts
from tests.fakes.clock import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def login(clock: FakeClock) -> Login:
    return make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)


@pytest.fixture
async def account(parts: Parts, login: Login) -> Account:
    return await parts.signed_in(login)


def _shown(parts: Parts, account: Account) -> AccountState:
    return shown_standing(account, parts.store.observed, now=parts.clock.now()).state


def _may_serve(parts: Parts, account: Account) -> bool:
    return standing(account, parts.store.observed, model="", now=parts.clock.now()).eligible


async def test_after_a_crash_in_a_renewal_the_account_is_unverified_and_serves(
    parts: Parts, account: Account, login: Login
) -> None:
    await parts.vault.intend(account.id, 1)
    await parts.authoriser.note_doubts()
    assert parts.store.observed.unverified == {account.id: Because.IN_DOUBT}
    assert _shown(parts, account) is AccountState.UNVERIFIED
    assert _may_serve(parts, account)
    assert await parts.token(account.id) == login.access_token


async def test_a_lost_answer_makes_it_unverified_at_once(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.back_end.next("A", Cut(), on=Endpoint.REFRESH)
    clock.advance(DAY - timedelta(minutes=4))
    await parts.token(account.id)
    await parts.authoriser.close()
    assert _shown(parts, account) is AccountState.UNVERIFIED


async def test_a_renewal_that_works_ends_the_doubt(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    await parts.vault.intend(account.id, 1)
    await parts.authoriser.note_doubts()
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is not None
    assert parts.store.observed.unverified == {}
    assert _shown(parts, account) is AccountState.READY


@pytest.mark.parametrize("because", [Because.IN_DOUBT, Because.RESTORED])
async def test_a_new_sign_in_ends_the_doubt(
    parts: Parts, account: Account, login: Login, because: Because
) -> None:
    parts.store.learn(doubted(account.id, because))
    await parts.signed_in(signed_in_again(login, family=2))
    assert parts.store.observed.unverified == {}


async def test_a_restored_refresh_token_is_not_presented(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.store.learn(doubted(account.id, Because.RESTORED))
    clock.advance(DAY - timedelta(minutes=4))
    assert await parts.token(account.id) == login.access_token
    clock.advance(DAY)
    assert await parts.token(account.id) is None
    assert parts.refreshes == 0
    assert _shown(parts, account) is AccountState.NEEDS_SIGN_IN


async def test_a_refused_login_that_the_issuer_could_not_renew_is_tried_again(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.back_end.next("A", replies.error(503, "Busy.", code="busy"), on=Endpoint.REFRESH)
    grant = await parts.authoriser.authorise(account.id)
    assert grant is not None
    assert not await parts.authoriser.renew(account.id, grant)
    parts.store.learn(sign_in_ended(account.id, Because.TOKEN_REFUSED))  # as the relay does
    clock.advance(timedelta(minutes=1))
    assert await parts.authoriser.look_again() == (account.id,)
    assert _shown(parts, account) is AccountState.READY
    assert parts.refreshes == 2


async def test_what_the_issuer_has_ended_is_not_tried_again(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.back_end.issuer.revoke(login.refresh_token)
    grant = await parts.authoriser.authorise(account.id)
    assert grant is not None
    assert not await parts.authoriser.renew(account.id, grant)
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        assert await parts.authoriser.look_again() == ()
    assert parts.refreshes == 1


async def test_a_doubt_of_somebody_else_is_kept_and_heeded(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.store.learn(doubted(account.id, Because.IN_DOUBT))  # as a switch that was cut short does
    await parts.authoriser.note_doubts()
    clock.advance(DAY - timedelta(minutes=4))
    assert await parts.token(account.id) == login.access_token
    await parts.authoriser.renew_ending()
    await parts.authoriser.close()
    assert parts.refreshes == 0
    assert _shown(parts, account) is AccountState.UNVERIFIED
    clock.advance(DAY)
    assert await parts.token(account.id) is not None
    assert _shown(parts, account) is AccountState.READY
