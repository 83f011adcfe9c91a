"""The sign-in pages, as a browser and the program behind it meet them."""

from datetime import timedelta

import pytest

from core.standin import replies
from core.standin.people import PASSWORD, make_login, make_person
from core.standin.script import Denies, Endpoint
from core.standin.server import StandIn
from core.standin.world import Account
from tests.core.standin.conftest import Client
from tests.core.standin.signing_in import STATE, Browser, arrived


@pytest.fixture
def browser(client: Client) -> Browser:
    client.back_end.enrol(make_person("Ada"))
    return Browser(client.back_end, client.http)


def _two_workspaces(back_end: StandIn) -> None:
    for name, title in (("Bea", "Personal"), ("Kestrel", "Kestrel & Co")):
        person = make_person(name, user="user-bea", email="bea@example.com")
        back_end.enrol(person, Account(person=person, workspace_name=title))


async def test_a_person_signs_in_and_the_program_gets_tokens(
    browser: Browser, back_end: StandIn
) -> None:
    page = await browser.open()
    assert page.status_code == 200
    assert all(f'id="{id_}"' in page.text for id_ in ("user", "pw", "go", "deny"))
    callback = arrived(await browser.sign_in("Ada"))
    assert callback.keys() == {"code", "state"}
    assert callback["state"] == STATE
    tokens = (await browser.redeem(callback["code"])).json()
    (family,) = back_end.issuer.families_of("Ada")
    assert tokens["refresh_token"] == family.login.refresh_token
    assert back_end.violations == []


async def test_whoever_says_no_is_sent_back_with_that(browser: Browser) -> None:
    callback = arrived(await browser.sign_in("", form={"action": "deny"}))
    assert callback["error"] == "access_denied"
    assert callback["state"] == STATE
    assert "code" not in callback


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"password": "other"}, id="a wrong password"),
        pytest.param({"user": "Nobody"}, id="a user that nobody knows"),
        pytest.param({"session": "fake-session-999999"}, id="a session that was never begun"),
    ],
)
async def test_a_wrong_answer_brings_the_form_again(browser: Browser, form: dict[str, str]) -> None:
    page = await browser.sign_in("Ada", form=form)
    assert page.status_code == 401
    assert 'id="error"' in page.text
    assert 'id="user"' in page.text


async def test_a_user_may_be_named_by_e_mail(browser: Browser) -> None:
    assert "code" in arrived(await browser.sign_in("ADA@example.com"))


async def test_a_user_with_several_workspaces_chooses_one(
    browser: Browser, back_end: StandIn
) -> None:
    _two_workspaces(back_end)
    page = await browser.sign_in("bea@example.com")
    assert page.status_code == 200
    assert '<option value="acct-Kestrel">Kestrel &amp; Co</option>' in page.text
    session = page.text.partition('name="session" value="')[2].partition('"')[0]
    form = {"session": session, "workspace": "acct-Kestrel"}
    callback = arrived(await browser.sign_in("", form=form))
    await browser.redeem(callback["code"])
    assert len(back_end.issuer.families_of("Kestrel")) == 1
    assert back_end.issuer.families_of("Bea") == ()


async def test_the_program_may_allow_some_workspaces_only(
    browser: Browser, back_end: StandIn
) -> None:
    _two_workspaces(back_end)
    one = arrived(await browser.sign_in("Bea", allowed_workspace_id="acct-Kestrel,acct-x"))
    assert "code" in one
    none = arrived(await browser.sign_in("Bea", allowed_workspace_id="acct-x"))
    assert none["error"] == "access_denied"


async def test_a_browser_that_signed_in_is_known_until_it_is_asked_afresh(
    browser: Browser,
) -> None:
    await browser.sign_in("Ada")
    known = await browser.open()
    assert 'id="user"' not in known.text
    assert 'name="session"' in known.text
    fresh = await browser.open(prompt="login")
    assert 'id="user"' in fresh.text


async def test_a_workspace_without_codex_is_told_to_the_program(
    browser: Browser, back_end: StandIn
) -> None:
    denies = Denies(description="missing_codex_entitlement")
    back_end.next("Ada", denies, on=Endpoint.AUTHORIZE)
    callback = arrived(await browser.sign_in("Ada"))
    assert callback["error"] == "access_denied"
    assert callback["error_description"] == "missing_codex_entitlement"
    assert "code" in arrived(await browser.sign_in("Ada"))


