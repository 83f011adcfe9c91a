"""A chat that goes on with another account, as it is remembered for a while."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.account import AccountId
from core.domain.facts import ThreadId

REMEMBERED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move: whose the chat was, whose it is, and when that was learned."""

    thread: ThreadId
    moved_from: AccountId
    moved_to: AccountId
    at: datetime


def remembered(moves: tuple[Move, ...], move: Move) -> tuple[Move, ...]:
    """The last few, the oldest first."""
    return (*moves, move)[-REMEMBERED:]
