"""Fake logins: tokens that look like tokens and open nothing but the stand-in."""

import json
from datetime import UTC, datetime
from pathlib import Path

from core.standin.people import Login, jwt, make_login, with_expiry

__all__ = ["Login", "jwt", "long_expired", "make_login", "with_expiry", "write_auth_json"]


def long_expired(login: Login) -> Login:
    """The same login with tokens that ran out in 2020."""
    return with_expiry(login, datetime(2020, 1, 1, tzinfo=UTC))


def write_auth_json(home: Path, login: Login) -> Path:
    """`auth.json` of `login` in a CODEX_HOME, with the mode that Codex gives it."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "auth.json"
    path.write_text(json.dumps(login.auth_json, indent=2), encoding="utf-8")
    path.chmod(0o600)
    return path