async def test_a_page_may_fail_before_anybody_has_signed_in(
    browser: Browser, back_end: StandIn
) -> None:
    back_end.next(None, replies.server_error(), on=Endpoint.AUTHORIZE)
    assert (await browser.open()).status_code == 500
    back_end.next(None, Denies(error="server_error"), on=Endpoint.AUTHORIZE)
    assert arrived(await browser.open())["error"] == "server_error"


async def test_a_request_that_is_not_the_official_one_leads_nowhere(
    browser: Browser, back_end: StandIn
) -> None:
    page = await browser.open(redirect_uri="http://127.0.0.1:8080/auth/callback")
    assert page.status_code == 400
    assert "not registered" in page.text
    assert "location" not in page.headers
    assert "redirect_uri" in back_end.violations[0].sentence


async def test_pages_tell_nobody_where_they_are(browser: Browser) -> None:
    page = await browser.open()
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


async def test_a_page_of_another_host_is_refused(client: Client, browser: Browser) -> None:
    reply = await client.http.get(browser.address(), headers={"host": "example.com"})
    assert reply.status_code == 400


async def test_a_person_confirms_a_device(browser: Browser, back_end: StandIn) -> None:
    device = back_end.devices.begin()
    url = f"{back_end.auth_url}/codex/device"
    assert 'id="code"' in (await browser.http.get(url)).text
    form = {"user_code": device.user_code.lower(), "user": "Ada", "password": PASSWORD}
    page = await browser.http.post(url, data=form)
    assert 'id="done"' in page.text
    assert device.confirmed is not None
    again = await browser.http.post(url, data=form)
    assert again.status_code == 400


async def test_a_person_denies_a_device(browser: Browser, back_end: StandIn) -> None:
    device = back_end.devices.begin()
    form = {"user_code": device.user_code, "user": "Ada", "password": PASSWORD, "action": "deny"}
    page = await browser.http.post(f"{back_end.auth_url}/codex/device", data=form)
    assert "not signed in" in page.text
    assert device.denied


async def test_a_device_is_signed_in_to_the_chosen_workspace(
    browser: Browser, back_end: StandIn
) -> None:
    _two_workspaces(back_end)
    device = back_end.devices.begin()
    url = f"{back_end.auth_url}/codex/device"
    form = {"user_code": device.user_code, "user": "Bea", "password": PASSWORD}
    page = await browser.http.post(url, data=form)
    assert 'id="workspace"' in page.text
    await browser.http.post(url, data={**form, "workspace": "acct-Kestrel"})
    assert back_end.requests[-1].account == "Kestrel"
    assert device.confirmed is not None


async def test_a_code_that_ran_out_cannot_be_confirmed(browser: Browser, back_end: StandIn) -> None:
    device = back_end.devices.begin()
    back_end.advance(timedelta(minutes=15))
    form = {"user_code": device.user_code, "user": "Ada", "password": PASSWORD}
    page = await browser.http.post(f"{back_end.auth_url}/codex/device", data=form)
    assert page.status_code == 400
    with pytest.raises(KeyError):
        back_end.confirm_device(device.user_code, "Ada")


async def test_the_device_page_may_fail(browser: Browser, back_end: StandIn) -> None:
    back_end.next(None, replies.cdn_challenge(), on=Endpoint.DEVICE_PAGE)
    assert (await browser.http.get(f"{back_end.auth_url}/codex/device")).status_code == 403


async def test_a_login_that_is_known_may_sign_in_again(browser: Browser, back_end: StandIn) -> None:
    login = make_login("A")
    code = arrived(await browser.sign_in("A"))["code"]
    await browser.redeem(code)
    old, new = back_end.issuer.families_of("A")
    assert old.login == login
    assert new.login.family == 101
    assert not old.revoked


async def test_a_form_that_cannot_be_read_is_asked_for_again(browser: Browser) -> None:
    reply = await browser.http.post(browser.address(), content=b"user=a&user=b")
    assert reply.status_code == 401
