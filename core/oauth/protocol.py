"""OAuth 2.0 as the issuer speaks it: addresses and forms out, answers in. No I/O.

Authorization code with PKCE S256 (RFC 6749 §4.1, RFC 7636) to a loopback redirect (RFC 8252 §7.3),
refresh (RFC 6749 §6) and revocation (RFC 7009). The parameters and their order are those of the
official client (0.169.0, observed); answers are read leniently, because the server was never seen.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from urllib.parse import parse_qsl, urlencode

from core.domain.claims import read_claims
from core.domain.credentials import Credentials

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
"""The public client that Codex itself is registered as; it has no secret."""
AUTHORIZE_PATH = "/oauth/authorize"
TOKEN_PATH = "/oauth/token"
REVOKE_PATH = "/oauth/revoke"
CALLBACK_PATH = "/auth/callback"
PORTS = (1455, 1457)
"""The loopback ports that the client is registered with; there are no others."""
SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke"
VERIFIER_BYTES = 64
STATE_BYTES = 32

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_TERMINAL = frozenset(
    {
        "refresh_token_expired",
        "refresh_token_reused",
        "refresh_token_invalidated",
        "invalid_grant",
        "app_session_terminated",
        "token_invalidated",
        "account_deactivated",
        "account_suspended",
        "account_deleted",
    }
)
_SKEW = timedelta(minutes=5)
"""How far clocks that are right may differ."""
_LONGEST_CODE = 64
_LONGEST_SENTENCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sign-in that has begun: what its answer must fit.

    Attributes:
        code_verifier: RFC 7636 §4.1; sent with the exchange only.
        state: comes back with the callback, or the callback is somebody else's.
        redirect_uri: where the browser is sent back to.
    """

    code_verifier: str = field(repr=False)
    state: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A POST: the path below the issuer's address, the content type and the body."""

    path: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The issuer's consent: an authorization code that can be exchanged once."""

    code: str = field(repr=False)


class Trouble(StrEnum):
    """Why a callback is no answer to our attempt."""

    WRONG_STATE = "wrong_state"
    """It is not ours, or it was tampered with: keep waiting."""
    NO_CODE = "no_code"
    """It is ours and says nothing: keep waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The issuer said no; `sentence` is its own, made safe to show."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """New tokens. What the answer left out is empty, and the older one counts on."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The token endpoint did not give tokens.

    Attributes:
        code: the issuer's word, or what we make of its answer.
        terminal: asking again with the same token cannot help: a sign-in is needed.
        spent: whether the token may have been redeemed all the same; False only where the issuer
            says, in its own words, that it was not.
    """

    code: str
    terminal: bool
    spent: bool


def begin(draw: bytes, *, redirect_uri: str) -> Attempt:
    """An attempt made of `VERIFIER_BYTES + STATE_BYTES` random bytes."""
    verifier, state = draw[:VERIFIER_BYTES], draw[VERIFIER_BYTES:]
    return Attempt(
        code_verifier=_base64url(verifier), state=_base64url(state), redirect_uri=redirect_uri
    )


def code_challenge(code_verifier: str) -> str:
    """RFC 7636 §4.2: BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))."""
    return _base64url(hashlib.sha256(code_verifier.encode("ascii")).digest())


def authorize_url(
    auth_url: str, attempt: Attempt, *, workspaces: tuple[str, ...] = (), fresh: bool = False
) -> str:
    """Where the browser begins.

    Args:
        auth_url: the issuer's address, without a slash at its end.
        attempt: the sign-in.
        workspaces: only these may be chosen; empty = any.
        fresh: ask for the password even where the browser is signed in already.
    """
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": attempt.redirect_uri,
        "code_challenge": code_challenge(attempt.code_verifier),
        "code_challenge_method": "S256",
        "state": attempt.state,
        "scope": SCOPE,
        "id_token_add_organizations": "true",
        "codex_cli_simplified_flow": "true",
        "originator": "codex_cli_rs",
    }
    if workspaces:
        query["allowed_workspace_id"] = ",".join(workspaces)
    if fresh:
        query["prompt"] = "login"
    return f"{auth_url}{AUTHORIZE_PATH}?{urlencode(query)}"


def read_callback(query: str, attempt: Attempt) -> Code | Denied | Trouble:
    """What a callback's query says. `state` is compared in constant time, and before all else."""
    fields = dict(parse_qsl(query, keep_blank_values=True))
    state = fields.get("state", "")
    if not hmac.compare_digest(state.encode("utf-8", "replace"), attempt.state.encode()):
        return Trouble.WRONG_STATE
    if "error" in fields:
        return _denied(fields["error"], fields.get("error_description", ""))
    code = fields.get("code", "")
    return Code(code=code) if code else Trouble.NO_CODE


