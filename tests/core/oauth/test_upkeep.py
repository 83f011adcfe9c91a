"""Logins that nobody is using are looked after, every minute, as the settings say."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.account import Account
from core.domain.settings import Settings
from core.oauth.refresh import Authoriser
from core.oauth.upkeep import LOOK_S, authoriser, look_after
from core.runtime.net import connector
from core.standin.people import Login, make_login
from tests.core.oauth.parts import Parts
from tests.fakes.clock import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def login(clock: FakeClock) -> Login:
    return make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)


@pytest.fixture
async def account(parts: Parts, login: Login) -> Account:
    return await parts.signed_in(login)


def _configured(parts: Parts, **tokens: float) -> Authoriser:
    """As the program builds it, with a lane of its own and these settings."""
    settings = Settings()
    upstream = replace(settings.upstream, auth_url=parts.back_end.auth_url)
    wanted = replace(settings, upstream=upstream, tokens=replace(settings.tokens, **tokens))  # type: ignore[arg-type]
    return authoriser(
        parts.store,
        parts.vault,
        environment=parts.env,
        connect=connector(upstream),
        settings=lambda: wanted,
        clock=parts.clock,
        draw=lambda: 0.0,
    )


async def _minutes(
    granting: Authoriser, count: int, *, proactive: Callable[[], bool] = lambda: True
) -> None:
    """So many looks; what they began is over."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == count:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await look_after(granting, proactive=proactive, sleep=sleep)
    assert waited == [LOOK_S] * count
    await granting.close()


async def test_a_login_that_ends_soon_is_renewed_though_nobody_uses_it(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    await _minutes(_configured(parts), 1)
    held = await parts.vault.get(account.id)
    assert held is not None
    assert held.access_token != login.access_token
    assert parts.refreshes == 1


async def test_how_long_before_is_a_setting(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    await _minutes(_configured(parts, refresh_before_s=180), 1)
    assert parts.refreshes == 0
    await _minutes(_configured(parts, refresh_before_s=300), 1)
    assert parts.refreshes == 1
    assert account.id in parts.store.state.accounts


async def test_not_before_it_is_used_where_the_user_wants_that(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    granting = _configured(parts)
    await _minutes(granting, 1, proactive=lambda: False)
    assert parts.refreshes == 0
    await granting.authorise(account.id)
    await granting.close()
    assert parts.refreshes == 1


async def test_a_disk_that_fails_does_not_end_the_looks(
    parts: Parts, account: Account, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    parts.vault.lock()
    granting = _configured(parts)

    async def sealed() -> None:
        await parts.vault.get(account.id)

    granting.renew_ending = sealed  # type: ignore[method-assign]
    await _minutes(granting, 2)
    assert caplog.text.count("logins could not be looked after") == 2


async def test_nothing_is_sent_to_an_issuer_that_is_not_allowed(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=4))
    foreign = replace(Settings().upstream, auth_url="https://sso.example.com")
    settings = replace(Settings(), upstream=foreign)
    granting = authoriser(
        parts.store,
        parts.vault,
        environment=parts.env,
        connect=connector(foreign),
        settings=lambda: settings,
        clock=clock,
        draw=lambda: 0.0,
    )
    await _minutes(granting, 1)
    assert parts.refreshes == 0
    held = await parts.vault.get(account.id)
    assert held is not None
    assert held.access_token == login.access_token
    assert await parts.vault.doubtful() == {}
