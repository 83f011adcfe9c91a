"""What routing may know of a request: names and kinds, no content."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from core.domain.account import AccountId
from core.domain.rules import PoolId, Project

ThreadId = NewType("ThreadId", str)
"""A Codex conversation, as the client names it in `thread-id`."""


class RequestKind(StrEnum):
    """What a request asks for."""

    RESPONSES = "responses"
    """A turn: spends quota, belongs to a thread."""
    MODELS = "models"
    """The catalogue: spends nothing."""
    OTHER = "other"
    """Anything else below the base path; passed through with an account's token."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Facts:
    """One request, as routing sees it.

    Not frozen only because one is made for every request (ADR 0021); nobody writes to it.

    Attributes:
        kind: what it asks for.
        thread: its conversation; None when it names none.
        parent: the conversation that started this one; it inherits the owner.
        model: the model id; empty when it names none.
        unread: it may name a model, and nobody can read which.
        client: who calls (`codex_exec`, …), from `originator`; empty when unnamed.
        mid_turn: whether it goes on with a turn that has begun (it carries a turn state).
        only: the one account that may serve it, forced by whoever started this Codex.
        project: the folder that the work is in, as far as anybody said.
        pool: the only pool that may serve it, as the caller's token says.
    """

    kind: RequestKind
    thread: ThreadId | None = None
    parent: ThreadId | None = None
    model: str = ""
    unread: bool = False
    client: str = ""
    mid_turn: bool = False
    only: AccountId | None = None
    project: Project | None = None
    pool: PoolId | None = None
