"""One login in another tool's store, whatever that tool calls its parts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from core.codex_home.auth_json import CodexLogin, login_of
from core.domain.account import Identity
from core.domain.claims import identity_of, read_claims
from core.domain.credentials import Credentials
from core.domain.errors import CoreError

_LONGEST = 64


class StoreKind(StrEnum):
    """Whose form a file has."""

    MULTI_AUTH = "codex-multi-auth"
    """A list of accounts; codex-app-account-router writes the same."""
    OPENCODE = "opencode-multi-auth"
    """Accounts by alias; plain, or sealed under a passphrase."""


class Why(StrEnum):
    """Why an entry is no login that can be used."""

    DAMAGED = "damaged"
    """A part of it is not what its tool writes there."""
    NO_ACCESS_TOKEN = "no_access_token"
    """Only its refresh token is there, which is not ours to spend."""
    NO_REFRESH_TOKEN = "no_refresh_token"
    """Nobody could keep it alive."""
    NO_IDENTITY = "no_identity"
    """It does not say whose it is."""
    TWICE = "twice"
    """The same account stands there again, with a token that lives longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A login of a store.

    Attributes:
        name: what the store calls it; for sentences.
        login: tokens and identity; without an id_token where the store keeps none.
        label: the user's own name for it there; empty = none.
        enabled: whether it is switched on there.
        tags: the user's words about it there.
        note: the user's sentence about it there.
    """

    name: str
    login: CodexLogin = field(repr=False)
    label: str = ""
    enabled: bool = True
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """An entry that was passed over."""

    name: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a store's file holds; an account stands among `entries` once."""

    kind: StoreKind
    entries: tuple[Entry, ...]
    unusable: tuple[Unusable, ...]

    def find(self, identity: Identity) -> Entry | None:
        """The login of this user and workspace."""
        return next((e for e in self.entries if e.login.identity == identity), None)


def contents(kind: StoreKind, found: tuple[Entry | Unusable, ...]) -> Contents:
    """What was found, each account once: of two logins the one that lives longer."""
    best: dict[Identity, Entry] = {}
    unusable = [one for one in found if isinstance(one, Unusable)]
    for entry in (one for one in found if isinstance(one, Entry)):
        other = best.get(entry.login.identity)
        if other is None:
            best[entry.login.identity] = entry
            continue
        older = min(other, entry, key=_lives_until)
        best[entry.login.identity] = entry if older is other else other
        unusable.append(Unusable(name=older.name, why=Why.TWICE))
    return Contents(kind=kind, entries=tuple(best.values()), unusable=tuple(unusable))


def login_in(record: Mapping[str, object]) -> CodexLogin | Why:
    """The login that a record holds: `accessToken`, `refreshToken`, `idToken`, `accountId`.

    A store may keep no id_token; then the access token's own claims say whose it is.
    """
    tokens = {}
    for name in ("accessToken", "refreshToken", "idToken", "accountId"):
        value = record.get(name, "")
        if value is not None and not (isinstance(value, str) and _is_word(value)):
            return Why.DAMAGED
        tokens[name] = value or ""
    access, refresh = tokens["accessToken"], tokens["refreshToken"]
    if not access:
        return Why.NO_ACCESS_TOKEN
    if not refresh:
        return Why.NO_REFRESH_TOKEN
    # An `org-…` id names an organisation, and never a workspace.
    workspace = "" if tokens["accountId"].startswith("org-") else tokens["accountId"]
    if tokens["idToken"]:
        try:
            return login_of(
                id_token=tokens["idToken"],
                access_token=access,
                refresh_token=refresh,
                account_id=workspace,
            )
        except CoreError:
            pass  # the access token may still say it
    return _by_access_token(access, refresh, workspace)


def _by_access_token(access: str, refresh: str, workspace: str) -> CodexLogin | Why:
    claims = read_claims(access)
    identity = None if claims is None else identity_of(claims, workspace=workspace)
    if claims is None or identity is None or not _is_fit(identity):
        return Why.NO_IDENTITY
    return CodexLogin(
        credentials=Credentials(
            id_token="",
            access_token=access,
            refresh_token=refresh,
            expires_at=claims.expires_at,
            generation=1,
        ),
        identity=identity,
        email=_said(claims.email),
        plan=_said(claims.plan),
        fedramp=claims.fedramp,
        last_refresh=None,
        kept={},
        kept_tokens={},
    )


def text_in(record: Mapping[str, object], name: str) -> str:
    """A short text for people; empty when it is none."""
    value = record.get(name)
    return value.strip()[:_LONGEST] if isinstance(value, str) and value.isprintable() else ""


def record_of(value: object) -> Mapping[str, object]:
    """A JSON object; empty where it is none."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _lives_until(entry: Entry) -> datetime:
    return entry.login.credentials.expires_at or datetime.min.replace(tzinfo=UTC)


def _is_fit(identity: Identity) -> bool:
    return identity.user.isprintable() and _is_word(identity.workspace)


def _is_word(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _said(claim: str) -> str:
    return claim if claim.isprintable() else ""
