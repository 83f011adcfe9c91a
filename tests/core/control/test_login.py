"""`login` step by step, `logout` and `workspaces`, on whole apps against the stand-in's pages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.accounts.desk import FORGOTTEN_S
from core.app import App
from core.control.verb import Arguments
from core.control.verbs import login as login_verb
from core.control.verbs.account import account
from core.control.verbs.login import SignInStep, login
from core.control.verbs.logins import import_login
from core.control.verbs.logout import Logout, logout
from core.control.verbs.workspaces import Workspaces, workspaces
from core.domain.account import Refresher
from core.domain.decision import Because
from core.domain.errors import CoreError, ExitCode
from core.standin import replies
from core.standin.people import make_login, make_person
from core.standin.script import Endpoint
from core.standin.server import StandIn
from core.standin.world import Account as BackEndAccount
from tests.core.control.apps import free_port, make_app
from tests.core.oauth.browser import Browser
from tests.fakes.clock import FakeClock
from tests.fakes.tokens import write_auth_json

ADA = make_person("A", user="user-ada", email="ada@example.com", workspace="acct-ada")
TEAM = make_person("T", user="user-ada", email="ada@example.com", workspace="acct-team")
BELA = make_person("B", user="user-bela", email="bela@example.com", workspace="acct-bela")
VAULT = "a fake passphrase"


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        for person, name in ((ADA, "Personal"), (BELA, "Personal")):
            back_end.enrol(person, BackEndAccount(person=person, workspace_name=name))
        yield back_end


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    browser = Browser()
    yield browser
    await browser.close()


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock, back_end: StandIn) -> AsyncIterator[App]:
    """A process that does not own its folder: `turntable login` where nothing runs."""
    app = make_app(
        tmp_path,
        clock,
        upstream_base_url=back_end.base_url,
        upstream_auth_url=back_end.auth_url,
        proxy_port=str(free_port()),
    )
    yield app
    await app.close()


def given(**values: str | bool) -> Arguments:
    return Arguments({"passphrase": VAULT, **values})


async def next_step(app: App, session: str | None, **values: str | bool) -> SignInStep:
    assert session is not None
    return await login(app, Arguments({"session": session, **values}))


async def pasted(app: App, browser: Browser, user: str, **wish: str | bool) -> SignInStep:
    """A whole sign-in by paste; its last step."""
    step = await login(app, given(paste=True, **wish))
    assert step.step == "visit"
    assert step.url is not None
    address = await browser.returned_to(step.url, user)
    redeeming = await next_step(app, step.session, pasted=address)
    assert redeeming.step == "redeeming"
    return await next_step(app, step.session)


async def test_a_pasted_address_adds_an_account_that_turntable_renews(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    step = await pasted(app, browser, "A", label="Work")
    assert (step.step, step.outcome, step.number, step.label) == ("joined", "added", 1, "Work")
    assert step.session is None
    assert step.messages[0] == "Signed in: #1 Work (plus)."
    app.read()
    (joined,) = app.state.accounts.values()
    assert (joined.refresher, joined.email) == (Refresher.TURNTABLE, "ada@example.com")
    assert joined.workspace_name == "Personal"
    assert not any(family.revoked for family in back_end.issuer.families)


async def test_the_folder_is_free_while_the_person_is_at_the_page(
    app: App, tmp_path: Path, clock: FakeClock
) -> None:
    await login(app, given(paste=True))
    other = make_app(tmp_path, clock)
    await other.hold("another verb")
    await other.close()


async def test_the_browser_comes_back_to_a_running_turntable(app: App, browser: Browser) -> None:
    await app.serve("serve")
    step = await login(app, given(browser=True))
    assert step.url is not None
    assert "prompt=login" not in step.url
    page = browser.sign_in(step.url, "A")
    shown = await _while_it_goes_on(app, step, page)
    assert 'id="signed-in"' in shown.text
    assert "?" not in browser.last_address
    assert [one.label for one in app.state.accounts.values()] == ["ada"]


async def _while_it_goes_on(app: App, step: SignInStep, page: object) -> httpx.Response:
    """The browser and whoever asks for steps, at the same time."""

    async def steps() -> str:
        last = step
        while last.session is not None:
            last = await next_step(app, last.session)
        return last.step

    shown, ended = await asyncio.gather(page, steps())  # type: ignore[call-overload]
    assert ended == "joined"
    assert isinstance(shown, httpx.Response)
    return shown


async def test_a_code_that_is_typed_elsewhere_signs_in(app: App, back_end: StandIn) -> None:
    back_end.devices.interval = timedelta(seconds=1)
    step = await login(app, given(device=True))
    assert (step.step, step.user_code is not None) == ("type_code", True)
    assert step.messages[0].startswith(f"Open {back_end.auth_url}/codex/device and type ")
    back_end.confirm_device(step.user_code or "", "B")
    assert (await next_step(app, step.session)).step == "redeeming"
    assert (await next_step(app, step.session)).label == "bela"


async def test_with_nothing_new_the_face_is_told_to_ask_again(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_verb, "WAIT_S", 0.01)
    assert login_verb.WAIT_S < FORGOTTEN_S
    step = await login(app, given(paste=True))
    assert (await next_step(app, step.session)).step == "waiting"


async def test_the_second_account_is_asked_for_by_name(app: App, browser: Browser) -> None:
    await pasted(app, browser, "A")
    step = await login(app, given(paste=True))
    assert step.url is not None
    assert "prompt=login" in step.url, "or the browser would bring the first one again"


async def test_two_workspaces_of_one_person_are_two_accounts(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    back_end.enrol(TEAM, BackEndAccount(person=TEAM, workspace_name="Acme"))
    for person in (ADA, TEAM):
        await pasted(app, browser, "A", workspace=person.account_id)
    app.read()
    labels = [one.label for one in app.state.accounts.values()]
    assert labels == ["ada", "Acme"]


async def test_signing_in_again_renews_in_place_and_nobody_else(app: App, browser: Browser) -> None:
    first = await pasted(app, browser, "A", label="Work")
    again = await pasted(app, browser, "A", again="#1")
    assert (again.outcome, again.account, again.label) == ("updated", first.account, "Work")
    step = await login(app, given(paste=True, again="#1"))
    assert step.url is not None
    assert "allowed_workspace_id=acct-ada" in step.url


async def test_an_imported_login_becomes_turntables_own(
    app: App, browser: Browser, back_end: StandIn, tmp_path: Path
) -> None:
    imported = make_login("A", user="user-ada", email="ada@example.com", workspace="acct-ada")
    back_end.add(imported)
    path = write_auth_json(tmp_path / "home", imported)
    await app.hold("import")
    await import_login(app, given(file=str(path)))
    step = await pasted(app, browser, "A")
    assert step.outcome == "updated"
    assert "the imported one is another" in step.messages[1]
    (joined,) = app.state.accounts.values()
    assert joined.refresher is Refresher.TURNTABLE


async def test_the_first_sign_in_comes_with_a_recovery_code_and_the_next_does_not(
    app: App, browser: Browser
) -> None:
    first = await pasted(app, browser, "A")
    second = await pasted(app, browser, "B")
    assert first.recovery_code is not None
    assert f"Recovery code: {first.recovery_code}" in first.messages
    assert second.recovery_code is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"paste": True, "device": True}, "usage", id="two ways at once"),
        pytest.param({"again": "nobody"}, "no_account_named", id="again whom nobody knows"),
        pytest.param({"label": "#7"}, "bad_label", id="a label like a number"),
        pytest.param({"session": "0"}, "no_such_sign_in", id="a session that is none"),
    ],
)
async def test_what_does_not_fit_is_said_before_anybody_is_asked(
    app: App, back_end: StandIn, values: dict[str, str | bool], code: str
) -> None:
    with pytest.raises(CoreError) as caught:
        await login(app, given(**values))
    assert caught.value.code == code
    assert back_end.requests == ()


async def test_a_locked_vault_is_said_before_the_person_is_sent_away(
    app: App, browser: Browser, tmp_path: Path, clock: FakeClock, back_end: StandIn
) -> None:
    await pasted(app, browser, "A")
    asked = len(back_end.requests)
    other = make_app(tmp_path, clock, upstream_auth_url=back_end.auth_url)
    with pytest.raises(CoreError) as caught:
        await login(other, Arguments({"paste": True}))
    await other.close()
    assert caught.value.exit_code is ExitCode.LOCKED
    assert len(back_end.requests) == asked


async def test_a_login_is_sent_to_no_foreign_issuer(tmp_path: Path, clock: FakeClock) -> None:
    app = make_app(tmp_path, clock, upstream_auth_url="https://sso.example.com")
    with pytest.raises(CoreError) as caught:
        await login(app, given(paste=True))
    await app.close()
    assert caught.value.code == "foreign_issuer"


async def test_a_sign_in_that_is_ended_keeps_nothing(app: App) -> None:
    step = await login(app, given(paste=True))
    ended = await next_step(app, step.session, end=True)
    assert (ended.step, ended.session) == ("ended", None)
    app.read()
    assert dict(app.state.accounts) == {}


async def test_signing_in_as_somebody_else_changes_nothing(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    shared = make_person("S", user="user-cy", email="cy@example.com", workspace="acct-ada")
    back_end.enrol(shared)
    await pasted(app, browser, "A")
    with pytest.raises(CoreError, match="not as #1 ada") as caught:
        await pasted(app, browser, "S", again="#1")
    assert caught.value.code == "another_account"
    app.read()
    assert len(app.state.accounts) == 1


# --- logout ----------------------------------------------------------------------------------


async def signed_out(app: App, **values: str | bool) -> Logout:
    return await logout(app, given(**values))


async def test_signing_out_keeps_the_account_and_forgets_its_login(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    await app.serve("serve")
    step = await pasted(app, browser, "A", label="Work")
    answer = await signed_out(app, account="Work")
    assert answer.accounts == (step.account,)
    assert "`turntable login --again '#1'`" in answer.messages[0]
    assert list(app.observed.signed_out.values()) == [Because.SIGNED_OUT]
    assert await app.folder.vault.get(answer.accounts[0]) is None
    assert not any(family.revoked for family in back_end.issuer.families)
    again = await pasted(app, browser, "A", again="#1")
    assert (again.account, again.label) == (step.account, "Work")
    assert dict(app.observed.signed_out) == {}


async def test_on_request_the_issuer_ends_it_too(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    await pasted(app, browser, "A")
    await app.hold("logout")
    answer = await signed_out(app, all=True, revoke=True)
    assert len(answer.revoked) == 1
    assert all(family.revoked for family in back_end.issuer.families)


async def test_a_login_that_could_not_be_revoked_is_kept(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    step = await pasted(app, browser, "A")
    await app.hold("logout")
    back_end.next("A", replies.error(500, "No.", code="no"), on=Endpoint.REVOKE)
    with pytest.raises(CoreError) as caught:
        await signed_out(app, account="#1", revoke=True)
    assert caught.value.code == "issuer_unreachable"
    (known,) = app.state.accounts
    assert known == step.account
    assert await app.folder.vault.get(known) is not None


async def test_what_was_imported_is_not_turntables_to_revoke(
    app: App, browser: Browser, back_end: StandIn, tmp_path: Path
) -> None:
    imported = make_login("B", user="user-bela", email="bela@example.com", workspace="acct-bela")
    back_end.add(imported)
    path = write_auth_json(tmp_path / "home", imported)
    await pasted(app, browser, "A")
    await app.hold("import")
    await import_login(app, given(file=str(path)))
    with pytest.raises(CoreError) as caught:
        await signed_out(app, all=True, revoke=True)
    assert (caught.value.code, caught.value.exit_code) == (
        "not_ours_to_revoke",
        ExitCode.LEFT_ALONE,
    )
    assert not any(family.revoked for family in back_end.issuer.families)
    assert dict(app.observed.signed_out) == {}, "of several, none"
    answer = await signed_out(app, account="bela")
    assert "the login that it was imported from lives on" in answer.messages[0]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"account": "#1", "all": True}, id="one and all"),
    ],
)
async def test_who_is_signed_out_must_be_said(app: App, values: dict[str, str | bool]) -> None:
    await app.hold("logout")
    with pytest.raises(CoreError, match="Name an account, or --all"):
        await signed_out(app, **values)


# --- workspaces ------------------------------------------------------------------------------


async def asked(app: App, **values: str) -> Workspaces:
    return await workspaces(app, given(**values))


async def test_the_workspaces_of_a_person_are_listed_and_chosen(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    back_end.enrol(TEAM, BackEndAccount(person=TEAM, workspace_name="Acme"))
    await pasted(app, browser, "A", workspace="acct-ada")
    await app.hold("workspaces")
    answer = await asked(app, account="#1")
    assert [(one.id, one.name, one.number) for one in answer.workspaces] == [
        ("acct-ada", "Personal", 1),
        ("acct-team", "Acme", None),
    ]
    assert answer.messages == ("acct-ada  Personal  #1", "acct-team  Acme  not signed in here")
    with pytest.raises(CoreError) as caught:
        await asked(app, account="#1", workspace="Acme")
    assert caught.value.hint == "`turntable login --workspace acct-team` adds it."
    await pasted(app, browser, "A", workspace="acct-team")
    chosen = await asked(app, account="#1", workspace="Acme")
    assert app.state.rotation.account == chosen.chosen
    assert app.state.accounts[chosen.chosen or ""].identity.workspace == "acct-team"


async def test_a_workspace_of_nobody_is_no_choice(app: App, browser: Browser) -> None:
    await pasted(app, browser, "A")
    await app.hold("workspaces")
    with pytest.raises(CoreError) as caught:
        await asked(app, account="#1", workspace="acct-nobody")
    assert (caught.value.code, caught.value.exit_code) == ("no_such_workspace", ExitCode.USAGE)


async def test_without_the_back_end_no_workspaces_are_made_up(
    app: App, browser: Browser, back_end: StandIn
) -> None:
    await pasted(app, browser, "A")
    await app.hold("workspaces")
    back_end.next("A", replies.error(500, "No.", code="no"), on=Endpoint.ACCOUNTS)
    with pytest.raises(CoreError) as caught:
        await asked(app, account="#1")
    assert caught.value.code == "back_end_unreachable"


# --- removing --------------------------------------------------------------------------------


async def test_a_removed_account_is_put_back_with_its_login_in_another_process(
    app: App, browser: Browser, tmp_path: Path, clock: FakeClock, back_end: StandIn
) -> None:
    step = await pasted(app, browser, "A", label="Work")
    await app.hold("account")
    gone = await account(app, given(action="remove", account="Work"))
    assert gone.messages[0].startswith("Work is removed. Until ")
    assert dict(app.state.accounts) == {}
    with pytest.raises(CoreError, match="There is no account yet"):
        await account(app, given(action="remove", account="Work"))
    await app.close()

    later = make_app(tmp_path, clock, upstream_auth_url=back_end.auth_url)
    await later.hold("account")
    back = await account(later, given(action="put-back", account="#1"))
    assert back.messages == ("Work is back.",)
    assert back.account.id == step.account
    await later.unlock(VAULT)
    assert await later.folder.vault.get(back.account.id) is not None
    with pytest.raises(CoreError) as caught:
        await account(later, given(action="put-back", account="#1"))
    await later.close()
    assert caught.value.code == "nothing_removed"
