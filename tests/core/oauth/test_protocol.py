"""Sign-in and refresh as the issuer speaks them: nothing is invented, nothing crashes."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.credentials import Credentials
from core.oauth.protocol import (
    Attempt,
    Code,
    Denied,
    Fresh,
    Refused,
    Trouble,
    authorize_url,
    begin,
    code_challenge,
    exchange_form,
    merged,
    read_callback,
    read_pasted,
    read_tokens,
    refresh_form,
    revoke_form,
)
from core.standin.people import jwt

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ATTEMPT = Attempt(
    code_verifier="fake-verifier", state="fake-state", redirect_uri="http://127.0.0.1:1455/auth/callback"
)  # fmt: skip

REAL = (
    "https://auth.openai.com/oauth/authorize?response_type=code"
    "&client_id=app_EMoamEEZ73f0CkXaXp7hrann"
    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback"
    "&code_challenge=L6EXFM5fpboA2FwmDhkkye7KsgP6gZCDB92KBl1LiKo&code_challenge_method=S256"
    "&state=x0SOdqKm-1ZeEQjhbwXaQKgR4HSgeYe9qrBi5gMDaUw"
    "&scope=openid+profile+email+offline_access+api.connectors.read+api.connectors.invoke"
    "&id_token_add_organizations=true&codex_cli_simplified_flow=true&originator=codex_cli_rs"
)
"""What `codex login` of 0.169.0 printed."""


def test_the_browser_begins_where_the_official_client_begins() -> None:
    attempt = begin(bytes(range(96)), redirect_uri=ATTEMPT.redirect_uri)
    ours, theirs = urlsplit(authorize_url("https://auth.openai.com", attempt)), urlsplit(REAL)
    assert (ours.netloc, ours.path) == (theirs.netloc, theirs.path)
    chosen = {"code_challenge", "state"}
    pairs, real_pairs = parse_qsl(ours.query), parse_qsl(theirs.query)
    assert [key for key, _ in pairs] == [key for key, _ in real_pairs]
    for (key, value), (_, real) in zip(pairs, real_pairs, strict=True):
        assert len(value) == len(real)
        assert key in chosen or value == real


def test_a_workspace_and_a_fresh_sign_in_are_asked_for_at_the_end() -> None:
    url = authorize_url("https://issuer", ATTEMPT, workspaces=("a", "b"), fresh=True)
    assert url.endswith("&originator=codex_cli_rs&allowed_workspace_id=a%2Cb&prompt=login")


def test_the_challenge_is_the_one_of_the_rfc() -> None:
    # RFC 7636 appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_an_attempt_is_made_of_all_its_randomness_and_shows_none() -> None:
    one = begin(bytes(96), redirect_uri="r")
    other = begin(bytes(95) + b"\x01", redirect_uri="r")
    assert (len(one.code_verifier), len(one.state)) == (86, 43)
    assert one.code_verifier == other.code_verifier
    assert one.state != other.state
    assert one.state not in repr(one)


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        pytest.param("code=c1&state=fake-state", Code(code="c1"), id="consent"),
        pytest.param("state=fake-state&code=c1&x=1", Code(code="c1"), id="in any order"),
        pytest.param("code=c1&state=other", Trouble.WRONG_STATE, id="a wrong state"),
        pytest.param("code=c1", Trouble.WRONG_STATE, id="no state"),
        pytest.param("code=c1&state=", Trouble.WRONG_STATE, id="an empty state"),
        pytest.param("error=access_denied", Trouble.WRONG_STATE, id="an error of somebody else's"),
        pytest.param("code=c1&state=%ED%A0%80", Trouble.WRONG_STATE, id="a state that is no text"),
        pytest.param("state=fake-state", Trouble.NO_CODE, id="no code"),
        pytest.param("state=fake-state&code=", Trouble.NO_CODE, id="an empty code"),
        pytest.param("", Trouble.WRONG_STATE, id="nothing"),
        pytest.param(
            "state=fake-state&error=access_denied&error_description=No%0A+thanks",
            Denied(code="access_denied", sentence="No thanks"),
            id="the user said no",
        ),
        pytest.param(
            "state=fake-state&error=<b>&code=c1", Denied(code="<b>", sentence=""), id="both"
        ),
        pytest.param(
            "state=fake-state&error=&error_description=%1b[2J",
            Denied(code="access_denied", sentence=""),
            id="an error that cannot be shown",
        ),
    ],
)
def test_a_callback_counts_only_with_our_state(
    query: str, outcome: Code | Denied | Trouble
) -> None:
    assert read_callback(query, ATTEMPT) == outcome


_BACK = "http://127.0.0.1:1455/auth/callback?code=c1&state=fake-state"


@pytest.mark.parametrize(
    ("text", "outcome", "compared"),
    [
        pytest.param(_BACK, Code(code="c1"), True, id="the whole address"),
        pytest.param(f"  {_BACK}#x \n", Code(code="c1"), True, id="with spaces and a fragment"),
        pytest.param("code=c1&state=fake-state", Code(code="c1"), True, id="its query"),
        pytest.param("?code=c1&state=fake-state", Code(code="c1"), True, id="its query with a ?"),
        pytest.param("c1#fake-state", Code(code="c1"), True, id="code and state"),
        pytest.param("c1", Code(code="c1"), False, id="a bare code"),
        pytest.param("http://[?code=c1&state=fake-state", Code(code="c1"), True, id="no address"),
        pytest.param("c1#other", Trouble.WRONG_STATE, True, id="another's state"),
        pytest.param("#fake-state", Trouble.NO_CODE, True, id="no code"),
        pytest.param(" ", Trouble.NO_CODE, False, id="nothing"),
        pytest.param(
            _BACK.replace("code=c1", "error=access_denied"),
            Denied(code="access_denied", sentence=""), True, id="a denial",
        ),
    ],
)  # fmt: skip
def test_what_is_pasted_is_understood(
    text: str, outcome: Code | Denied | Trouble, compared: bool
) -> None:
    assert read_pasted(text, ATTEMPT) == (outcome, compared)


def test_an_exchange_is_the_official_clients() -> None:
    form = exchange_form(Code(code="ac_1"), code_verifier="v", redirect_uri=ATTEMPT.redirect_uri)
    assert form.path == "/oauth/token"
    assert form.content_type == "application/x-www-form-urlencoded"
    assert form.body == (
        b"grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code=ac_1"
        b"&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback&code_verifier=v"
    )


def test_refresh_and_revocation_name_the_token_once() -> None:
    refresh = json.loads(refresh_form("fake-refresh", reason="scheduled").body)
    assert refresh == {
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "grant_type": "refresh_token",
        "refresh_token": "fake-refresh",
        "refresh_reason": "scheduled",
    }
    revoke = json.loads(revoke_form("fake-refresh").body)
    assert (revoke["token"], revoke["token_type_hint"]) == ("fake-refresh", "refresh_token")
    assert "fake-refresh" not in repr(refresh_form("fake-refresh", reason="scheduled"))


def _body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


_LATER = NOW + timedelta(hours=1)
_SKEWED = jwt({"exp": int((NOW - timedelta(days=1)).timestamp())})


@pytest.mark.parametrize(
    ("body", "fresh"),
    [
        pytest.param(
            _body(id_token="i", access_token="a", refresh_token="r", expires_in=3600),
            Fresh(id_token="i", access_token="a", refresh_token="r", expires_at=_LATER),
            id="all three",
        ),
        pytest.param(
            _body(access_token="a"),
            Fresh(id_token="", access_token="a", refresh_token="", expires_at=None),
            id="an access token alone",
        ),
        pytest.param(
            _body(refresh_token="r", id_token=None),
            Fresh(id_token="", access_token="", refresh_token="r", expires_at=None),
            id="a refresh token alone",
        ),
        pytest.param(
            _body(access_token=jwt({"exp": int(_LATER.timestamp())}), expires_in=9),
            Fresh(id_token="", access_token=jwt({"exp": int(_LATER.timestamp())}),
                  refresh_token="", expires_at=_LATER),
            id="the token's own end counts",
        ),
        pytest.param(
            _body(access_token=_SKEWED),
            Fresh(id_token="", access_token=_SKEWED, refresh_token="",
                  expires_at=NOW - timedelta(days=1)),
            id="a clock that is a day off is not argued with",
        ),
        *[
            pytest.param(
                _body(access_token="a", expires_in=odd),
                Fresh(id_token="", access_token="a", refresh_token="", expires_at=None),
                id=f"expires_in {odd}",
            )
            for odd in (0, -1, "soon", True, 1e99)
        ],
    ],
)  # fmt: skip
def test_new_tokens_are_read_leniently(body: bytes, fresh: Fresh) -> None:
    assert read_tokens(200, body, now=NOW) == fresh


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        *[
            pytest.param(
                400, _body(error={"code": code}),
                Refused(code=code, terminal=True, spent=False), id=code,
            )
            for code in (
                "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated",
                "app_session_terminated", "token_invalidated", "account_deactivated",
                "account_suspended", "account_deleted",
            )
        ],
        pytest.param(
            400, _body(error="invalid_grant", error_description="…"),
            Refused(code="invalid_grant", terminal=True, spent=False), id="RFC 6749 §5.2",
        ),
        pytest.param(
            401, _body(code="anything"), Refused(code="anything", terminal=True, spent=False),
            id="any 401",
        ),
        pytest.param(
            401, b"", Refused(code="http_401", terminal=True, spent=True), id="a 401 without words"
        ),
        pytest.param(
            403, b"<html>Just a moment", Refused(code="http_403", terminal=False, spent=True),
            id="the CDN's challenge",
        ),
        pytest.param(
            403, _body(error="invalid_grant"),
            Refused(code="invalid_grant", terminal=False, spent=False), id="never on 403",
        ),
        pytest.param(
            500, b"", Refused(code="http_500", terminal=False, spent=True), id="failing"
        ),
        pytest.param(
            429, b"", Refused(code="http_429", terminal=False, spent=True), id="too many"
        ),
        pytest.param(
            400, _body(error="invalid_request"),
            Refused(code="invalid_request", terminal=False, spent=False), id="our own mistake",
        ),
        pytest.param(
            200, b"<html>Please log in to the Wi-Fi",
            Refused(code="unreadable_answer", terminal=False, spent=True), id="a captive portal",
        ),
        pytest.param(
            200, b'{"access_tok', Refused(code="unreadable_answer", terminal=False, spent=True),
            id="half an answer",
        ),
        pytest.param(
            200, _body(access_token="a\r\nb"),
            Refused(code="unreadable_answer", terminal=False, spent=True),
            id="a token that would be two header lines",
        ),
        pytest.param(
            200, _body(access_token="a", refresh_token=7),
            Refused(code="unreadable_answer", terminal=False, spent=True), id="a wrong type",
        ),
        pytest.param(
            200, _body(id_token="i"), Refused(code="unreadable_answer", terminal=False, spent=True),
            id="nothing that helps",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_whether_asking_again_can_help(
    status: int, body: bytes, refused: Refused
) -> None:
    assert read_tokens(status, body, now=NOW) == refused


def test_what_a_refresh_leaves_out_stays_as_it_was() -> None:
    before = Credentials(
        id_token="i1", access_token="a1", refresh_token="r1", expires_at=NOW, generation=4
    )
    fresh = Fresh(id_token="", access_token="a2", refresh_token="", expires_at=None)
    after = merged(before, fresh)
    assert (after.id_token, after.access_token, after.refresh_token) == ("i1", "a2", "r1")
    assert (after.expires_at, after.generation) == (None, 4)
    other = Fresh(id_token="i2", access_token="", refresh_token="r2", expires_at=None)
    assert merged(before, other).expires_at == NOW


_value = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_fields = st.dictionaries(
    st.sampled_from(["id_token", "access_token", "refresh_token", "expires_in", "error", "code"]),
    _value | st.dictionaries(st.sampled_from(["code", "message"]), _value),
)


@given(status=st.integers(100, 599), body=st.binary() | _fields.map(lambda f: _body(**f)))
def test_whatever_the_issuer_answers_it_is_tokens_or_a_refusal(status: int, body: bytes) -> None:
    answer = read_tokens(status, body, now=NOW)
    if isinstance(answer, Refused):
        assert answer.code
        assert answer.code.isprintable()


@given(st.text())
def test_whatever_is_pasted_it_is_understood_or_refused(text: str) -> None:
    outcome, _ = read_pasted(text, ATTEMPT)
    assert isinstance(outcome, Code | Denied | Trouble)


@given(code=st.text(min_size=1), state=st.text())
def test_no_state_but_ours_is_ever_taken(code: str, state: str) -> None:
    outcome = read_callback(urlencode({"code": code, "state": state}, errors="replace"), ATTEMPT)
    assert (outcome is not Trouble.WRONG_STATE) is (state == ATTEMPT.state)
