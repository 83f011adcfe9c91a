"""An auth.json becomes a login, or the one sentence that says what is wrong with it."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codex_home.auth_json import has_run_out, read_login
from core.domain.account import Identity
from core.domain.errors import CoreError
from core.standin.people import jwt, make_login

LOGIN = make_login("A", plan="team", fedramp=True, expires_at=datetime(2026, 3, 12, tzinfo=UTC))
_TOKENS = (LOGIN.id_token, LOGIN.access_token, LOGIN.refresh_token)


def written(change: Callable[[dict[str, Any]], object] = lambda _: None) -> str:
    """The file as Codex writes it, changed."""
    document = copy.deepcopy(LOGIN.auth_json)
    change(document)
    return json.dumps(document, indent=2)


def tokens(**values: object) -> str:
    """The file with other tokens; None takes the key out."""

    def change(document: dict[str, Any]) -> None:
        for key, value in values.items():
            if value is None:
                document["tokens"].pop(key)
            else:
                document["tokens"][key] = value

    return written(change)


def top(**values: object) -> str:
    return written(lambda document: document.update(values))


def without(key: str, **values: object) -> str:
    def change(document: dict[str, Any]) -> None:
        del document[key]
        document.update(values)

    return written(change)


def pieces_of(text: str, *, length: int = 12) -> set[str]:
    """Every piece of a secret that would already be too much."""
    return {text[at : at + length] for at in range(len(text) - length + 1)}


def test_a_login_of_codex_is_read_whole() -> None:
    login = read_login(written())
    assert login.identity == Identity(user="user-A", workspace="acct-A")
    assert (login.email, login.plan, login.fedramp) == ("a@example.com", "team", True)
    held = login.credentials
    assert (held.id_token, held.access_token, held.refresh_token) == _TOKENS
    assert held.expires_at == datetime(2026, 3, 12, tzinfo=UTC)
    assert held.generation == 1
    assert login.last_refresh == datetime(2026, 1, 1, tzinfo=UTC)


def test_keys_that_only_codex_knows_are_kept_as_they_came() -> None:
    def change(document: dict[str, Any]) -> None:
        document["OPENAI_API_KEY"] = "sk-fake-1"
        document["agents"] = [1, {"deep": None}]

    login = read_login(written(change))
    assert login.kept == {"OPENAI_API_KEY": "sk-fake-1", "agents": [1, {"deep": None}]}
    assert set(login.kept_tokens) == {"oauth_provenance", "login_owner_id"}


def test_neither_repr_nor_str_of_a_login_shows_a_secret() -> None:
    shown = repr(read_login(top(OPENAI_API_KEY="sk-fake-canary-1")))
    assert "fake" not in shown
    assert not any(piece in shown for token in _TOKENS for piece in pieces_of(token))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(datetime(2026, 3, 11, tzinfo=UTC), False, id="the day before"),
        pytest.param(datetime(2026, 3, 12, tzinfo=UTC), True, id="at its end"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), True, id="long after"),
    ],
)
def test_a_token_that_has_run_out_is_read_and_said_so(now: datetime, expected: bool) -> None:
    assert has_run_out(read_login(written()).credentials, now) is expected


def test_an_access_token_that_is_no_jwt_has_no_known_end() -> None:
    login = read_login(tokens(access_token="opaque-fake-token"))
    assert login.credentials.expires_at is None
    assert not has_run_out(login.credentials, datetime(2099, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "workspace"),
    [
        pytest.param(tokens(account_id="acct-other"), "acct-other", id="what the file says counts"),
        pytest.param(tokens(account_id=None), "acct-A", id="the claims serve where it says none"),
        pytest.param(tokens(account_id="org-user-A"), "acct-A", id="an org id is no workspace"),
    ],
)
def test_the_workspace_is_found(text: str, workspace: str) -> None:
    assert read_login(text).identity.workspace == workspace


def test_the_access_token_says_who_it_is_where_the_id_token_does_not() -> None:
    login = read_login(tokens(id_token=jwt({"exp": 4_102_444_800})))
    assert login.identity == Identity(user="user-A", workspace="acct-A")
    assert login.email == "a@example.com"


def test_a_file_without_last_refresh_or_mode_is_a_login() -> None:
    assert read_login(without("last_refresh")).last_refresh is None
    assert read_login(without("auth_mode")).identity.user == "user-A"


_NO_ONE = jwt({"exp": 4_102_444_800, "https://api.openai.com/auth": {"chatgpt_user_id": ["A"]}})

REFUSALS = [
    pytest.param("", "login_empty", "empty", id="empty"),
    pytest.param(" \n\t", "login_empty", "empty", id="blank"),
    pytest.param(written()[:-9], "login_broken", "line 15, column 19, unterm", id="cut in the end"),
    pytest.param('{"tokens": {"access', "login_broken", "line 1, column 13", id="cut in a string"),
    pytest.param("\n\n{,}", "login_broken", "line 3, column 2", id="no JSON"),
    pytest.param("﻿{}", "login_broken", "line 1, column 1", id="byte order mark"),
    pytest.param("[" * 100_000, "login_broken", "nested too deeply", id="a bomb"),
    pytest.param("1" * 5_000, "login_broken", "endless number", id="a number without end"),
    pytest.param("[]", "login_broken", "no object", id="a list"),
    pytest.param("null", "login_broken", "no object", id="null"),
    pytest.param(
        top(auth_mode="apikey", OPENAI_API_KEY="sk-fake"), "login_api_key", "API key",
        id="API-key mode",
    ),
    pytest.param(
        json.dumps({"OPENAI_API_KEY": "sk-fake"}), "login_api_key", "API key",
        id="a key and no mode",
    ),
    pytest.param(
        without("auth_mode", OPENAI_API_KEY="sk-fake"), "login_api_key", "API key",
        id="a key, no mode, and tokens",
    ),
    *[
        pytest.param(top(auth_mode=mode), "login_other_mode", f"“{mode}”", id=f"mode {mode}")
        for mode in ("headers", "agentIdentity", "personalAccessToken", "bedrock")
    ],
    pytest.param(
        top(auth_mode="a secret, not a mode"), "login_other_mode", "an unknown mode",
        id="a mode that is no word is not repeated",
    ),
    pytest.param(top(auth_mode=7), "login_wrong_type", "auth_mode", id="a mode that is a number"),
    pytest.param("{}", "login_signed_out", "no login", id="signed out"),
    pytest.param(top(tokens=None), "login_signed_out", "no login", id="no tokens"),
    pytest.param(top(tokens="x"), "login_wrong_type", "tokens ", id="tokens of a wrong type"),
    pytest.param(
        tokens(access_token=None), "login_no_access_token", "no access token",
        id="no access token",
    ),
    pytest.param(
        tokens(refresh_token=None), "login_no_refresh_token", "no refresh token",
        id="no refresh token",
    ),
    pytest.param(
        tokens(refresh_token=""), "login_no_refresh_token", "no refresh token",
        id="an empty refresh token",
    ),
    pytest.param(
        tokens(id_token=None), "login_bad_id_token", "id_token cannot be read",
        id="no id_token",
    ),
    pytest.param(
        tokens(id_token="a.b"), "login_bad_id_token", "id_token cannot be read",
        id="an id_token that is no JWT",
    ),
    *[
        pytest.param(tokens(**{key: 7}), "login_wrong_type", f"tokens.{key}", id=f"{key} is 7")
        for key in ("id_token", "access_token", "refresh_token", "account_id")
    ],
    pytest.param(
        tokens(access_token="a\r\nx-injected: 1"), "login_wrong_type", "tokens.access_token",
        id="a token that would be two header lines",
    ),
    pytest.param(
        tokens(access_token="\ud800"), "login_wrong_type", "tokens.access_token",
        id="half a character",
    ),
    pytest.param(
        tokens(id_token=_NO_ONE, access_token=_NO_ONE), "login_no_identity", "whose it is",
        id="tokens that name nobody",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says"), REFUSALS)
def test_a_file_that_is_no_login_is_refused_with_its_reason(
    text: str, code: str, says: str
) -> None:
    with pytest.raises(CoreError) as caught:
        read_login(text)
    error = caught.value
    assert error.code == code
    assert says in error.message
    assert error.hint
    shown = error.message + error.hint
    assert not any(piece in shown for token in _TOKENS for piece in pieces_of(token))


_rubbish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _refused_or_read(text: str) -> str:
    """What the user reads; whatever is in the file, it is a login or a sentence."""
    try:
        return repr(read_login(text))
    except CoreError as error:
        return error.message + error.hint


@given(st.text() | _rubbish.map(json.dumps))
def test_rubbish_is_refused_and_never_crashes(text: str) -> None:
    assert _refused_or_read(text)


@given(
    key=st.sampled_from(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh", "new"]),
    value=_rubbish,
)
def test_rubbish_in_one_key_never_crashes_nor_shows_a_token(key: str, value: object) -> None:
    shown = _refused_or_read(top(**{key: value}))
    assert not any(piece in shown for token in _TOKENS for piece in pieces_of(token))


@given(
    key=st.sampled_from(["id_token", "access_token", "refresh_token", "account_id", "new"]),
    value=_rubbish,
)
def test_rubbish_in_one_token_never_crashes_nor_shows_another(key: str, value: object) -> None:
    shown = _refused_or_read(tokens(**{key: value if value is not None else ""}))
    assert not any(piece in shown for token in _TOKENS for piece in pieces_of(token))


@given(at=st.integers(min_value=0, max_value=len(written()) - 1))
def test_a_file_cut_anywhere_is_refused_without_showing_what_it_held(at: int) -> None:
    shown = _refused_or_read(written()[:at])
    assert not any(piece in shown for token in _TOKENS for piece in pieces_of(token))


@given(claims=st.dictionaries(st.sampled_from(["exp", "email", "https://api.openai.com/auth"]),
                              _rubbish))  # fmt: skip
def test_rubbish_claims_never_crash(claims: dict[str, object]) -> None:
    text = tokens(id_token=jwt(claims), access_token=jwt(claims))
    shown = _refused_or_read(text)
    shown.encode()  # what is shown can be printed
