"""`import` adds Codex's own login, updates it, or says why not; and spends nothing of it."""

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.accounts.changes import rename
from core.accounts.roster import Candidate, Kept, Outcome, Roster
from core.codex_home.auth_file import read_auth_file
from core.domain.account import Refresher
from core.domain.decision import Because
from core.domain.errors import CoreError, ExitCode
from core.domain.events import AccountChanged
from core.domain.observed import sign_in_ended
from core.domain.state import State
from core.standin import replies
from core.standin.people import make_login, renewed, signed_in_again
from core.standin.script import Cut, Endpoint
from core.standin.world import Account as BackEndAccount
from tests.core.oauth.parts import PASSPHRASE, Parts
from tests.fakes.clock import FakeClock

A = make_login("A", email="ada@example.com")


async def test_a_login_is_added_with_its_identity_and_where_it_came_from(parts: Parts) -> None:
    parts.back_end.add(A, BackEndAccount(person=A.person, workspace_name="Acme"))
    source = parts.source(A)
    imported = await parts.importer.import_login(source)
    account = imported.account
    assert imported.outcome is Outcome.ADDED
    assert (imported.checked, imported.run_out, imported.kept) == (True, False, None)
    assert (account.number, account.label, account.email) == (1, "ada", "ada@example.com")
    assert (account.identity.user, account.identity.workspace) == ("user-A", "acct-A")
    assert account.workspace_name == "Acme"
    assert (account.refresher, account.source) == (Refresher.ELSEWHERE, str(source))
    assert parts.store.state.accounts == {account.id: account}
    sealed = await parts.vault.get(account.id)
    assert sealed is not None
    assert sealed.access_token == A.access_token


async def test_the_secret_is_sealed_before_the_account_is_announced(parts: Parts) -> None:
    sealed_at_announcement = []
    real_put = parts.vault.put

    async def put(*arguments: object) -> object:
        sealed_at_announcement.append(list(parts.announced))
        return await real_put(*arguments)  # type: ignore[arg-type]

    parts.vault.put = put  # type: ignore[method-assign, assignment]
    account = await parts.imported(A)
    assert sealed_at_announcement == [[]]
    assert parts.announced == [AccountChanged(account=account.id)]


async def test_the_same_login_again_changes_nothing(parts: Parts) -> None:
    account = await parts.imported(A)
    before = parts.store.state
    again = await parts.importer.import_login(parts.source(A))
    assert (again.outcome, again.kept, again.account) == (Outcome.UNCHANGED, Kept.SAME, account)
    assert parts.store.state is before
    assert parts.announced == [AccountChanged(account=account.id)]


async def test_a_newer_login_of_the_same_identity_updates_and_keeps_what_the_user_chose(
    parts: Parts, clock: FakeClock
) -> None:
    first = await parts.imported(A)
    await parts.store.change(rename(first.id, "Work"))
    newer = signed_in_again(replace(A, person=replace(A.person, plan="team")), family=2)
    parts.back_end.add(newer)
    clock.advance(timedelta(days=1))
    imported = await parts.importer.import_login(parts.source(newer))
    account = imported.account
    assert imported.outcome is Outcome.UPDATED
    assert (account.id, account.number, account.label) == (first.id, 1, "Work")
    assert account.added_at == first.added_at
    assert account.plan == "team"
    assert await parts.token(account.id) == newer.access_token
    assert len(parts.store.state.accounts) == 1


async def test_workspaces_and_members_are_accounts_of_their_own(parts: Parts) -> None:
    logins = [
        make_login("P", user="user-ada", email="ada@example.com", workspace="acct-personal"),
        make_login("T", user="user-ada", email="ada@example.com", workspace="acct-team"),
        make_login("M", user="user-max", email="max@example.com", workspace="acct-team"),
        make_login("N", user="user-eve", email="max@example.com", workspace="acct-other"),
    ]
    for login in logins:
        parts.back_end.add(
            login,
            BackEndAccount(
                person=login.person,
                workspace_name="Acme" if "team" in login.account_id else "Personal",
            ),
        )
        await parts.importer.import_login(parts.source(login))
    labels = [account.label for account in parts.store.state.accounts.values()]
    assert labels == ["ada", "Acme", "max", "max 2"]


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(parts: Parts) -> None:
    parts.back_end.add(A)
    imported = await parts.importer.import_login(parts.source(A), dry_run=True)
    assert (imported.outcome, imported.dry_run) == (Outcome.ADDED, True)
    assert (imported.account.number, imported.account.label) == (1, "ada")
    assert parts.store.state == State()
    assert parts.vault.backend == "none"
    assert parts.announced == []


