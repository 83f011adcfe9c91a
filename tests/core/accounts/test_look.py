"""One free look: what an answer says about a token, and what it does not say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.look import Standing, standing_of, workspace_name_in


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
