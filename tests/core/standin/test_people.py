import base64
import json
from datetime import UTC, datetime
from typing import Any

from core.standin.people import make_login, renewed, signed_in_again, with_expiry


def _claims(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return claims


def test_tokens_carry_the_claims_that_clients_read() -> None:
    login = make_login("A", plan="team", workspace="acct-team", user="user-1")
    for token in (login.id_token, login.access_token):
        claims = _claims(token)
        auth = claims["https://api.openai.com/auth"]
        assert auth["chatgpt_account_id"] == "acct-team"
        assert auth["chatgpt_user_id"] == "user-1"
        assert auth["chatgpt_plan_type"] == "team"
        assert claims["email"] == "a@example.com"
        assert claims["exp"] == int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())


def test_auth_json_is_what_codex_writes_after_a_sign_in() -> None:
    login = make_login("A")
    assert login.auth_json["auth_mode"] == "chatgpt"
    tokens = login.auth_json["tokens"]
    assert isinstance(tokens, dict)
    assert tokens["account_id"] == "acct-A"
    assert tokens["refresh_token"] == "fake-refresh-A-1-1"
    assert login.auth_json["last_refresh"] == "2026-01-01T00:00:00Z"


def test_the_same_arguments_give_the_same_tokens() -> None:
    assert make_login("A") == make_login("A")
    assert make_login("A") != make_login("B")


def test_every_generation_and_family_has_tokens_of_its_own() -> None:
    first = make_login("A")
    later = datetime(2026, 5, 1, tzinfo=UTC)
    logins = [
        first,
        renewed(first, issued_at=later, expires_at=first.expires_at),
        signed_in_again(first, family=2),
        make_login("A", salt="canary"),
    ]
    assert len({login.refresh_token for login in logins}) == 4
    assert len({login.access_token for login in logins}) == 4


def test_a_salt_is_found_in_every_token() -> None:
    login = make_login("A", salt="canary0123456789")
    assert "canary0123456789" in login.refresh_token
    assert "canary0123456789" in _claims(login.access_token)["jti"]
    assert "canary0123456789" in _claims(login.id_token)["jti"]


def test_no_token_is_shown_by_repr() -> None:
    login = make_login("A")
    for token in (login.id_token, login.access_token, login.refresh_token):
        assert token not in repr(login)


def test_an_expiry_can_be_chosen() -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    login = with_expiry(make_login("A"), past)
    assert _claims(login.access_token)["exp"] == int(past.timestamp())
    assert login.refresh_token == make_login("A").refresh_token
