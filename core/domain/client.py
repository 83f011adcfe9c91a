"""Other tools that may call: each has a token of its own, of which we keep a hash."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from core.domain.rules import PoolId

ClientId = NewType("ClientId", str)
"""`cl_…`, random; never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A tool that may call `/v1`.

    Attributes:
        id: ours.
        label: what the user calls it; unlike any other's.
        token_sha256: of its token, in hex; the token itself was shown once and is not kept.
        created_at: when its token was made.
        pool: only this pool's accounts serve it; None: any account's.
    """

    id: ClientId
    label: str
    token_sha256: str = field(repr=False)
    created_at: datetime
    pool: PoolId | None = None
