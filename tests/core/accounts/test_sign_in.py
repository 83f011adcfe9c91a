"""A sign-in ends as an account of ours; one that cannot be kept leaves everything as it was."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.accounts.changes import rename
from core.accounts.roster import Outcome
from core.accounts.sign_in import Joined, join
from core.domain.account import Account, Refresher
from core.domain.decision import Because
from core.domain.errors import CoreError
from core.domain.observed import sign_in_ended
from core.oauth.login import Redeeming, SignIn, TypeCode
from core.standin.people import make_login, make_person
from core.standin.server import StandIn
from core.standin.world import Account as BackEndAccount
from core.words.speech import english
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock

ADA = make_person("A", user="user-ada", email="ada@example.com", workspace="acct-team")


@pytest.fixture
async def parts(tmp_path: Path, clock: FakeClock, back_end: StandIn) -> AsyncIterator[Parts]:
    back_end.enrol(ADA, BackEndAccount(person=ADA, workspace_name="Acme"))
    async with build(tmp_path, clock, back_end) as parts:
        yield parts


async def _sign_in(
    parts: Parts, name: str, *, again: Account | None = None, label: str = ""
) -> Joined:
    """A sign-in by device code; the person types it at once."""

    async def sleep(_: float) -> None:
        """No time passes."""

    sign_in = SignIn(
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        auth_url=parts.back_end.auth_url,
        clock=parts.clock,
        draw=os.urandom,
        speech=english(),
        sleep=sleep,
    )
    steps = join(
        sign_in.device(),
        admit=parts.roster.admit,
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        base_url=parts.back_end.base_url,
        again=again,
        label=label,
    )
    kinds = []
    async for step in steps:
        kinds.append(type(step))
        if isinstance(step, TypeCode):
            parts.back_end.confirm_device(step.user_code, name)
    assert kinds == [TypeCode, Redeeming, Joined]
    assert isinstance(step, Joined)
    return step


async def test_a_sign_in_adds_an_account_that_we_refresh(parts: Parts) -> None:
    admitted = (await _sign_in(parts, "A")).admitted
    account = admitted.account
    assert admitted.outcome is Outcome.ADDED
    assert (account.label, account.workspace_name) == ("ada", "Acme")
    assert (account.refresher, account.source) == (Refresher.TURNTABLE, None)
    (family,) = parts.back_end.issuer.families
    assert await parts.token(account.id) == family.login.access_token


async def test_a_sign_in_makes_an_imported_login_ours(parts: Parts) -> None:
    imported = await parts.imported(
        make_login("A", user="user-ada", email="ada@example.com", workspace="acct-team")
    )
    await parts.store.change(rename(imported.id, "Work"))
    admitted = (await _sign_in(parts, "A")).admitted
    assert admitted.outcome is Outcome.UPDATED
    assert (admitted.account.id, admitted.account.label) == (imported.id, "Work")
    assert (admitted.account.refresher, admitted.account.source) == (Refresher.TURNTABLE, None)


async def test_signing_in_again_revives_an_ended_login_in_place(parts: Parts) -> None:
    account = (await _sign_in(parts, "A", label="Work")).admitted.account
    parts.store.learn(sign_in_ended(account.id, Because.SIGN_IN_ENDED))
    again = (await _sign_in(parts, "A", again=account)).admitted
    assert (again.outcome, again.account.id) == (Outcome.UPDATED, account.id)
    assert again.account.label == "Work"
    assert parts.store.observed.signed_out == {}
    assert len(parts.store.state.accounts) == 1


async def test_signing_in_again_as_somebody_else_changes_nothing(parts: Parts) -> None:
    account = (await _sign_in(parts, "A")).admitted.account
    parts.back_end.enrol(make_person("B"))
    before, sealed = parts.store.state, await parts.vault.get(account.id)
    with pytest.raises(CoreError, match="not as #1 ada") as caught:
        await _sign_in(parts, "B", again=account)
    assert caught.value.code == "another_account"
    assert parts.store.state is before
    assert await parts.vault.get(account.id) == sealed
    assert len(parts.back_end.issuer.families) == 2
    assert not any(family.revoked for family in parts.back_end.issuer.families)


async def test_a_full_disk_keeps_the_accounts_as_they_were(parts: Parts) -> None:
    async def full(*_: object) -> None:
        raise CoreError("disk_full", "There is no space left.")

    parts.vault.put = full  # type: ignore[method-assign, assignment]
    with pytest.raises(CoreError, match="no space"):
        await _sign_in(parts, "A")
    assert dict(parts.store.state.accounts) == {}
