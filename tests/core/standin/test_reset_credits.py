"""A reset credit empties the windows, once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.standin import replies, reset_credits
from core.standin.people import Login
from core.standin.script import Cut, Endpoint
from core.standin.server import StandIn
from tests.core.standin.conftest import Client
from tests.fakes.clock import START

DAY = timedelta(days=1)
PATH = "/wham/rate-limit-reset-credits"


async def _consume(client: Client, login: Login, body: dict[str, Any]) -> httpx.Response:
    url = f"{client.back_end.base_url}{PATH}/consume"
    return await client.http.post(url, json=body, headers=client.headers(login))


def _request() -> str:
    return str(uuid4())


@pytest.fixture
def resets_at(back_end: StandIn) -> datetime:
    """A is limited until then."""
    back_end.limit("A", until=START + DAY)
    return START + DAY


async def test_credits_are_listed_with_what_became_of_them(
    client: Client, back_end: StandIn, login: Login
) -> None:
    for days in (3, 1):
        back_end.grant_reset("A", expires_at=START + days * DAY)
    back_end.advance(2 * DAY)
    listed = (await client.get(PATH, login)).json()
    assert [one["status"] for one in listed["credits"]] == ["available", "expired"]
    assert listed["available_count"] == 1
    assert (await client.get("/wham/usage", login)).json()["rate_limit_reset_credits"] == {
        "available_count": 1
    }


@pytest.mark.usefixtures("resets_at")
async def test_a_redeemed_credit_lets_the_account_serve_again(
    client: Client, back_end: StandIn, login: Login
) -> None:
    credit = back_end.grant_reset("A", expires_at=START + DAY)
    assert (await client.turn(login)).status_code == 429
    body = {"credit_id": credit.credit_id, "redeem_request_id": _request()}
    assert (await _consume(client, login, body)).json() == {"code": "reset", "windows_reset": 1}
    assert (await client.turn(login)).status_code == 200
    (listed,) = (await client.get(PATH, login)).json()["credits"]
    assert listed["status"] == "redeemed"
    assert listed["redeemed_at"] == START.isoformat()


@pytest.mark.usefixtures("resets_at")
async def test_the_same_request_redeems_once(
    client: Client, back_end: StandIn, login: Login
) -> None:
    for _ in range(2):
        back_end.grant_reset("A", expires_at=START + DAY)
    body = {"redeem_request_id": _request()}
    back_end.next("A", Cut(), on=Endpoint.CONSUME)
    with pytest.raises(httpx.RemoteProtocolError):
        await _consume(client, login, body)
    assert (await _consume(client, login, body)).json()["code"] == "already_redeemed"
    assert (await client.get(PATH, login)).json()["available_count"] == 1


@pytest.mark.usefixtures("resets_at")
async def test_without_a_choice_the_soonest_expiry_goes_first(
    client: Client, back_end: StandIn, login: Login
) -> None:
    late, soon = (back_end.grant_reset("A", expires_at=START + days * DAY) for days in (9, 2))
    await _consume(client, login, {"redeem_request_id": _request()})
    left = reset_credits.available(back_end.world.account("A"), START)
    assert left == (late,)
    assert soon.credit_id != late.credit_id


@pytest.mark.usefixtures("resets_at")
async def test_a_credit_that_is_not_there_resets_nothing(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.grant_reset("A", expires_at=START + DAY)
    body = {"credit_id": "fake-credit-of-somebody", "redeem_request_id": _request()}
    assert (await _consume(client, login, body)).json()["code"] == "no_credit"
    assert (await client.turn(login)).status_code == 429


async def test_windows_that_are_empty_keep_the_credit(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.grant_reset("A", expires_at=START + DAY)
    body = {"redeem_request_id": _request()}
    assert (await _consume(client, login, body)).json()["code"] == "nothing_to_reset"
    assert (await client.get(PATH, login)).json()["available_count"] == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no request id"),
        pytest.param({"redeem_request_id": "1"}, id="no UUID"),
        pytest.param(
            {"redeem_request_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, id="a UUID of version 1"
        ),
        pytest.param(
            {"redeem_request_id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "credit_id": 3},
            id="a number",
        ),
        pytest.param(
            {"redeem_request_id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "force": True},
            id="a field that nobody knows",
        ),
    ],
)
async def test_what_no_client_may_send_is_a_violation(
    client: Client, back_end: StandIn, login: Login, body: dict[str, Any]
) -> None:
    assert (await _consume(client, login, body)).status_code == 400
    assert len(back_end.violations) == 1


async def test_a_redemption_in_no_json_is_a_violation(
    client: Client, back_end: StandIn, login: Login
) -> None:
    url = f"{back_end.base_url}{PATH}/consume"
    reply = await client.http.post(url, content=b"{", headers=client.headers(login))
    assert reply.status_code == 400


@pytest.mark.usefixtures("resets_at")
async def test_a_scripted_reply_redeems_nothing(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.grant_reset("A", expires_at=START + DAY)
    back_end.next("A", replies.server_error(), on=Endpoint.CONSUME)
    assert (await _consume(client, login, {"redeem_request_id": _request()})).status_code == 500
    assert (await client.get(PATH, login)).json()["available_count"] == 1
