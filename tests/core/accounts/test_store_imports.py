"""Logins of other tools come in together; what is taken is removed there before it is ours."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.accounts.roster import Kept, Outcome
from core.accounts.sources import read_source
from core.accounts.store_imports import Skipped, StoreImporter
from core.domain.account import Refresher
from core.domain.errors import CoreError
from core.domain.state import State
from core.oauth.elsewhere import Elsewhere
from core.standin.people import make_login, renewed
from core.standin.server import StandIn
from tests.core.accounts.stores.documents import PASSPHRASE, aliased, listed, sealed, written
from tests.core.oauth.parts import Parts
from tests.fakes.clock import FakeClock

A, B = make_login("A"), make_login("B")


@pytest.fixture
def stores(parts: Parts) -> StoreImporter:
    parts.back_end.add(A)
    parts.back_end.add(B)
    return StoreImporter(importer=parts.importer, roster=parts.roster, store=parts.store)


async def test_every_login_of_a_store_comes_in_and_stays_its_tools(
    parts: Parts, stores: StoreImporter
) -> None:
    path = written(parts.folder / "store.json", aliased(A, B))
    before = path.read_bytes()
    result = await stores.import_stores([path])
    assert [one.outcome for one in result.imported] == [Outcome.ADDED] * 2
    assert [one.checked for one in result.imported] == [True, True]
    accounts = list(parts.store.state.accounts.values())
    assert [a.label for a in accounts] == ["alias-A", "alias-B"]
    assert {(a.refresher, a.source) for a in accounts} == {(Refresher.ELSEWHERE, str(path))}
    assert (accounts[0].tags, accounts[0].note) == (("eu", "team"), "the big one")
    assert await parts.token(accounts[1].id) == B.access_token
    assert path.read_bytes() == before
    assert parts.refreshes == 0


async def test_a_login_that_is_off_there_is_off_here(parts: Parts, stores: StoreImporter) -> None:
    document = listed(A)
    document["accounts"][0]["enabled"] = False
    await stores.import_stores([written(parts.folder / "store.json", document)])
    (account,) = parts.store.state.accounts.values()
    assert not account.enabled


async def test_the_same_store_again_changes_nothing(parts: Parts, stores: StoreImporter) -> None:
    path = written(parts.folder / "store.json", listed(A, B))
    await stores.import_stores([path])
    before = parts.store.state
    again = await stores.import_stores([path])
    assert [one.kept for one in again.imported] == [Kept.SAME] * 2
    assert parts.store.state is before


async def test_a_dry_run_writes_nothing_anywhere(parts: Parts, stores: StoreImporter) -> None:
    path = written(parts.folder / "store.json", sealed(aliased(A, B)))
    before = path.read_bytes()
    result = await stores.import_stores([path], passphrase=PASSPHRASE, take=True, dry_run=True)
    assert [one.outcome for one in result.imported] == [Outcome.ADDED] * 2
    assert (result.taken, parts.store.state, parts.vault.backend) == ((), State(), "none")
    assert path.read_bytes() == before


async def test_a_revoked_login_is_left_out_and_the_others_come_in(
    parts: Parts, stores: StoreImporter
) -> None:
    parts.back_end.revoke("A")
    result = await stores.import_stores([written(parts.folder / "store.json", listed(A, B))])
    assert [(one.name, one.why) for one in result.skipped] == [("a@example.com", Skipped.REVOKED)]
    assert [a.email for a in parts.store.state.accounts.values()] == ["b@example.com"]


async def test_one_file_that_cannot_be_read_stops_all_before_anything_is_changed(
    parts: Parts, stores: StoreImporter
) -> None:
    good = written(parts.folder / "good.json", listed(A))
    bad = written(parts.folder / "bad.json", listed(B, version=9))
    with pytest.raises(CoreError, match="version 9"):
        await stores.import_stores([good, bad])
    assert parts.store.state == State()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(listed, id="codex-multi-auth"),
        pytest.param(lambda *logins: sealed(aliased(*logins)), id="opencode, sealed"),
    ],
)
async def test_what_is_taken_is_ours_to_renew_and_gone_there(
    parts: Parts, stores: StoreImporter, form: object
) -> None:
    path = written(parts.folder / "store.json", form(A, B))  # type: ignore[operator]
    copy = written(parts.folder / "store.json.lkg", aliased(A))
    result = await stores.import_stores([path], passphrase=PASSPHRASE, take=True)
    accounts = parts.store.state.accounts
    assert set(result.taken) == set(accounts)
    assert {(a.refresher, a.source) for a in accounts.values()} == {(Refresher.TURNTABLE, None)}
    assert A.refresh_token not in path.read_text()
    assert (await stores.import_stores([path], passphrase=PASSPHRASE)).imported == ()
    assert result.copies == (copy,)
    assert parts.refreshes == 0


async def test_a_login_that_came_in_before_can_be_taken_later(
    parts: Parts, stores: StoreImporter
) -> None:
    path = written(parts.folder / "store.json", listed(A))
    await stores.import_stores([path])
    result = await stores.import_stores([path], take=True)
    (account,) = parts.store.state.accounts.values()
    assert (result.taken, account.refresher) == ((account.id,), Refresher.TURNTABLE)


async def test_a_login_that_its_tool_renews_in_that_moment_stays_the_tools(
    parts: Parts, stores: StoreImporter, clock: FakeClock
) -> None:
    path = written(parts.folder / "store.json", listed(A))
    look = parts.importer.import_found

    async def renewed_meanwhile(*given: object, **named: object) -> object:
        newer = renewed(A, issued_at=clock.now(), expires_at=A.expires_at)
        written(path, listed(newer))
        return await look(*given, **named)  # type: ignore[arg-type]

    parts.importer.import_found = renewed_meanwhile  # type: ignore[method-assign, assignment]
    result = await stores.import_stores([path], take=True)
    (account,) = parts.store.state.accounts.values()
    assert (result.taken, result.renewed_meanwhile) == ((), (account.id,))
    assert account.refresher is Refresher.ELSEWHERE


async def test_an_account_of_our_own_is_not_mixed_up_with_one_that_is_taken(
    parts: Parts, stores: StoreImporter
) -> None:
    ours = await parts.signed_in(make_login("A", salt="own"))
    path = written(parts.folder / "store.json", listed(A))
    result = await stores.import_stores([path], take=True)
    assert [one.kept for one in result.imported] == [Kept.OURS]
    assert (result.taken, parts.store.state.accounts[ours.id]) == ((), ours)
    assert A.refresh_token in path.read_text()


async def test_a_take_that_died_between_there_and_here_is_finished_by_the_next(
    parts: Parts, stores: StoreImporter
) -> None:
    path = written(parts.folder / "store.json", listed(A, B))
    await stores.import_stores([path])
    written(path, listed(B))  # removed there, and then the power went out
    result = await stores.import_stores([path], take=True)
    assert len(result.taken) == 2
    refreshers = {a.refresher for a in parts.store.state.accounts.values()}
    assert refreshers == {Refresher.TURNTABLE}


async def test_what_cannot_be_read_there_is_not_thought_to_be_gone(
    parts: Parts, stores: StoreImporter
) -> None:
    path = written(parts.folder / "store.json", listed(A, B))
    await stores.import_stores([path])
    document = listed(A, B)
    document["accounts"][1]["accessToken"] = "fake-damaged"
    result = await stores.import_stores([written(path, document)], take=True)
    assert len(result.taken) == 1


async def test_newer_tokens_of_the_tool_are_read_from_its_store(
    parts: Parts, stores: StoreImporter, clock: FakeClock
) -> None:
    ends = clock.now() + timedelta(hours=1)
    short = make_login("A", issued_at=clock.now(), expires_at=ends)
    parts.back_end.add(short)
    path = written(parts.folder / "store.json", listed(short, B))
    await stores.import_stores([path])
    account = next(iter(parts.store.state.accounts.values()))
    clock.advance(timedelta(hours=2))
    newer = renewed(short, issued_at=clock.now(), expires_at=clock.now() + timedelta(days=1))
    written(path, listed(B, newer))
    elsewhere = Elsewhere(env={}, lane=parts.lane, clock=clock, read=read_source)
    known = await parts.vault.get(account.id)
    assert known is not None
    fresh = await elsewhere.newer(account, known, dead=True)
    assert fresh is not None
    assert fresh.access_token == newer.access_token


async def test_a_source_is_read_by_its_form(parts: Parts, back_end: StandIn) -> None:
    account = await parts.imported(A)
    copy = parts.folder / "copy.json"
    copy.write_text(json.dumps(A.auth_json))
    for path in (Path(account.source or ""), copy):
        found = read_source(path, account.identity)
        assert found is not None
        assert found.login.credentials.access_token == A.access_token
    path = written(parts.folder / "store.json", listed(B))
    assert read_source(path, account.identity) is None
    with pytest.raises(CoreError):
        read_source(written(path, sealed(aliased(A))), replace(account.identity, user="x"))
