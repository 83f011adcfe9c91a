"""Who may call: the secret in the bound path, and the tokens of other tools (pure).

Every secret that is known is compared in constant time and the search never stops early, so that
an answer's time says nothing about a secret.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.account import AccountId
from core.domain.client import Client
from core.proxy.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecret:
    """A bind's secret.

    Attributes:
        secret: what stands in the path.
        bind: which bind it belongs to.
        stale_until: None while it is in force; a replaced one is remembered until then, so that an
            open chat is told what to do.
        only: the one account that may serve its callers; None: any.
        own_user: it stands in a command line, so that its callers must be our own user's.
    """

    secret: str = field(repr=False)
    bind: str
    stale_until: datetime | None = None
    only: AccountId | None = None
    own_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidSecret:
    """The caller belongs to this bind; `only` and `own_user` as they are known of its secret."""

    bind: str
    only: AccountId | None = None
    own_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleSecret:
    """The caller's address was replaced; a new chat takes the new one."""

    bind: str


def recognise(
    presented: str, known: Iterable[KnownSecret], *, now: datetime
) -> ValidSecret | StaleSecret | None:
    """Whose secret this is; None = nobody's (any more)."""
    found: ValidSecret | StaleSecret | None = None
    given = presented.encode("utf-8", "surrogateescape")
    for entry in known:
        same = hmac.compare_digest(given, entry.secret.encode())
        if not same:
            continue
        if entry.stale_until is None:
            found = ValidSecret(bind=entry.bind, only=entry.only, own_user=entry.own_user)
        elif entry.stale_until > now and found is None:
            found = StaleSecret(bind=entry.bind)
    return found


TOKEN_PREFIX = "tt_"
"""How every token of a client begins, so that people and scanners know what it is."""


def token_in(fields: Fields) -> str:
    """The token that a head presents: `Authorization: Bearer …`, or `x-api-key`; empty: none."""
    scheme, _, token = fields.value(b"authorization").partition(b" ")
    if scheme.lower() != b"bearer":
        token = fields.value(b"x-api-key")
    return token.strip().decode("latin-1")


def token_hash(token: str) -> str:
    """What is kept of a token. It is long and random: a plain hash gives nothing away."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def recognise_client(presented: str, known: Iterable[Client]) -> Client | None:
    """Whose token this is; None = nobody's (any more)."""
    found: Client | None = None
    given = token_hash(presented)
    for client in known:
        if hmac.compare_digest(given, client.token_sha256):
            found = client
    return found if presented.startswith(TOKEN_PREFIX) else None
