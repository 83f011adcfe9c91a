"""Who leaves can come back with everything, for as long as the login is sealed."""

from datetime import timedelta

import pytest

from core.accounts.changes import forget_removed, rename
from core.domain.account import Account
from core.domain.errors import CoreError
from core.domain.state import Rotation, RotationMode, steer
from core.standin.people import make_login, signed_in_again
from core.storage.store import read_store
from core.storage.vault import KEEP_REMOVED
from tests.core.oauth.parts import Parts
from tests.fakes.clock import FakeClock

A = make_login("A", email="ada@example.com")


@pytest.fixture
async def account(parts: Parts) -> Account:
    return await parts.imported(A)


async def test_a_removed_account_serves_nothing_and_leaves_its_number(
    parts: Parts, account: Account
) -> None:
    await parts.store.change(steer(Rotation(mode=RotationMode.STAY, account=account.id)))
    await parts.roster.remove(account)
    assert await parts.token(account.id) is None
    assert dict(parts.store.state.accounts) == {}
    assert parts.store.state.rotation == Rotation()
    assert (await parts.imported(make_login("B"))).number == 2


async def test_undo_brings_back_the_row_and_the_login(parts: Parts, account: Account) -> None:
    await parts.roster.remove(account)
    await parts.roster.put_back(account)
    assert parts.store.state.accounts == {account.id: account}
    assert await parts.token(account.id) == A.access_token


async def test_undo_comes_too_late_once_the_login_is_deleted(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    await parts.roster.remove(account)
    clock.advance(KEEP_REMOVED - timedelta(seconds=1))
    assert await parts.vault.sweep() == 0
    clock.advance(timedelta(seconds=1))
    assert await parts.vault.sweep() == 1
    with pytest.raises(CoreError) as caught:
        await parts.roster.put_back(account)
    assert caught.value.code == "login_gone"
    assert dict(parts.store.state.accounts) == {}


async def test_undo_does_not_bring_back_what_came_again_meanwhile(
    parts: Parts, account: Account
) -> None:
    await parts.roster.remove(account)
    newer = signed_in_again(A, family=2)
    again = await parts.imported(newer)
    with pytest.raises(CoreError) as caught:
        await parts.roster.put_back(account)
    assert caught.value.code == "account_added_meanwhile"
    assert parts.store.state.accounts == {again.id: again}
    assert (again.number, await parts.token(again.id)) == (2, newer.access_token)


async def test_undo_under_a_label_that_is_taken_leaves_the_login_removed(
    parts: Parts, account: Account
) -> None:
    await parts.roster.remove(account)
    other = await parts.imported(make_login("B"))
    await parts.store.change(rename(other.id, account.label))
    with pytest.raises(CoreError) as caught:
        await parts.roster.put_back(account)
    assert caught.value.code == "label_taken"
    assert await parts.vault.get(account.id) is None


async def test_what_was_removed_is_known_after_a_restart_and_forgotten_after_a_week(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    await parts.roster.remove(account)
    await parts.store.flush()
    loaded = read_store(parts.folder / "vault.db").state
    assert [one.account for one in loaded.removed.values()] == [account]
    clock.advance(KEEP_REMOVED)
    await parts.store.change(forget_removed(clock.now() - KEEP_REMOVED))
    assert dict(parts.store.state.removed) == {}
