"""Requests get a token that works, and nobody's single-use refresh token is presented by us."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.accounts.changes import remove, set_enabled
from core.domain.account import Account, AccountId
from core.domain.decision import Because
from core.domain.errors import CoreError
from core.domain.events import AccountBack, SignInEnded
from core.standin.people import Login, make_login, renewed, signed_in_again
from tests.core.oauth.parts import Parts, write_login
from tests.fakes.clock import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def login(clock: FakeClock) -> Login:
    """A login whose access token lives for one more day."""
    return make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)


@pytest.fixture
async def account(parts: Parts, login: Login) -> Account:
    return await parts.imported(login)


def _newer(login: Login, clock: FakeClock) -> Login:
    return renewed(login, issued_at=clock.now(), expires_at=clock.now() + 10 * DAY)


def _unreadable(parts: Parts) -> None:
    """From now on whoever reads the source again, fails the test."""
    source = parts.folder / "home-A" / "auth.json"
    source.unlink()
    source.mkdir()


async def test_a_grant_carries_what_a_request_needs(
    parts: Parts, account: Account, login: Login
) -> None:
    await parts.store.change(
        lambda s: (replace(s, accounts={account.id: replace(account, fedramp=True)}), ())
    )
    grant = await parts.authoriser.authorise(account.id)
    assert grant is not None
    assert (grant.access_token, grant.workspace) == (login.access_token, "acct-A")
    assert (grant.fedramp, grant.expires_at) == (True, login.expires_at)
    assert login.access_token not in repr(grant)


async def test_a_good_token_is_given_without_asking_anybody(
    parts: Parts, account: Account, login: Login
) -> None:
    _unreadable(parts)
    parts.database.read = None  # type: ignore[method-assign, assignment] - not even ours
    assert [await parts.token(account.id) for _ in range(3)] == [login.access_token] * 3


async def test_a_grant_is_at_hand_once_it_was_given_until_something_has_to_be_seen_to(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    granted = parts.authoriser.granted
    assert granted(account.id) is None  # nobody has asked yet
    given = await parts.authoriser.authorise(account.id)
    assert given is not None
    assert granted(account.id) is given
    clock.advance(DAY - timedelta(minutes=1))
    assert granted(account.id) is None  # it ends soon: `authorise` renews it beside


@pytest.mark.parametrize("change", ["disabled", "a newer login", "locked", "refused", "removed"])
async def test_a_grant_is_at_hand_no_longer(
    change: str, parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    given = await parts.authoriser.authorise(account.id)
    assert given is not None
    match change:
        case "disabled":
            await parts.store.change(set_enabled(account.id, False))
        case "a newer login":
            known = await parts.vault.get(account.id)
            assert known is not None
            await parts.vault.put(account.id, replace(known, access_token="fake-access-newer"))
        case "locked":
            parts.vault.lock()
        case "refused":
            await parts.authoriser.renew(account.id, given)
        case "removed":
            await parts.vault.remove(account.id)
    assert parts.authoriser.granted(account.id) is None


async def test_who_has_nothing_usable_gets_no_grant(parts: Parts, account: Account) -> None:
    assert await parts.token(AccountId("acc_unknown")) is None
    await parts.store.change(set_enabled(account.id, False))
    assert await parts.token(account.id) is None
    await parts.store.change(set_enabled(account.id, True))
    await parts.vault.remove(account.id)
    assert await parts.token(account.id) is None
    await parts.store.change(remove(account.id, at=parts.clock.now()))
    assert await parts.token(account.id) is None


async def test_a_locked_vault_is_said(parts: Parts, account: Account) -> None:
    parts.vault.lock()
    with pytest.raises(CoreError) as caught:
        await parts.token(account.id)
    assert caught.value.code == "locked"
    assert await parts.authoriser.look_again() == ()


# Its source has a newer token


async def test_a_token_that_ran_out_is_taken_anew_from_its_source(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(2 * DAY)
    newer = _newer(login, clock)
    write_login(Path(account.source or ""), newer.auth_json)
    assert await parts.token(account.id) == newer.access_token
    sealed = await parts.vault.get(account.id)
    assert sealed is not None
    assert (sealed.generation, sealed.refresh_token) == (2, newer.refresh_token)
    assert parts.refreshes == 0


async def test_a_token_that_ends_soon_is_given_while_a_newer_one_is_fetched(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=2))
    newer = _newer(login, clock)
    write_login(Path(account.source or ""), newer.auth_json)
    assert await parts.token(account.id) == login.access_token
    await parts.authoriser.close()  # waits for what has begun
    assert await parts.token(account.id) == newer.access_token


async def test_a_refused_token_is_replaced_by_the_newer_one_of_its_source(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    refused = await parts.authoriser.authorise(account.id)
    assert refused is not None
    write_login(Path(account.source or ""), _newer(login, clock).auth_json)
    assert await parts.authoriser.renew(account.id, refused)
    assert await parts.token(account.id) == _newer(login, clock).access_token
    assert parts.store.observed.signed_out == {}


async def test_many_refusals_of_one_token_are_one_renewal(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    refused = await parts.authoriser.authorise(account.id)
    assert refused is not None
    write_login(Path(account.source or ""), _newer(login, clock).auth_json)
    renewals = await asyncio.gather(
        *(parts.authoriser.renew(account.id, refused) for _ in range(20))
    )
    assert all(renewals)
    assert await parts.authoriser.renew(account.id, refused), "it was renewed before"
    sealed = await parts.vault.get(account.id)
    assert sealed is not None
    assert sealed.generation == 2


async def test_a_request_that_goes_away_does_not_stop_a_renewal(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(2 * DAY)
    newer = _newer(login, clock)
    write_login(Path(account.source or ""), newer.auth_json)
    gone = asyncio.ensure_future(parts.authoriser.authorise(account.id))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone.cancel()
    await parts.authoriser.close()  # waits for what has begun
    assert gone.cancelled()
    sealed = await parts.vault.get(account.id)
    assert sealed is not None
    assert sealed.access_token == newer.access_token


# Nobody has a newer token


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _path, _login: None, id="the source is as it was"),
        pytest.param(lambda path, _login: path.unlink(), id="the source is gone"),
        pytest.param(lambda path, _login: path.write_text("{"), id="the source is broken"),
        pytest.param(
            lambda path, _login: write_login(path, make_login("B").auth_json),
            id="the source holds another login",
        ),
        pytest.param(
            lambda path, login: write_login(path, signed_in_again(login, family=2).auth_json),
            id="the source has another token, which ran out too",
        ),
    ],
)
async def test_a_token_that_ran_out_and_has_no_heir_is_told_once(
    parts: Parts, account: Account, login: Login, clock: FakeClock, spoil: object
) -> None:
    assert callable(spoil)
    spoil(Path(account.source or ""), login)
    clock.advance(2 * DAY)
    assert [await parts.token(account.id) for _ in range(3)] == [None] * 3
    assert parts.store.observed.signed_out == {account.id: Because.TOKEN_EXPIRED}
    assert parts.announced.count(SignInEnded(account=account.id)) == 1
    assert parts.refreshes == 0


async def test_a_refused_token_without_an_heir_ends_the_sign_in(
    parts: Parts, account: Account
) -> None:
    refused = await parts.authoriser.authorise(account.id)
    assert refused is not None
    assert not await parts.authoriser.renew(account.id, refused)
    assert not await parts.authoriser.renew(account.id, refused)
    assert parts.store.observed.signed_out == {account.id: Because.SIGN_IN_ENDED}
    assert await parts.token(account.id) is None, "a refused token is not sent again"
    assert parts.refreshes == 0


async def test_a_soon_ending_token_without_an_heir_is_used_to_its_end(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(DAY - timedelta(minutes=1))
    assert await parts.token(account.id) == login.access_token
    assert parts.store.observed.signed_out == {}


async def test_a_login_works_again_once_its_owner_has_signed_in(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is None
    assert await parts.authoriser.look_again() == ()
    newer = _newer(login, clock)
    write_login(Path(account.source or ""), newer.auth_json)
    assert await parts.authoriser.look_again() == (account.id,)
    assert parts.store.observed.signed_out == {}
    assert AccountBack(account=account.id) in parts.announced
    assert await parts.token(account.id) == newer.access_token


async def test_a_disabled_account_is_not_looked_at(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    clock.advance(2 * DAY)
    assert await parts.token(account.id) is None
    await parts.store.change(set_enabled(account.id, False))
    write_login(Path(account.source or ""), _newer(login, clock).auth_json)
    assert await parts.authoriser.look_again() == ()


async def test_a_login_that_is_imported_meanwhile_is_not_overwritten(
    parts: Parts, account: Account, login: Login, clock: FakeClock
) -> None:
    parts.install_codex()
    clock.advance(2 * DAY)
    other = signed_in_again(_newer(login, clock), family=2)
    parts.back_end.add(other)
    async with parts.lane.turn():  # the renewal waits here until it may ask Codex
        renewing = asyncio.ensure_future(parts.authoriser.authorise(account.id))
        await asyncio.wait([renewing], timeout=0.1)
        assert parts.authoriser._flights, "it is under way, and waits"
        importing = asyncio.ensure_future(
            parts.importer.import_login(parts.source(other, "elsewhere.json"))
        )
    await asyncio.wait((renewing, importing))
    assert renewing.exception() is None
    assert importing.exception() is None
    grant = await parts.authoriser.authorise(account.id)
    assert grant is not None
    assert grant.access_token == other.access_token
    assert parts.store.observed.signed_out == {}