def read_pasted(text: str, attempt: Attempt) -> tuple[Code | Denied | Trouble, bool]:
    """What a person pasted: an address, `code=…&state=…`, `code#state` or a bare code.

    The flag says whether the state was there to compare: a bare code has none, and whoever takes
    it must be warned.
    """
    pasted = text.strip()
    if "=" in pasted:
        # Not `urlsplit`: it raises on what people cut off in the middle.
        address, mark, query = pasted.partition("?")
        query = (query if mark else address).partition("#")[0]
        return read_callback(query, attempt), True
    code, mark, state = pasted.partition("#")
    if mark:
        return read_callback(urlencode({"code": code, "state": state}), attempt), True
    return (Code(code=code) if code else Trouble.NO_CODE), False


def exchange_form(code: Code, *, code_verifier: str, redirect_uri: str) -> Form:
    """RFC 6749 §4.1.3 with RFC 7636 §4.5."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "code": code.code,
        "redirect_uri": redirect_uri,
        "code_verifier": code_verifier,
    }
    return Form(path=TOKEN_PATH, content_type=_FORM, body=urlencode(fields).encode())


def refresh_form(refresh_token: str, *, reason: str) -> Form:
    """RFC 6749 §6, as JSON like the official client.

    Args:
        refresh_token: single use.
        reason: `proactive_expiry`, `scheduled`, `unauthorized_recovery` or `forced`.
    """
    fields = {
        "client_id": CLIENT_ID,
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "refresh_reason": reason,
    }
    return json_form(TOKEN_PATH, fields)


def revoke_form(refresh_token: str) -> Form:
    """RFC 7009 §2.1."""
    fields = {
        "token": refresh_token,
        "token_type_hint": "refresh_token",
        "client_id": CLIENT_ID,
    }
    return json_form(REVOKE_PATH, fields)


def json_form(path: str, fields: Mapping[str, str]) -> Form:
    """A JSON object to POST."""
    return Form(path=path, content_type=_JSON, body=json.dumps(dict(fields)).encode())


def read_tokens(status: int, body: bytes, *, now: datetime) -> Fresh | Refused:
    """What the token endpoint's answer gives.

    403 is the CDN more often than the issuer: never terminal. Any 401 is.
    """
    fields = read_object(body)
    if status != 200:
        return _refused(status, fields)
    found = [fields.get(key) for key in ("id_token", "access_token", "refresh_token")]
    id_token, access_token, refresh_token = (is_word(value) for value in found)
    given = [value for value in found if value is not None]
    readable = all(is_word(value) for value in given)
    if not readable or not (access_token or refresh_token):
        # An answer that is no answer: HTML of a portal, or half of one.
        return Refused(code="unreadable_answer", terminal=False, spent=True)
    return Fresh(
        id_token=id_token,
        access_token=access_token,
        refresh_token=refresh_token,
        expires_at=_end_of(access_token, fields.get("expires_in"), now),
    )


def merged(before: Credentials, fresh: Fresh) -> Credentials:
    """The credentials after a refresh; generation and what was left out are as before."""
    return Credentials(
        id_token=fresh.id_token or before.id_token,
        access_token=fresh.access_token or before.access_token,
        refresh_token=fresh.refresh_token or before.refresh_token,
        expires_at=fresh.expires_at if fresh.access_token else before.expires_at,
        generation=before.generation,
    )


def read_object(body: bytes) -> Mapping[str, object]:
    """A JSON object's fields; none for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def is_word(value: object) -> str:
    """`value` if it may stand in a header field, else empty."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return ""
    return "" if " " in value else value


def error_code(fields: Mapping[str, object]) -> str:
    """The word in `error.code`, `error` or `code`; empty when there is none."""
    error = fields.get("error")
    nested = error.get("code") if isinstance(error, dict) else error
    for value in (nested, fields.get("code")):
        if word := is_word(value)[:_LONGEST_CODE]:
            return word
    return ""


def _refused(status: int, fields: Mapping[str, object]) -> Refused:
    code = error_code(fields)
    terminal = status == 401 or code in _TERMINAL
    # 4xx in the issuer's own words is a decision; anything else may have happened after one.
    decided = 400 <= status < 500 and bool(code)
    return Refused(
        code=code or f"http_{status}", terminal=terminal and status != 403, spent=not decided
    )


def _denied(code: str, sentence: str) -> Denied:
    shown = " ".join(sentence.split())[:_LONGEST_SENTENCE]
    return Denied(
        code=is_word(code)[:_LONGEST_CODE] or "access_denied",
        sentence=shown if shown.isprintable() else "",
    )


def _end_of(access_token: str, expires_in: object, now: datetime) -> datetime | None:
    """The token's own `exp`; `expires_in` only where it is silent, and only if it makes sense.

    A token that was issued just now, at quite another time than ours, shows that our clock is
    wrong. Its end is then counted from now: by `exp` it would be dead already, or for ever fresh.
    """
    claims = read_claims(access_token)
    if claims is not None and claims.expires_at is not None:
        end, issued = claims.expires_at, claims.issued_at
        if issued is None or end <= issued or abs(now - issued) <= _SKEW:
            return end
        return now + (end - issued)
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return None
    if not 0 < expires_in <= timedelta(days=366).total_seconds():
        return None
    return now + timedelta(seconds=expires_in)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
