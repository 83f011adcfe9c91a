"""What a code is exchanged for, and the odd answers that a program must bear."""

import base64
import json
from typing import Any

import pytest

from core.standin import replies
from core.standin.people import CLIENT_ID, Login, make_person
from core.standin.script import Cut, Endpoint, Issues
from core.standin.server import StandIn
from tests.core.standin.conftest import Client
from tests.core.standin.signing_in import VERIFIER, Browser, arrived


@pytest.fixture
async def browser(client: Client) -> Browser:
    client.back_end.enrol(make_person("Ada", workspace="acct-ada", plan="pro"))
    return Browser(client.back_end, client.http)


@pytest.fixture
async def code(browser: Browser) -> str:
    return arrived(await browser.sign_in("Ada"))["code"]


def _claims(token: str) -> dict[str, Any]:
    segment = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    )
    return claims


async def test_the_tokens_say_who_signed_in_and_serve(
    browser: Browser, back_end: StandIn, code: str
) -> None:
    tokens = (await browser.redeem(code)).json()
    claims = _claims(tokens["id_token"])["https://api.openai.com/auth"]
    assert claims["chatgpt_account_id"] == "acct-ada"
    assert claims["chatgpt_plan_type"] == "pro"
    assert tokens["expires_in"] == 10 * 24 * 3600
    headers = {
        "authorization": f"Bearer {tokens['access_token']}",
        "chatgpt-account-id": "acct-ada",
    }
    usage = await browser.http.get(f"{back_end.base_url}/wham/usage", headers=headers)
    assert usage.status_code == 200
    assert back_end.requests[-1].account == "Ada"


async def test_a_code_is_redeemed_once_and_its_second_use_ends_the_login(
    browser: Browser, back_end: StandIn, code: str
) -> None:
    assert (await browser.redeem(code)).status_code == 200
    again = await browser.redeem(code)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    (family,) = back_end.issuer.families_of("Ada")
    assert family.revoked


async def test_a_code_in_json_is_refused(browser: Browser, back_end: StandIn, code: str) -> None:
    body = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code": code}
    assert (await browser.post("/oauth/token", body)).status_code == 400
    assert "form-encoded" in back_end.violations[0].sentence


async def test_a_field_that_stands_twice_is_refused(browser: Browser, code: str) -> None:
    fields = f"client_id={CLIENT_ID}&grant_type=authorization_code&code={code}&code={code}"
    reply = await browser.http.post(
        f"{browser.back_end.auth_url}/oauth/token",
        content=fields,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.json()["error"] == "invalid_request"


@pytest.mark.parametrize("seconds", [0, -5])
async def test_a_life_that_is_over_may_be_said(
    browser: Browser, back_end: StandIn, code: str, seconds: int
) -> None:
    back_end.next("Ada", Issues(expires_in=seconds), on=Endpoint.EXCHANGE)
    assert (await browser.redeem(code)).json()["expires_in"] == seconds


async def test_tokens_may_say_nothing(browser: Browser, back_end: StandIn, code: str) -> None:
    back_end.next("Ada", Issues(claims=False, without=("refresh_token",)), on=Endpoint.EXCHANGE)
    tokens = (await browser.redeem(code)).json()
    assert "refresh_token" not in tokens
    assert _claims(tokens["id_token"]).keys() == {"iss", "exp", "jti"}


async def test_a_refresh_may_leave_fields_out(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", Issues(without=("id_token",)), on=Endpoint.REFRESH)
    assert "id_token" not in (await client.refresh(login.refresh_token)).json()


async def test_html_in_place_of_tokens_leaves_the_code_unspent(
    browser: Browser, back_end: StandIn, code: str
) -> None:
    back_end.next("Ada", replies.captive_portal(), on=Endpoint.EXCHANGE)
    assert "<html>" in (await browser.redeem(code)).text
    assert (await browser.redeem(code)).status_code == 200


async def test_the_answer_may_be_lost_with_the_code(
    browser: Browser, back_end: StandIn, code: str
) -> None:
    back_end.next("Ada", Cut(), on=Endpoint.EXCHANGE)
    with pytest.raises(Exception, match="disconnected"):
        await browser.redeem(code)
    assert len(back_end.issuer.families_of("Ada")) == 1


async def test_a_plan_gives_no_api_key(browser: Browser, back_end: StandIn, code: str) -> None:
    tokens = (await browser.redeem(code)).json()
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "client_id": CLIENT_ID,
        "requested_token": "openai-api-key",
        "subject_token": tokens["id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    url = f"{back_end.auth_url}/oauth/token"
    refused = await browser.http.post(url, data=fields)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "invalid_subject_token"
    unknown = await browser.http.post(url, data=fields | {"subject_token": "x"})
    assert unknown.json()["error"] == "invalid_request"
    back_end.next("Ada", replies.as_json(200, {"access_token": "fake-key"}), on=Endpoint.API_KEY)
    assert (await browser.http.post(url, data=fields)).status_code == 200


async def test_no_page_and_no_address_repeats_a_secret(
    browser: Browser, back_end: StandIn, code: str
) -> None:
    tokens = (await browser.redeem(code)).json()
    seen = [one.target for one in back_end.requests]
    for secret in (tokens["access_token"], tokens["refresh_token"], code, VERIFIER):
        assert not any(secret in target for target in seen)
