"""Refresh and revocation, as a client of HTTP meets them."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from core.standin import replies
from core.standin.codes import Codes
from core.standin.issuer import Issuer
from core.standin.issuer_paths import IssuerPaths
from core.standin.people import CLIENT_ID, Login, make_login, with_expiry
from core.standin.replies import Reply
from core.standin.script import Endpoint, Script
from core.standin.server import StandIn
from tests.core.standin.conftest import Client
from tests.core.standin.recordings import recorded
from tests.fakes.clock import START, FakeClock

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("form", [False, True], ids=["JSON", "form-encoded"])
async def test_a_refresh_gives_three_new_tokens(client: Client, login: Login, form: bool) -> None:
    reply = await client.refresh(login.refresh_token, form=form)
    tokens = reply.json()
    assert reply.status_code == 200
    assert tokens["expires_in"] == 10 * 24 * 3600
    assert tokens["refresh_token"] != login.refresh_token
    assert tokens["access_token"] != login.access_token
    assert tokens["id_token"] != login.id_token


async def test_a_refresh_token_that_comes_twice_ends_the_login(
    client: Client, back_end: StandIn, login: Login
) -> None:
    tokens = (await client.refresh(login.refresh_token)).json()
    reused = await client.refresh(login.refresh_token)
    assert reused.status_code == 401
    assert reused.json()["error"]["code"] == "refresh_token_reused"
    assert (await client.refresh(tokens["refresh_token"])).status_code == 401
    assert (await client.turn(login)).status_code == 401
    (family,) = back_end.issuer.families_of("A")
    assert family.revoked


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        pytest.param(
            {"grant_type": "password"}, (400, "unsupported_grant_type"), id="another grant"
        ),
        pytest.param({"client_id": "app_other"}, (401, "invalid_client"), id="another client"),
    ],
)
async def test_a_refresh_that_is_not_ours(
    client: Client,
    back_end: StandIn,
    login: Login,
    fields: dict[str, str],
    answer: tuple[int, str],
) -> None:
    good = {
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "grant_type": "refresh_token",
        "refresh_token": login.refresh_token,
    }
    reply = await client.http.post(f"{back_end.auth_url}/oauth/token", json=good | fields)
    assert (reply.status_code, reply.json()["error"]) == answer


@pytest.mark.parametrize("content", [b"{", b"[]"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
async def test_the_issuer_refuses_rubbish(
    client: Client, back_end: StandIn, path: str, content: bytes
) -> None:
    url = f"{back_end.auth_url}{path}"
    headers = {"content-type": "application/json"}
    reply = await client.http.post(url, content=content, headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


async def test_a_scripted_issuer_error_spends_no_token(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", replies.server_error(503), on=Endpoint.REFRESH)
    assert (await client.refresh(login.refresh_token)).status_code == 503
    assert (await client.refresh(login.refresh_token)).status_code == 200


async def test_revoking_ends_the_family(client: Client, back_end: StandIn, login: Login) -> None:
    url = f"{back_end.auth_url}/oauth/revoke"
    reply = await client.http.post(url, json={"token": login.refresh_token})
    assert reply.status_code == 200
    assert (await client.turn(login)).status_code == 401
    unknown = await client.http.post(url, json={"token": "x"})
    assert unknown.status_code == 200
    back_end.next("A", replies.server_error(), on=Endpoint.REVOKE)
    assert (await client.http.post(url, json={"token": login.refresh_token})).status_code == 500


async def test_a_login_that_has_already_expired(
    client: Client, back_end: StandIn, login: Login
) -> None:
    expired = with_expiry(make_login("old"), START - HOUR)
    back_end.add(expired)
    assert (await client.turn(expired)).json()["error"]["code"] == "token_expired"


async def test_no_answer_repeats_a_token(client: Client, back_end: StandIn, login: Login) -> None:
    back_end.revoke("A")
    for reply in (await client.turn(login), await client.refresh(login.refresh_token)):
        text = json.dumps([reply.text, dict(reply.headers)])
        assert login.access_token not in text
        assert login.refresh_token not in text


def test_a_refresh_is_decided_without_a_server(clock: FakeClock, login: Login) -> None:
    issuer = Issuer(clock.now)
    issuer.admit(login)
    paths = IssuerPaths(issuer, Script(), Codes(clock.now))
    form = urlencode(
        {
            "client_id": CLIENT_ID,
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
        }
    )
    request = recorded("/oauth/token", method="POST", body=form.encode())
    statuses = [paths.token(request).answer for _ in range(2)]
    assert [one.status for one in statuses if isinstance(one, Reply)] == [200, 401]
    assert request.account == "A"


async def test_a_list_in_json_is_no_request(client: Client, back_end: StandIn) -> None:
    reply = await client.http.post(f"{back_end.auth_url}/oauth/token", json=["refresh_token"])
    assert reply.json()["error"] == "invalid_request"
