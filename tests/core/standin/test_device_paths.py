"""The device sign-in, as the program that waits meets it."""

from datetime import timedelta

import pytest

from core.standin import replies
from core.standin.people import CLIENT_ID, make_person
from core.standin.script import Endpoint
from core.standin.server import StandIn
from tests.core.standin.conftest import Client
from tests.core.standin.signing_in import Browser

USERCODE = "/api/accounts/deviceauth/usercode"
TOKEN = "/api/accounts/deviceauth/token"
DEVICE_REDIRECT = "https://auth.openai.com/deviceauth/callback"


@pytest.fixture
def program(client: Client) -> Browser:
    client.back_end.enrol(make_person("Ada"))
    return Browser(client.back_end, client.http)


async def _begin(program: Browser) -> dict[str, str]:
    begun = (await program.post(USERCODE, {"client_id": CLIENT_ID})).json()
    return {name: begun[name] for name in ("device_auth_id", "user_code")}


async def test_the_program_waits_and_then_signs_in(program: Browser, back_end: StandIn) -> None:
    begun = await program.post(USERCODE, {"client_id": CLIENT_ID})
    assert begun.json()["interval"] == "5"
    assert begun.json().keys() == {"device_auth_id", "user_code", "interval", "expires_at"}
    ids = {name: begun.json()[name] for name in ("device_auth_id", "user_code")}
    assert (await program.post(TOKEN, ids)).status_code == 403
    back_end.confirm_device(ids["user_code"], "Ada")
    back_end.advance(timedelta(seconds=5))
    got = (await program.post(TOKEN, ids)).json()
    tokens = await program.redeem(
        got["authorization_code"],
        redirect_uri=DEVICE_REDIRECT,
        code_verifier=got["code_verifier"],
    )
    assert tokens.status_code == 200
    assert len(back_end.issuer.families_of("Ada")) == 1
    assert back_end.violations == []


async def test_a_program_that_asks_too_fast_is_slowed_down(
    program: Browser, back_end: StandIn
) -> None:
    ids = await _begin(program)
    statuses = []
    for seconds in (0, 4, 6, 10):
        back_end.advance(timedelta(seconds=seconds))
        statuses.append((await program.post(TOKEN, ids)).status_code)
    # The interval is 10 s after the first 429, and 15 s after the second.
    assert statuses == [403, 429, 429, 429]
    back_end.advance(timedelta(seconds=20))
    assert (await program.post(TOKEN, ids)).status_code == 403


async def test_saying_no_and_running_out_look_like_waiting(
    program: Browser, back_end: StandIn
) -> None:
    denied, late = await _begin(program), await _begin(program)
    device = back_end.devices.typed(denied["user_code"])
    assert device is not None
    device.denied = True
    back_end.advance(timedelta(minutes=15))
    replied = [await program.post(TOKEN, ids) for ids in (denied, late)]
    assert [one.status_code for one in replied] == [403, 403]
    assert [one.json()["error"]["code"] for one in replied] == [
        "deviceauth_authorization_denied",
        "deviceauth_authorization_expired",
    ]


async def test_another_program_s_code_is_unknown(program: Browser) -> None:
    ids = await _begin(program)
    reply = await program.post(TOKEN, ids | {"user_code": "FAKE-99999"})
    assert reply.json()["error"]["code"] == "deviceauth_authorization_unknown"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(USERCODE, {"client_id": "app_other"}, id="another client"),
        pytest.param(TOKEN, {"device_auth_id": "x"}, id="a poll without the code"),
        pytest.param(TOKEN, {}, id="an empty poll"),
    ],
)
async def test_what_the_official_client_never_sends_is_refused(
    program: Browser, back_end: StandIn, path: str, body: dict[str, str]
) -> None:
    assert (await program.post(path, body)).status_code == 400
    assert len(back_end.violations) == 1


async def test_forms_are_refused(program: Browser, back_end: StandIn) -> None:
    url = f"{back_end.auth_url}{USERCODE}"
    assert (await program.http.post(url, data={"client_id": CLIENT_ID})).status_code == 400
    broken = {"content": b"{", "headers": {"content-type": "application/json"}}
    assert (await program.http.post(url, **broken)).status_code == 400  # type: ignore[arg-type]


async def test_a_workspace_may_not_allow_it(program: Browser, back_end: StandIn) -> None:
    back_end.next(None, replies.not_found(), on=Endpoint.DEVICE_CODE)
    assert (await program.post(USERCODE, {"client_id": CLIENT_ID})).status_code == 404


async def test_a_poll_may_fail(program: Browser, back_end: StandIn) -> None:
    ids = await _begin(program)
    back_end.next(None, replies.captive_portal(), on=Endpoint.DEVICE_TOKEN)
    assert (await program.post(TOKEN, ids)).headers["content-type"] == "text/html"
