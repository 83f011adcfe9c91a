"""Stores as other tools write them, with logins that open nothing but the stand-in."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.accounts.stores.opencode_sealed import seal_again
from core.standin.people import Login

PASSPHRASE = "a fake passphrase of another tool"


def listed(*logins: Login, **more: object) -> dict[str, Any]:
    """codex-multi-auth's document; its second account is the active one."""
    return {
        "version": 3,
        "accounts": [
            {
                "accountId": login.account_id,
                "email": login.person.email,
                "refreshToken": login.refresh_token,
                "accessToken": login.access_token,
                "expiresAt": int(login.expires_at.timestamp() * 1000),
                "enabled": True,
                "addedAt": 1,
                "workspaces": [{"id": login.account_id, "name": "Acme", "enabled": True}],
            }
            for login in logins
        ],
        "activeIndex": min(1, len(logins) - 1),
        "activeIndexByFamily": {"gpt-6.1": min(1, len(logins) - 1)},
        **more,
    }


def aliased(*logins: Login, **more: object) -> dict[str, Any]:
    """opencode-multi-auth's document; each login under the name of its person."""
    return {
        "version": 2,
        "accounts": {
            f"alias-{login.name}": {
                "alias": f"alias-{login.name}",
                "accessToken": login.access_token,
                "refreshToken": login.refresh_token,
                "idToken": login.id_token,
                "accountId": login.account_id,
                "email": login.person.email,
                "planType": login.person.plan,
                "expiresAt": int(login.expires_at.timestamp() * 1000),
                "enabled": True,
                "tags": ["Team", "eu"],
                "notes": "the big one",
                "usageCount": 7,
            }
            for login in logins
        },
        "activeAlias": f"alias-{logins[0].name}" if logins else None,
        "rotationIndex": 0,
        **more,
    }


def sealed(document: Mapping[str, Any], passphrase: str = PASSPHRASE) -> dict[str, Any]:
    """The sealed form of opencode-multi-auth's document."""
    return seal_again(json.dumps(document), passphrase, random=os.urandom)


def written(path: Path, document: Mapping[str, Any]) -> Path:
    """The document in a file, as Node writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2))
    path.chmod(0o600)
    return path
