"""Secrets. Imported only by who must handle them (import contract), readable by nobody's log."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One login's tokens. `repr` and `str` show the generation and the expiry, never a token.

    Attributes:
        id_token: as issued; unsigned by us, only read.
        access_token: the bearer of every request.
        refresh_token: single use; presented only by the login's one refresher.
        expires_at: the access token's `exp`; None when it names none.
        generation: 1 for the first that reached us, one more for each refresh.
    """

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one upstream request is authorised with.

    Attributes:
        access_token: the bearer token.
        workspace: value of `chatgpt-account-id`.
        fedramp: send `x-openai-fedramp: true`.
        expires_at: when the token ends; None when unknown.
    """

    access_token: str = field(repr=False)
    workspace: str
    fedramp: bool
    expires_at: datetime | None

    def fields(self) -> dict[str, str]:
        """The header fields that carry it, as the official client spells them in its own calls."""
        named = {
            "authorization": f"Bearer {self.access_token}",
            "chatgpt-account-id": self.workspace,
        }
        return named | {"x-openai-fedramp": "true"} if self.fedramp else named
