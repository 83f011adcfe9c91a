"""Authorization codes: each is redeemed once, by the client that asked for it, or never."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.standin import authorization
from core.standin.issuer import Family
from core.standin.people import Person

# RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED".
CODE_LIFE = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a code stands for.

    Attributes:
        person: who signed in, and to which workspace.
        redirect_uris: where the code was sent, in every spelling.
        code_challenge: what the verifier must prove.
        expires_at: from when on it is refused.
        spent: it was presented once, rightly or wrongly.
        family: what it gave.
    """

    person: Person
    redirect_uris: frozenset[str]
    code_challenge: str
    expires_at: datetime
    spent: bool = False
    family: Family | None = None


class Codes:
    """Every code that was handed out. The only holder of grants."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` is the world's clock."""
        self._now = now
        self._grants: dict[str, Grant] = {}

    def mint(self, person: Person, *, redirect_uris: Iterable[str], code_challenge: str) -> str:
        """A code for `person`, sent to one of these addresses."""
        code = f"ac_fake-code-{len(self._grants) + 1:06d}"
        self._grants[code] = Grant(
            person=person,
            redirect_uris=frozenset(redirect_uris),
            code_challenge=code_challenge,
            expires_at=self._now() + CODE_LIFE,
        )
        return code

    def owner(self, code: str) -> str | None:
        """The name of the person whose code it is, good or not."""
        grant = self._grants.get(code)
        return grant.person.name if grant else None

    def redeem(self, code: str, *, redirect_uri: str, code_verifier: str) -> Grant | None:
        """The grant, marked as spent; None for whoever may not have it.

        A code that comes twice has leaked: what it gave is revoked (RFC 6749 §4.1.2).
        """
        grant = self._grants.get(code)
        if grant is None:
            return None
        if grant.spent:
            if grant.family is not None:
                grant.family.revoked = True
            return None
        grant.spent = True
        good = (
            self._now() < grant.expires_at
            and redirect_uri in grant.redirect_uris
            and authorization.proves(code_verifier, grant.code_challenge)
        )
        return grant if good else None
