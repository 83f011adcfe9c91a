"""What every request must pass, and what counts as a violation."""

from datetime import timedelta

import pytest

from core.standin.endpoints import Violation
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.standin.turns import encrypted_content
from tests.core.standin.conftest import BODY, Client
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


async def test_a_leak_is_refused_and_on_the_record(
    client: Client, back_end: StandIn, login: Login
) -> None:
    reply = await client.turn(login, via="1.1 somebody")
    assert reply.status_code == 400
    assert back_end.violations == [
        Violation(1, "/backend-api/codex/responses", "the header via must not be forwarded")
    ]


async def test_a_body_that_is_not_allowed_is_refused_and_on_the_record(
    client: Client, back_end: StandIn, login: Login
) -> None:
    reply = await client.turn(login, {**BODY, "store": True})
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == "store must be false"
    assert [one.sentence for one in back_end.violations] == ["store must be false"]


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        pytest.param(b"{", "identity", id="cut JSON"),
        pytest.param(b"{}", "zstd", id="not zstd"),
        pytest.param(b"{}", "br", id="a coding that Codex does not use"),
        pytest.param(b"\xff", "identity", id="not UTF-8"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    client: Client, back_end: StandIn, login: Login, content: bytes, coding: str
) -> None:
    url = f"{back_end.base_url}/codex/responses"
    headers = client.headers(login) | {"content-encoding": coding}
    reply = await client.http.post(url, content=content, headers=headers)
    assert reply.status_code == 400
    assert back_end.violations[0].sentence == "the body is not JSON"


async def test_a_token_with_another_account_id_is_refused(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.add(make_login("B"))
    reply = await client.turn(login, chatgpt_account_id="acct-B")
    assert reply.status_code == 403
    assert "acct-B" in back_end.violations[0].sentence


async def test_two_members_of_a_team_are_told_apart_by_their_tokens(
    client: Client, back_end: StandIn
) -> None:
    members = [make_login(name, workspace="acct-team") for name in ("M", "N")]
    for member in members:
        back_end.add(member)
    back_end.limit("M", until=START + HOUR)
    assert [(await client.turn(one)).status_code for one in members] == [429, 200]


async def test_a_model_that_this_login_cannot_use(client: Client, login: Login) -> None:
    reply = await client.turn(login, {**BODY, "model": "gpt-unknown"})
    assert reply.status_code == 400
    assert "not supported when using Codex" in reply.json()["detail"]


async def test_nothing_is_continued_by_id_over_http(client: Client, login: Login) -> None:
    reply = await client.turn(login, {**BODY, "previous_response_id": "resp_1"})
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize(
    ("maker", "status"),
    [
        pytest.param("acct-A", 200, id="its own"),
        pytest.param("acct-B", 400, id="another account's"),
    ],
)
async def test_encrypted_content_belongs_to_its_account(
    client: Client, login: Login, maker: str, status: int
) -> None:
    item = {"type": "reasoning", "summary": [], "encrypted_content": encrypted_content(maker, 1)}
    reply = await client.turn(login, {**BODY, "input": [item, *BODY["input"]]})
    assert reply.status_code == status
    if status == 400:
        assert reply.json()["error"]["code"] == "invalid_encrypted_content"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        pytest.param("", "missing_authorization", id="no token"),
        pytest.param("Basic x", "missing_authorization", id="another scheme"),
        pytest.param("Bearer x.y.z", "invalid_token", id="a token that nobody issued"),
    ],
)
async def test_without_a_good_token_there_is_401(
    client: Client, login: Login, authorization: str, code: str
) -> None:
    reply = await client.turn(login, authorization=authorization)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == code


async def test_an_expired_token_is_401_until_it_is_refreshed(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.issuer.expire_access("A")
    refused = await client.turn(login)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "token_expired"
    tokens = (await client.refresh(login.refresh_token)).json()
    fresh = await client.turn(login, authorization=f"Bearer {tokens['access_token']}")
    assert fresh.status_code == 200


async def test_a_revoked_login_gets_401_everywhere(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.revoke("A")
    assert (await client.turn(login)).json()["error"]["code"] == "token_invalidated"
    assert (await client.get("/wham/usage", login)).status_code == 401
    refused = await client.refresh(login.refresh_token)
    assert refused.json()["error"]["code"] == "refresh_token_invalidated"


async def test_a_deactivated_workspace_is_402_everywhere(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.deactivate("A")
    for reply in (
        await client.turn(login),
        await client.get("/wham/usage", login),
        await client.get("/codex/models?client_version=1", login),
    ):
        assert reply.status_code == 402
        assert reply.json()["detail"]["code"] == "deactivated_workspace"
