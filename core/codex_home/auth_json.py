"""What stands in Codex's `auth.json`, or the one reason why it is no login that we can use.

Pure: text in, `CodexLogin` out. The file's rules are Codex's own (observed with 0.169.0); a file
that Codex would reject is rejected here with a sentence that says which part of it is wrong. No
error ever quotes a value of the file, because any of them may be a secret.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from core.domain.account import Identity
from core.domain.claims import Claims, identity_of, read_claims
from core.domain.credentials import Credentials
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

CHATGPT = "chatgpt"
"""The one `auth_mode` whose login is a ChatGPT account."""

_KNOWN = frozenset({"auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"})
_KNOWN_TOKENS = frozenset({"id_token", "access_token", "refresh_token", "account_id"})
_SIGN_IN = "Sign in with `codex login`, then import again."


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexLogin:
    """The login that Codex keeps in one file.

    Attributes:
        credentials: its tokens, as generation 1.
        identity: user and workspace.
        email: as the claims say; empty when they say none.
        plan: as the claims say; empty when they say none.
        fedramp: whether requests carry `x-openai-fedramp: true`.
        last_refresh: when Codex last refreshed it; None when it does not say.
        kept: the file's other keys, as they came; an API key may be among them.
        kept_tokens: the other keys below `tokens`, as they came.
    """

    credentials: Credentials
    identity: Identity
    email: str
    plan: str
    fedramp: bool
    last_refresh: datetime | None
    kept: Mapping[str, object] = field(repr=False)
    kept_tokens: Mapping[str, object] = field(repr=False)


def read_login(text: str) -> CodexLogin:
    """Read the content of an `auth.json`. An access token that has run out is no error.

    Raises:
        CoreError: `login_empty`, `login_broken` (with line and column), `login_api_key`,
            `login_other_mode`, `login_signed_out`, `login_wrong_type`, `login_no_access_token`,
            `login_no_refresh_token`, `login_bad_id_token` or `login_no_identity`.
    """
    document = _document(text)
    _require_chatgpt(document)
    tokens = document.get("tokens")
    if tokens is None:
        raise CoreError("login_signed_out", "The file holds no login.", _SIGN_IN)
    if not isinstance(tokens, dict):
        raise _wrong_type("tokens")
    access_token = _token(tokens, "access_token")
    if not access_token:
        message = "The login has no access token."
        raise CoreError("login_no_access_token", message, _SIGN_IN)
    refresh_token = _token(tokens, "refresh_token")
    if not refresh_token:
        message = "The login has no refresh token, so nobody could keep it alive."
        raise CoreError("login_no_refresh_token", message, _SIGN_IN)
    login = login_of(
        id_token=_token(tokens, "id_token"),
        access_token=access_token,
        refresh_token=refresh_token,
        account_id=_account_id(tokens),
    )
    return replace(
        login,
        last_refresh=_moment(document.get("last_refresh")),
        kept={
            key: value
            for key, value in document.items()
            if key not in _KNOWN or key == "OPENAI_API_KEY"
        },
        kept_tokens={key: value for key, value in tokens.items() if key not in _KNOWN_TOKENS},
    )


def login_of(
    *, id_token: str, access_token: str, refresh_token: str, account_id: str = ""
) -> CodexLogin:
    """The login that these tokens are; the workspace is `account_id`, or else what they claim.

    Raises:
        CoreError: `login_bad_id_token` or `login_no_identity`.
    """
    claims = read_claims(id_token)
    if claims is None:
        message = "The login’s id_token cannot be read; Codex rejects such a login."
        raise CoreError("login_bad_id_token", message, _SIGN_IN)
    access_claims = read_claims(access_token)
    return CodexLogin(
        credentials=Credentials(
            id_token=id_token,
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=access_claims.expires_at if access_claims else None,
            generation=1,
        ),
        identity=_identity(account_id, claims, access_claims),
        email=_said(claims.email) or _said(access_claims.email if access_claims else ""),
        plan=_said(claims.plan) or _said(access_claims.plan if access_claims else ""),
        fedramp=claims.fedramp or (access_claims is not None and access_claims.fedramp),
        last_refresh=None,
        kept={},
        kept_tokens={},
    )


def has_run_out(credentials: Credentials, now: datetime) -> bool:
    """True if the access token names an end that lies before `now`."""
    return credentials.expires_at is not None and credentials.expires_at <= now


def _document(text: str) -> Mapping[str, object]:
    if not text.strip():
        raise CoreError("login_empty", "The file is empty.", _SIGN_IN)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        # The parser's own words name what it expected, never what it found.
        what = error.msg[:1].lower() + error.msg[1:].removesuffix(" starting at")
        message = Sentence(
            "The file is not whole: line {line}, column {column}, {what}.",
            line=error.lineno,
            column=error.colno,
            what=what,
        )
        raise CoreError("login_broken", message, _SIGN_IN) from None
    except (RecursionError, ValueError):
        message = Sentence(
            "The file is not whole: it is nested too deeply, or holds an endless number."
        )
        raise CoreError("login_broken", message, _SIGN_IN) from None
    if not isinstance(document, dict):
        message = Sentence("The file is not whole: it is JSON, but no object (line 1, column 1).")
        raise CoreError("login_broken", message, _SIGN_IN)
    return cast("Mapping[str, object]", document)


def _require_chatgpt(document: Mapping[str, object]) -> None:
    """Codex takes a file without `auth_mode` for an API key if there is one (PROTOCOL §2)."""
    mode = document.get("auth_mode")
    has_key = bool(document.get("OPENAI_API_KEY"))
    if mode == "apikey" or (mode is None and has_key):
        raise CoreError(
            "login_api_key",
            "Codex uses an API key here; Turntable is for ChatGPT accounts.",
            "Sign in with `codex login` (not `--with-api-key`), then import again.",
        )
    if mode is None or mode == CHATGPT:
        return
    if not isinstance(mode, str):
        raise _wrong_type("auth_mode")
    named = (
        f"“{mode}”"
        if len(mode) <= 40 and mode.isalnum() and mode.isascii()
        else Sentence("an unknown")
    )
    raise CoreError(
        "login_other_mode",
        Sentence(
            "Codex signs in by {named} mode here; Turntable takes ChatGPT logins only.", named=named
        ),
        _SIGN_IN,
    )


def _token(tokens: Mapping[str, object], key: str) -> str:
    """The value of `key`, empty when absent; only what may stand in a header field passes."""
    value = tokens.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or not _is_word(value):
        raise _wrong_type(f"tokens.{key}")
    return value


def _account_id(tokens: Mapping[str, object]) -> str:
    """The workspace of the file; an `org-…` id is a label and never a workspace."""
    account_id = _token(tokens, "account_id")
    return "" if account_id.startswith("org-") else account_id


def _identity(account_id: str, id_claims: Claims, access_claims: Claims | None) -> Identity:
    for claims in (id_claims, access_claims):
        found = claims and identity_of(claims, workspace=account_id or id_claims.workspace)
        if found and found.user.isprintable() and _is_word(found.workspace):
            return found
    raise CoreError(
        "login_no_identity",
        "The login does not say whose it is: its tokens name no user or no workspace.",
        _SIGN_IN,
    )


def _is_word(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _said(claim: str) -> str:
    return claim if claim.isprintable() else ""


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _wrong_type(key: str) -> CoreError:
    message = Sentence(
        "The file’s {key} is not what Codex writes there; nothing was read from it.", key=key
    )
    return CoreError("login_wrong_type", message, _SIGN_IN, exit_code=ExitCode.FAILED)
