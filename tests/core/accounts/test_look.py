"""One free look: what an answer says about a token, and what it does not say."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.look import Look, Standing, look, standing_of, workspace_name_in
from core.domain.credentials import Grant
from core.standin import replies
from core.standin.people import make_login
from core.standin.script import Endpoint
from core.standin.world import Account
from tests.core.oauth.parts import Parts


def _error(code: str) -> bytes:
    return json.dumps({"error": {"code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "standing"),
    [
        pytest.param(200, b"{}", Standing.TAKEN, id="taken"),
        pytest.param(401, _error("token_invalidated"), Standing.REFUSED, id="revoked"),
        pytest.param(401, _error("token_expired"), Standing.RUN_OUT, id="run out"),
        pytest.param(401, b"", Standing.REFUSED, id="refused without a word"),
        pytest.param(401, b"<html>", Standing.REFUSED, id="refused in HTML"),
        pytest.param(403, b"<html>", Standing.UNKNOWN, id="the CDN's challenge"),
        pytest.param(402, b"{}", Standing.UNKNOWN, id="the workspace is gone"),
        pytest.param(302, b"", Standing.UNKNOWN, id="a captive portal"),
        pytest.param(500, b"", Standing.UNKNOWN, id="failing"),
        pytest.param(429, b"", Standing.UNKNOWN, id="too many"),
    ],
)
def test_only_a_401_says_anything_against_a_token(
    status: int, body: bytes, standing: Standing
) -> None:
    assert standing_of(status, body) is standing


_ENTRY = {"id": "ws", "name": "Acme"}


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        pytest.param({"accounts": [{"id": "x", "name": "No"}, _ENTRY]}, "Acme", id="a list"),
        pytest.param({"accounts": {"ws": _ENTRY}}, "Acme", id="keyed by id"),
        pytest.param({"items": [_ENTRY]}, "Acme", id="the workspaces' endpoint"),
        pytest.param({"accounts": [{"id": "ws"}]}, "", id="no name"),
        pytest.param({"accounts": [{"id": "ws", "name": 7}]}, "", id="a name of a wrong type"),
        pytest.param({"accounts": [{"id": "ws", "name": "\x1b[2J"}]}, "", id="not printable"),
        pytest.param({"accounts": "x", "items": [7, None]}, "", id="rubbish"),
        pytest.param([], "", id="no object"),
    ],
)
def test_the_name_beside_the_workspace_is_found(answer: object, name: str) -> None:
    assert workspace_name_in(json.dumps(answer).encode(), "ws") == name


@given(st.binary())
def test_rubbish_says_nothing(body: bytes) -> None:
    assert workspace_name_in(body, "ws") == ""
    assert standing_of(200, body) is Standing.TAKEN


@pytest.fixture
def grant(parts: Parts) -> Grant:
    login = make_login("A", fedramp=True)
    parts.back_end.add(login, Account(person=login.person, workspace_name="Acme"))
    return Grant(access_token=login.access_token, workspace="acct-A", fedramp=True, expires_at=None)


def _connect() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, verify=False)


async def test_the_workspaces_endpoint_is_asked_where_the_check_names_none(
    parts: Parts, grant: Grant
) -> None:
    parts.back_end.next("A", replies.as_json(200, {"accounts": []}), on=Endpoint.CHECK)
    seen = await look(_connect, parts.back_end.base_url, grant)
    assert seen == Look(standing=Standing.TAKEN, workspace_name="Acme")
    first, second = parts.back_end.requests
    assert (first.path, second.path) == (
        "/backend-api/wham/accounts/check",
        "/backend-api/accounts",
    )
    assert first.header("x-openai-fedramp") == "true"
    assert parts.back_end.violations == []


async def test_an_endless_answer_is_read_only_so_far(parts: Parts, grant: Grant) -> None:
    flood = replies.Reply(status=200, body=b'{"accounts": ["' + b"x" * 3_000_000)
    parts.back_end.next("A", flood, on=Endpoint.CHECK)
    assert (await look(_connect, parts.back_end.base_url, grant)).workspace_name == "Acme"


async def test_an_address_that_is_none_is_unknown(grant: Grant) -> None:
    for base_url in ("", "no address", "http://[", "ftp://127.0.0.1"):
        assert (await look(_connect, base_url, grant)).standing is Standing.UNKNOWN
