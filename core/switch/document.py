"""The content of an auth.json with another login in it: every field real, the user's kept. Pure."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from core.codex_home.auth_json import CHATGPT
from core.domain.account import Account
from core.domain.credentials import Credentials

_OF_ONE_LOGIN = frozenset({"auth_mode", "tokens", "last_refresh"})


def auth_document(
    before: Mapping[str, object], account: Account, credentials: Credentials, *, now: datetime
) -> bytes:
    """The file for `account`, as Codex itself writes it (PROTOCOL §2).

    What the old file said of its own login goes; every other key stays as it was.

    Args:
        before: the old file's object; empty when there was none.
        account: whose login it will be.
        credentials: its newest tokens.
        now: for a token that does not say when it was issued.
    """
    issued = issued_at(credentials.access_token) or now
    kept = {key: value for key, value in before.items() if key not in _OF_ONE_LOGIN}
    document = {
        "auth_mode": CHATGPT,
        "OPENAI_API_KEY": None,
        **kept,
        "tokens": {
            "id_token": credentials.id_token,
            "access_token": credentials.access_token,
            "refresh_token": credentials.refresh_token,
            "account_id": account.identity.workspace,
        },
        "last_refresh": issued.isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def issued_at(token: str) -> datetime | None:
    """When a JWT was issued (`iat`, RFC 7519 §4.1.6); None when it does not say."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["iat"]), UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
