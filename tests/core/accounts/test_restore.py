"""What comes back from a backup serves, and is not renewed until the user says it may be."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.accounts.changes import remove
from core.accounts.merge import Merge
from core.accounts.restore import Restorer
from core.domain.account import Refresher
from core.domain.decision import Because
from core.domain.errors import CoreError
from core.domain.observed import sign_in_ended
from core.domain.state import State
from core.standin.people import make_login
from core.standin.script import Endpoint, Gate
from core.standin.server import StandIn
from core.storage.backup import Kept, KeptLogin
from core.storage.store import read_store
from tests.core.oauth.parts import PASSPHRASE, Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock


@pytest.fixture
async def new_machine(tmp_path: Path, clock: FakeClock, back_end: StandIn) -> AsyncIterator[Parts]:
    (tmp_path / "new").mkdir()
    async with build(tmp_path / "new", clock, back_end) as parts:
        yield parts


def restorer(parts: Parts) -> Restorer:
    return Restorer(
        store=parts.store,
        vault=parts.vault,
        unlock=lambda: parts.vault.unlock(passphrase=PASSPHRASE),
        landed=parts.authoriser.landed,
    )


async def backup_of(parts: Parts) -> Kept:
    logins = []
    for account in parts.store.state.accounts.values():
        credentials = await parts.vault.get(account.id)
        assert credentials is not None
        logins.append(KeptLogin(account=account.id, credentials=credentials))
    return Kept(accounts=tuple(parts.store.state.accounts.values()), logins=tuple(logins))


async def test_on_a_new_machine_every_account_is_there_again(
    parts: Parts, new_machine: Parts
) -> None:
    ours = await parts.signed_in(make_login("A"))
    imported = await parts.imported(make_login("B"))
    steps = await restorer(new_machine).restore(await backup_of(parts))
    assert [(step.merge, step.unverified) for step in steps] == [
        (Merge.ADDED, True),
        (Merge.ADDED, False),
    ]
    assert new_machine.store.state.accounts == {ours.id: ours, imported.id: imported}
    assert await new_machine.token(ours.id) == make_login("A").access_token


async def test_a_restored_login_serves_to_its_end_and_its_refresh_token_is_never_sent(
    parts: Parts, new_machine: Parts, clock: FakeClock
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + timedelta(hours=1))
    account = await parts.signed_in(login)
    await restorer(new_machine).restore(await backup_of(parts))
    assert new_machine.store.observed.unverified == {account.id: Because.RESTORED}
    assert await new_machine.token(account.id) == login.access_token
    clock.advance(timedelta(hours=2))
    assert await new_machine.token(account.id) is None
    assert new_machine.refreshes == 0


async def test_once_the_user_says_that_there_is_no_other_copy_it_is_renewed(
    parts: Parts, new_machine: Parts, clock: FakeClock
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + timedelta(hours=1))
    account = await parts.signed_in(login)
    one = restorer(new_machine)
    await one.restore(await backup_of(parts))
    assert await one.confirm(account)
    assert not await one.confirm(account)
    clock.advance(timedelta(hours=2))
    assert await new_machine.token(account.id) not in (None, login.access_token)
    assert new_machine.refreshes == 1


async def test_the_doubt_is_on_the_disk_before_the_login_is(
    parts: Parts, new_machine: Parts
) -> None:
    account = await parts.signed_in(make_login("A"))
    put, seen = new_machine.vault.put, []

    async def look(*given: object) -> object:
        seen.append(read_store(new_machine.database.path).observed.unverified)
        return await put(*given)  # type: ignore[arg-type]

    new_machine.vault.put = look  # type: ignore[method-assign, assignment]
    await restorer(new_machine).restore(await backup_of(parts))
    assert seen == [{account.id: Because.RESTORED}]


async def test_a_login_of_ours_is_not_replaced_by_an_older_one(
    parts: Parts, clock: FakeClock
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + timedelta(hours=1))
    account = await parts.signed_in(login)
    backup = await backup_of(parts)
    clock.advance(timedelta(hours=2))
    newer = await parts.token(account.id)
    steps = await restorer(parts).restore(backup)
    assert [step.merge for step in steps] == [Merge.UNCHANGED]
    assert await parts.token(account.id) == newer
    assert parts.store.observed.unverified == {}


async def test_a_login_that_does_not_work_any_more_gives_way(parts: Parts) -> None:
    account = await parts.signed_in(make_login("A"))
    backup = await backup_of(parts)
    await parts.signed_in(make_login("A", salt="later"))
    parts.store.learn(sign_in_ended(account.id, Because.SIGN_IN_ENDED))
    (step,) = await restorer(parts).restore(backup)
    assert (step.merge, step.unverified) == (Merge.LOGIN, True)
    assert await parts.token(account.id) == make_login("A").access_token


async def test_a_renewal_under_way_is_not_undone_by_an_older_copy(
    parts: Parts, clock: FakeClock
) -> None:
    account = await parts.signed_in(make_login("A"))
    backup = await backup_of(parts)
    soon = clock.now() + timedelta(hours=1)
    await parts.signed_in(make_login("A", salt="later", issued_at=clock.now(), expires_at=soon))
    parts.store.learn(sign_in_ended(account.id, Because.TOKEN_EXPIRED))
    gate = Gate()
    parts.back_end.next("A", gate, on=Endpoint.REFRESH)
    renewing = asyncio.create_task(parts.authoriser.look_again())
    await gate.reached()
    restoring = asyncio.create_task(restorer(parts).restore(backup))
    importing = asyncio.create_task(parts.imported(make_login("A")))
    await asyncio.wait([restoring, importing], timeout=0.05)
    assert not restoring.done()
    gate.release()
    assert await renewing == (account.id,)
    newest = await parts.token(account.id)
    assert [step.merge for step in await restoring] == [Merge.UNCHANGED]
    assert (await importing).refresher is Refresher.TURNTABLE
    assert await parts.token(account.id) == newest
    assert newest != make_login("A").access_token


async def test_an_account_that_was_removed_comes_back_with_its_newest_login(
    parts: Parts, clock: FakeClock
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + timedelta(hours=1))
    account = await parts.signed_in(login)
    backup = await backup_of(parts)
    clock.advance(timedelta(hours=2))
    newest = await parts.token(account.id)
    await parts.roster.remove(account)
    (step,) = await restorer(parts).restore(backup)
    assert (step.merge, step.unverified) == (Merge.ADDED, False)
    assert await parts.token(account.id) == newest
    assert parts.store.observed.unverified == {}


async def test_a_dry_run_changes_nothing(parts: Parts, new_machine: Parts) -> None:
    await parts.signed_in(make_login("A"))
    backup = await backup_of(parts)
    (step,) = await restorer(new_machine).restore(backup, dry_run=True)
    assert step.merge is Merge.ADDED
    assert new_machine.store.state == State()
    assert new_machine.vault.backend == "none"


async def test_a_restore_that_was_cut_off_is_finished_by_the_next(
    parts: Parts, new_machine: Parts
) -> None:
    await parts.signed_in(make_login("A"))
    await parts.signed_in(make_login("B"))
    backup = await backup_of(parts)
    change, calls = new_machine.store.change, []

    async def full(*given: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise CoreError("disk_full", "There is no space left.")
        return await change(*given)  # type: ignore[arg-type]

    new_machine.store.change = full  # type: ignore[method-assign, assignment]
    with pytest.raises(CoreError, match="no space"):
        await restorer(new_machine).restore(backup)
    assert len(new_machine.store.state.accounts) == 1
    steps = await restorer(new_machine).restore(backup)
    assert [step.merge for step in steps] == [Merge.UNCHANGED, Merge.ADDED]
    assert set(new_machine.store.observed.unverified) == set(new_machine.store.state.accounts)


async def test_a_damaged_login_here_gives_way_to_the_backups(parts: Parts) -> None:
    account = await parts.signed_in(make_login("A"))
    backup = await backup_of(parts)
    await parts.database.write(lambda file: file.execute("UPDATE secret SET sealed = x'00'"))
    parts.vault.lock()
    (step,) = await restorer(parts).restore(backup)
    assert step.merge is Merge.LOGIN
    known = await parts.vault.get(account.id)
    assert known is not None
    assert replace(known, generation=1) == replace(backup.logins[0].credentials, generation=1)


async def test_an_import_in_a_backup_stays_its_sources(parts: Parts, new_machine: Parts) -> None:
    account = await parts.imported(make_login("A"))
    await restorer(new_machine).restore(await backup_of(parts))
    row = new_machine.store.state.accounts[account.id]
    assert (row.refresher, row.source) == (Refresher.ELSEWHERE, account.source)


async def test_a_login_whose_removal_was_cut_off_is_not_replaced_by_an_older_one(
    parts: Parts, clock: FakeClock
) -> None:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + timedelta(hours=1))
    account = await parts.signed_in(login)
    backup = await backup_of(parts)
    clock.advance(timedelta(hours=2))
    newest = await parts.token(account.id)
    await parts.store.change(
        remove(account.id, at=parts.clock.now())
    )  # and then the power went out
    (step,) = await restorer(parts).restore(backup)
    assert (step.merge, step.unverified) == (Merge.ADDED, True)
    assert await parts.token(account.id) == newest
