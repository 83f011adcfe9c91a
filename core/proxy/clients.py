"""Who may call: the secret in the bound path (pure).

Every secret that is known is compared in constant time and the search never stops early, so that
an answer's time says nothing about a secret.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.account import AccountId


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
