"""What a login's JSON Web Tokens say of whom they belong to. Read, never verified.

The claims are the issuer's, found under `https://api.openai.com/auth` of the id_token or the
access token; a claim of a wrong type counts as absent.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from core.domain.account import Identity

_AUTH = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The part of a token's payload that we use; empty strings and None where it is silent."""

    user_id: str
    workspace: str
    email: str
    plan: str
    fedramp: bool
    expires_at: datetime | None
    issued_at: datetime | None = None


def read_claims(token: str) -> Claims | None:
    """Read the payload of a JWT (RFC 7519 §3); None when it is not one."""
    payload = _payload(token)
    if payload is None:
        return None
    auth = _mapping(payload.get(_AUTH))
    profile = _mapping(payload.get(_PROFILE))
    return Claims(
        user_id=_text(auth.get("chatgpt_user_id")) or _text(auth.get("user_id")),
        workspace=_text(auth.get("chatgpt_account_id")),
        email=_text(payload.get("email")) or _text(profile.get("email")),
        plan=_text(auth.get("chatgpt_plan_type")),
        fedramp=auth.get("chatgpt_account_is_fedramp") is True,
        expires_at=_moment(payload.get("exp")),
        issued_at=_moment(payload.get("iat")),
    )


def identity_of(claims: Claims, *, workspace: str) -> Identity | None:
    """Who this is: user (or e-mail) and workspace; None when either is missing.

    `workspace` is what the login's own record says; the claims serve when it is empty.
    """
    user = claims.user_id or claims.email
    chosen = workspace or claims.workspace
    return Identity(user=user, workspace=chosen) if user and chosen else None


def _payload(token: str) -> Mapping[str, object] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        decoded = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", decoded) if isinstance(decoded, dict) else None


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
