"""Made-up people: logins whose tokens have the shape of real ones and open nothing.

Tokens are unsigned JWTs (`alg: none`) with the claims of PROTOCOL §1; the same arguments always
give the same tokens, so that a login can be written to disk in one process and recognised in
another.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

ISSUER = "https://auth.openai.com"
CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
# What everybody types on the sign-in pages.
PASSWORD = "fake-password"
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

_AUTH = "https://api.openai.com/auth"
_PROFILE = "https://api.openai.com/profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signs in, and to which workspace.

    Attributes:
        name: what scripts and tests call this login, e.g. `A`.
        user_id: `chatgpt_user_id`; one user may have several workspaces.
        email: the address in the claims.
        account_id: `chatgpt_account_id`, the workspace; members of one team share it.
        plan: `chatgpt_plan_type`.
        fedramp: `chatgpt_account_is_fedramp`.
        salt: put into every token, so that a test can look for its own tokens.
    """

    name: str
    user_id: str
    email: str
    account_id: str
    plan: str
    fedramp: bool = False
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One signed-in login: three tokens of one generation of one family."""

    person: Person
    family: int
    generation: int
    issued_at: datetime
    expires_at: datetime
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def name(self) -> str:
        """What scripts and tests call this login."""
        return self.person.name

    @property
    def account_id(self) -> str:
        """The workspace, as it stands in `chatgpt-account-id`."""
        return self.person.account_id

    @property
    def auth_json(self) -> dict[str, object]:
        """The content of `auth.json` after this sign-in (PROTOCOL §2)."""
        return {
            "auth_mode": "chatgpt",
            "OPENAI_API_KEY": None,
            "tokens": {
                "id_token": self.id_token,
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "oauth_provenance": {"issuer": ISSUER, "client_id": CLIENT_ID},
                "login_owner_id": self.person.user_id,
                "account_id": self.person.account_id,
            },
            "last_refresh": self.issued_at.isoformat().replace("+00:00", "Z"),
        }


def make_person(
    name: str,
    *,
    user: str | None = None,
    email: str | None = None,
    workspace: str | None = None,
    plan: str = "plus",
    fedramp: bool = False,
    salt: str = "",
) -> Person:
    """Somebody who may sign in; the other names follow from `name` unless given (`make_login`)."""
    return Person(
        name=name,
        user_id=user or f"user-{name}",
        email=email or f"{name.lower()}@example.com",
        account_id=workspace or f"acct-{name}",
        plan=plan,
        fedramp=fedramp,
        salt=salt,
    )


def make_login(
    name: str,
    *,
    user: str | None = None,
    email: str | None = None,
    workspace: str | None = None,
    plan: str = "plus",
    fedramp: bool = False,
    salt: str = "",
    family: int = 1,
    issued_at: datetime = LONG_AGO,
    expires_at: datetime = FAR_AHEAD,
) -> Login:
    """A first-generation login.

    Args:
        name: what the script calls it; the other names follow from it unless given.
        user: user id, `user-<name>` by default.
        email: `<name>@example.com` by default.
        workspace: account id, `acct-<name>` by default.
        plan: plan type of the claims.
        fedramp: the claim of the same meaning.
        salt: a canary that every token carries.
        family: number of the sign-in; two sign-ins of one person are two families.
        issued_at: `iat`, and `last_refresh` of `auth_json`.
        expires_at: `exp` of the access and the id token.
    """
    person = make_person(
        name,
        user=user,
        email=email,
        workspace=workspace,
        plan=plan,
        fedramp=fedramp,
        salt=salt,
    )
    return signed_in(person, family=family, issued_at=issued_at, expires_at=expires_at)


def signed_in(person: Person, *, family: int, issued_at: datetime, expires_at: datetime) -> Login:
    """What a sign-in of `person` gives: the first generation of a family."""
    return _issue(person, family=family, generation=1, issued_at=issued_at, expires_at=expires_at)


def without_claims(login: Login) -> Login:
    """The same generation, whose JWTs say nothing about who it is."""
    bare = {"iss": ISSUER, "exp": int(login.expires_at.timestamp())}
    serial = f"{login.name}-{login.family}-{login.generation}"
    return replace(
        login,
        id_token=jwt({**bare, "jti": f"fake-id-{serial}"}),
        access_token=jwt({**bare, "jti": f"fake-access-{serial}"}),
    )


def renewed(login: Login, *, issued_at: datetime, expires_at: datetime) -> Login:
    """The next generation of the same family."""
    return _issue(
        login.person,
        family=login.family,
        generation=login.generation + 1,
        issued_at=issued_at,
        expires_at=expires_at,
    )


def signed_in_again(login: Login, *, family: int) -> Login:
    """The same person after another sign-in: a family of its own."""
    return _issue(
        login.person,
        family=family,
        generation=1,
        issued_at=login.issued_at,
        expires_at=login.expires_at,
    )


def jwt(claims: Mapping[str, object]) -> str:
    """An unsigned JWT. The third part is the word `fake`, so that no parser mistakes it."""
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}.ZmFrZQ"


def with_expiry(login: Login, expires_at: datetime) -> Login:
    """The same generation with another `exp`."""
    return _issue(
        replace(login.person),
        family=login.family,
        generation=login.generation,
        issued_at=login.issued_at,
        expires_at=expires_at,
    )


def _segment(value: Mapping[str, object]) -> str:
    text = json.dumps(dict(value), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _claims(person: Person, issued_at: datetime, expires_at: datetime) -> Mapping[str, object]:
    return MappingProxyType(
        {
            "iss": ISSUER,
            "aud": [CLIENT_ID],
            "sub": f"auth0|{person.user_id}",
            "iat": int(issued_at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "email": person.email,
            "email_verified": True,
            _AUTH: {
                "chatgpt_account_id": person.account_id,
                "chatgpt_account_user_id": f"{person.user_id}__{person.account_id}",
                "chatgpt_plan_type": person.plan,
                "chatgpt_user_id": person.user_id,
                "user_id": person.user_id,
                "chatgpt_account_is_fedramp": person.fedramp,
                # Labels only; their ids are never an account id.
                "organizations": [
                    {
                        "id": f"org-{person.user_id}",
                        "is_default": True,
                        "role": "owner",
                        "title": "Personal",
                    }
                ],
            },
            _PROFILE: {"email": person.email, "email_verified": True},
        }
    )


def _issue(
    person: Person, *, family: int, generation: int, issued_at: datetime, expires_at: datetime
) -> Login:
    common = _claims(person, issued_at, expires_at)
    serial = f"{person.name}-{family}-{generation}{person.salt and '-' + person.salt}"
    return Login(
        person=person,
        family=family,
        generation=generation,
        issued_at=issued_at,
        expires_at=expires_at,
        id_token=jwt({**common, "jti": f"fake-id-{serial}"}),
        access_token=jwt(
            {**common, "aud": ["https://api.openai.com/v1"], "jti": f"fake-access-{serial}"}
        ),
        refresh_token=f"fake-refresh-{serial}",
    )
