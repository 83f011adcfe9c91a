"""What a token says of its owner, whatever is in it."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Identity
from core.domain.claims import Claims, identity_of, read_claims
from tests.fakes.tokens import jwt

AUTH = "https://api.openai.com/auth"
PROFILE = "https://api.openai.com/profile"
SILENT = Claims(user_id="", workspace="", email="", plan="", fedramp=False, expires_at=None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def claims(**changes: Any) -> Claims:
    values: dict[str, Any] = {
        "user_id": "",
        "workspace": "",
        "email": "",
        "plan": "",
        "fedramp": False,
        "expires_at": None,
        **changes,
    }
    return Claims(**values)


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        pytest.param({}, SILENT, id="an empty payload is silent about everything"),
        pytest.param(
            {
                "email": "ada@example.com",
                "exp": 1_900_000_000,
                AUTH: {
                    "chatgpt_user_id": "user-1",
                    "user_id": "another",
                    "chatgpt_account_id": "acct-1",
                    "chatgpt_plan_type": "plus",
                    "chatgpt_account_is_fedramp": True,
                },
            },
            Claims(
                user_id="user-1",
                workspace="acct-1",
                email="ada@example.com",
                plan="plus",
                fedramp=True,
                expires_at=datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC),
            ),
            id="everything that the issuer says",
        ),
        pytest.param(
            {AUTH: {"user_id": "user-1"}},
            claims(user_id="user-1"),
            id="user_id serves where chatgpt_user_id is missing",
        ),
        pytest.param(
            {PROFILE: {"email": "ada@example.com"}},
            claims(email="ada@example.com"),
            id="an access token has the e-mail in its profile",
        ),
        pytest.param(
            {"email": 5, AUTH: ["x"], PROFILE: "x", "exp": "soon"},
            SILENT,
            id="claims of a wrong type count as absent",
        ),
        pytest.param(
            {AUTH: {"chatgpt_account_is_fedramp": "true"}}, SILENT, id="only true itself is fedramp"
        ),
        pytest.param({"exp": True}, SILENT, id="true is no time"),
        pytest.param({"exp": 1e300}, SILENT, id="a time beyond every calendar is none"),
        pytest.param({"exp": -1e18}, SILENT, id="nor is one before them all"),
    ],
)
def test_payload(payload: dict[str, object], read: Claims) -> None:
    assert read_claims(jwt(payload)) == read


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("sk-fake-api-key", id="an API key"),
        pytest.param("a.b", id="two parts"),
        pytest.param("a.b.c.d", id="four parts"),
        pytest.param("a.%%%.c", id="no base64"),
        pytest.param("a.Zm9v.c", id="no JSON"),
        pytest.param("a._w.c", id="no UTF-8"),
        pytest.param("a.WzFd.c", id="a list"),
        pytest.param(
            "a." + base64.urlsafe_b64encode(b"[" * 200_000).decode().rstrip("=") + ".c",
            id="nested deeper than a parser goes",
        ),
    ],
)
def test_what_is_no_jwt_says_nothing(token: str) -> None:
    assert read_claims(token) is None


@given(payload=st.dictionaries(st.sampled_from([AUTH, PROFILE, "email", "exp"]) | st.text(), JSON))
def test_no_payload_is_too_odd_to_read(payload: dict[str, Any]) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")

    read = read_claims(f"x.{encoded}.y")

    assert read is not None
    assert isinstance(read.email, str)
    assert read.expires_at is None or read.expires_at.tzinfo is UTC


@given(token=st.text())
def test_no_text_breaks_the_reader(token: str) -> None:
    assert read_claims(token) is None or token.count(".") == 2


@pytest.mark.parametrize(
    ("read", "workspace", "identity"),
    [
        pytest.param(
            claims(user_id="user-1", email="ada@example.com", workspace="acct-1"),
            "",
            Identity(user="user-1", workspace="acct-1"),
            id="the user goes before the e-mail",
        ),
        pytest.param(
            claims(email="ada@example.com", workspace="acct-1"),
            "",
            Identity(user="ada@example.com", workspace="acct-1"),
            id="the e-mail serves where no user is named",
        ),
        pytest.param(
            claims(user_id="user-1", workspace="acct-1"),
            "acct-2",
            Identity(user="user-1", workspace="acct-2"),
            id="the login's own record goes before the claims",
        ),
        pytest.param(claims(user_id="user-1"), "", None, id="nobody without a workspace"),
        pytest.param(claims(workspace="acct-1"), "acct-1", None, id="nobody without a user"),
    ],
)
def test_identity(read: Claims, workspace: str, identity: Identity | None) -> None:
    assert identity_of(read, workspace=workspace) == identity