async def test_a_label_of_the_users_own_is_taken(parts: Parts) -> None:
    parts.back_end.add(A)
    imported = await parts.importer.import_login(parts.source(A), label="Client A")
    assert imported.account.label == "Client A"


# What is left aside


async def test_an_older_copy_of_a_login_does_not_replace_a_newer_one(
    parts: Parts, clock: FakeClock
) -> None:
    end = clock.now() + timedelta(days=5)
    old = make_login("A", issued_at=clock.now(), expires_at=end)
    new = renewed(old, issued_at=clock.now(), expires_at=end + timedelta(days=1))
    parts.back_end.add(new)
    await parts.importer.import_login(parts.source(new))
    parts.back_end.issuer.admit(old)
    again = await parts.importer.import_login(parts.source(old))
    assert (again.outcome, again.kept) == (Outcome.UNCHANGED, Kept.OLDER)
    assert await parts.token(again.account.id) == new.access_token


async def test_an_older_copy_is_taken_once_the_newer_login_does_not_work(
    parts: Parts, clock: FakeClock
) -> None:
    end = clock.now() + timedelta(days=5)
    old = make_login("A", issued_at=clock.now(), expires_at=end)
    account = await parts.imported(
        renewed(old, issued_at=clock.now(), expires_at=end + timedelta(days=1))
    )
    parts.store.learn(sign_in_ended(account.id, Because.SIGN_IN_ENDED))
    parts.back_end.issuer.admit(old)
    assert (await parts.importer.import_login(parts.source(old))).outcome is Outcome.UPDATED
    assert parts.store.observed.signed_out == {}
    assert await parts.token(account.id) == old.access_token


async def test_a_login_of_our_own_is_not_given_away_to_an_import(parts: Parts) -> None:
    account = await parts.imported(A)
    ours = replace(account, refresher=Refresher.TURNTABLE, source=None)
    await parts.store.change(lambda s: (replace(s, accounts={account.id: ours}), ()))
    other = signed_in_again(A, family=2)
    parts.back_end.add(other)
    again = await parts.importer.import_login(parts.source(other))
    assert (again.outcome, again.kept, again.account) == (Outcome.UNCHANGED, Kept.OURS, ours)


# What cannot be asked


async def test_offline_the_login_is_imported_and_called_unchecked(parts: Parts) -> None:
    source = parts.source(A)
    await parts.back_end.close()
    imported = await parts.importer.import_login(source)
    assert (imported.outcome, imported.checked) == (Outcome.ADDED, False)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(replies.cdn_challenge(), id="the CDN's challenge"),
        pytest.param(replies.server_error(), id="a failing back end"),
        pytest.param(replies.deactivated_workspace(), id="a workspace that is gone"),
        pytest.param(Cut(), id="a connection that is cut"),
    ],
)
async def test_an_answer_that_says_nothing_about_the_token_stops_no_import(
    parts: Parts, answer: replies.Reply | Cut
) -> None:
    parts.back_end.add(A)
    parts.back_end.next("A", answer, on=Endpoint.CHECK)
    imported = await parts.importer.import_login(parts.source(A))
    assert (imported.outcome, imported.checked) == (Outcome.ADDED, False)


async def test_a_login_whose_token_has_run_out_is_imported_and_said_so(
    parts: Parts, clock: FakeClock
) -> None:
    login = make_login("A", expires_at=clock.now() - timedelta(hours=1))
    parts.back_end.add(login)
    imported = await parts.importer.import_login(parts.source(login))
    assert (imported.outcome, imported.checked, imported.run_out) == (Outcome.ADDED, False, True)
    assert parts.back_end.requests == ()


async def test_a_token_that_only_the_back_end_calls_expired_is_no_revoked_login(
    parts: Parts,
) -> None:
    parts.back_end.add(A)
    parts.back_end.issuer.expire_access("A")
    imported = await parts.importer.import_login(parts.source(A))
    assert (imported.checked, imported.run_out) == (False, True)


