"""Who is signed in: families of single-use refresh tokens, and the access tokens they gave.

A spent refresh token that comes back revokes its whole family, access tokens too: that is the
accident that the program exists to avoid, so the stand-in shows it at once and without mercy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.standin.people import Login, Person, renewed, signed_in, without_claims

ACCESS_TOKEN_LIFE = timedelta(days=10)
# Sign-ins on the pages are numbered from here on; `make_login` numbers its own from 1.
_FIRST_SIGN_IN = 101


class Denied(StrEnum):
    """Why a token is refused; the codes that the issuer and the back end answer with."""

    EXPIRED = "refresh_token_expired"
    REUSED = "refresh_token_reused"
    INVALIDATED = "refresh_token_invalidated"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_INVALIDATED = "token_invalidated"
    TOKEN_UNKNOWN = "invalid_token"


@dataclass(slots=True)
class Family:
    """All tokens that came from one sign-in.

    Attributes:
        login: the newest generation.
        revoked: nothing of this family is accepted any more.
        refresh_expired: the newest refresh token has run out; access tokens live on.
        reuses: how often a spent refresh token of this family was presented.
        renewals: how often it was refreshed.
    """

    login: Login
    revoked: bool = False
    refresh_expired: bool = False
    reuses: int = 0
    renewals: int = 0
    expiries: dict[str, datetime] = field(default_factory=dict, repr=False)


class Issuer:
    """Redeems refresh tokens and recognises access tokens."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` is the world's clock."""
        self._now = now
        self._by_access: dict[str, Family] = {}
        self._by_refresh: dict[str, Family] = {}
        self._by_id: dict[str, Family] = {}
        self._life: dict[str, timedelta] = {}

    @property
    def families(self) -> tuple[Family, ...]:
        """Every family, in the order of their sign-ins."""
        return tuple({id(family): family for family in self._by_refresh.values()}.values())

    def families_of(self, name: str) -> tuple[Family, ...]:
        """The families of the login called `name`."""
        return tuple(family for family in self.families if family.login.name == name)

    def admit(self, login: Login) -> Family:
        """Begin a family with `login` as its newest generation."""
        family = Family(login=login)
        self._learn(family)
        return family

    def sign_in(self, person: Person, *, claims: bool = True) -> Family:
        """Begin a family for `person`, as the authorization code grant does.

        Without `claims` its JWTs do not say who it is.
        """
        numbers = [family.login.family for family in self.families_of(person.name)]
        now = self._now()
        login = signed_in(
            person,
            family=max([_FIRST_SIGN_IN - 1, *numbers]) + 1,
            issued_at=now,
            expires_at=now + self._life.get(person.name, ACCESS_TOKEN_LIFE),
        )
        return self.admit(login if claims else without_claims(login))

    def set_life(self, name: str, life: timedelta) -> None:
        """How long access tokens of `name` live from its next refresh on."""
        self._life[name] = life

    def owner(self, token: str) -> Family | None:
        """The family that a token of any kind belongs to, accepted or not."""
        return self._by_access.get(token) or self._by_refresh.get(token) or self._by_id.get(token)

    def recognise(self, access_token: str) -> Family | Denied:
        """The family of an access token that is good now."""
        family = self._by_access.get(access_token)
        if family is None:
            return Denied.TOKEN_UNKNOWN
        if family.revoked:
            return Denied.TOKEN_INVALIDATED
        if self._now() >= family.expiries[access_token]:
            return Denied.TOKEN_EXPIRED
        return family

    def redeem(self, refresh_token: str) -> Login | Denied:
        """Exchange the newest refresh token of a family for the next generation, once."""
        family = self._by_refresh.get(refresh_token)
        if family is None or family.revoked:
            return Denied.INVALIDATED
        if refresh_token != family.login.refresh_token:
            family.reuses += 1
            family.revoked = True
            return Denied.REUSED
        if family.refresh_expired:
            return Denied.EXPIRED
        now = self._now()
        life = self._life.get(family.login.name, ACCESS_TOKEN_LIFE)
        family.login = renewed(family.login, issued_at=now, expires_at=now + life)
        family.renewals += 1
        self._learn(family)
        return family.login

    def revoke(self, token: str) -> bool:
        """End the family that `token` belongs to; False for an unknown token."""
        family = self.owner(token)
        if family is not None:
            family.revoked = True
        return family is not None

    def expire_access(self, name: str) -> None:
        """Every access token that `name` holds runs out now; refreshing helps."""
        for family in self.families_of(name):
            for token in family.expiries:
                family.expiries[token] = self._now()

    def expire_refresh(self, name: str) -> None:
        """The refresh tokens that `name` holds run out now; access tokens live on."""
        for family in self.families_of(name):
            family.refresh_expired = True

    def _learn(self, family: Family) -> None:
        login = family.login
        family.expiries[login.access_token] = login.expires_at
        self._by_access[login.access_token] = family
        self._by_refresh[login.refresh_token] = family
        self._by_id[login.id_token] = family