# What is refused


async def test_a_revoked_login_is_refused_and_nothing_is_changed(parts: Parts) -> None:
    parts.back_end.add(A)
    parts.back_end.revoke("A")
    with pytest.raises(CoreError, match="revoked") as caught:
        await parts.importer.import_login(parts.source(A))
    assert caught.value.code == "login_revoked"
    assert caught.value.exit_code is ExitCode.SIGN_IN_NEEDED
    assert parts.store.state == State()
    assert parts.vault.backend == "none"


def _empty(path: Path) -> None:
    path.write_text("")


def _cut(path: Path) -> None:
    path.write_text(path.read_text()[:400])


def _api_key(path: Path) -> None:
    path.write_text(json.dumps({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-fake"}))


def _in_the_keyring(path: Path) -> None:
    path.unlink()
    (path.parent / "config.toml").write_text('cli_auth_credentials_store = "keyring"')


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(Path.unlink, "login_missing", id="missing"),
        pytest.param(_empty, "login_empty", id="empty"),
        pytest.param(_cut, "login_broken", id="truncated"),
        pytest.param(_api_key, "login_api_key", id="API-key mode"),
        pytest.param(_in_the_keyring, "login_not_in_file", id="kept in the keyring"),
    ],
)
async def test_a_file_that_is_no_login_is_refused_and_nothing_is_changed(
    parts: Parts, spoil: Callable[[Path], object], code: str
) -> None:
    account = await parts.imported(A)
    before, sealed = parts.store.state, await parts.vault.get(account.id)
    source = parts.source(A)
    spoil(source)
    with pytest.raises(CoreError) as caught:
        await parts.importer.import_login(source)
    assert caught.value.code == code
    assert str(source) in caught.value.message
    assert parts.store.state is before
    assert await parts.vault.get(account.id) == sealed


async def test_a_full_disk_adds_no_account(parts: Parts) -> None:
    async def full(_: object) -> None:
        raise CoreError("disk_full", "There is no space left.")

    parts.back_end.add(A)
    parts.store.change = full  # type: ignore[method-assign, assignment]
    with pytest.raises(CoreError, match="no space"):
        await parts.importer.import_login(parts.source(A))
    assert parts.store.state == State()
    rows = await parts.database.read(
        lambda connection: connection.execute(
            "SELECT count(*) FROM secret WHERE removed_at IS NULL"
        ).fetchone()
    )
    assert rows == (0,)


async def test_an_import_presents_no_refresh_token_and_writes_nothing_to_its_source(
    parts: Parts,
) -> None:
    source = parts.source(A)
    before = (source.read_bytes(), source.stat().st_mtime_ns)
    parts.back_end.add(A)
    await parts.importer.import_login(source)
    await parts.importer.import_login(source)
    assert parts.refreshes == 0
    assert parts.back_end.violations == []
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    assert sorted(path.name for path in source.parent.iterdir()) == ["auth.json"]


async def test_two_imports_at_once_give_one_account(parts: Parts) -> None:

    parts.back_end.add(A)
    source = parts.source(A)
    first, second = await asyncio.gather(
        parts.importer.import_login(source), parts.importer.import_login(source)
    )
    assert {first.outcome, second.outcome} == {Outcome.ADDED, Outcome.UNCHANGED}
    assert len(parts.store.state.accounts) == 1


async def test_two_programs_that_import_at_once_give_one_account(parts: Parts) -> None:
    parts.back_end.add(A)
    source = parts.source(A)
    other = Roster(
        store=parts.store,
        vault=parts.vault,
        unlock=lambda: parts.vault.unlock(passphrase=PASSPHRASE),
        landed=parts.authoriser.landed,
        clock=parts.clock,
        draw=os.urandom,
    )
    candidate = Candidate(
        login=read_auth_file(source).login, refresher=Refresher.ELSEWHERE, source=str(source)
    )
    ends = await asyncio.gather(
        parts.roster.admit(candidate), other.admit(candidate), return_exceptions=True
    )
    (error,) = (end for end in ends if isinstance(end, CoreError))
    assert error.code == "account_added_meanwhile"
    (account,) = parts.store.state.accounts.values()
    assert await parts.token(account.id) == A.access_token
