"""What a switch did, step by step; what it would do, for a dry run."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.domain.account import AccountId
from core.domain.sentence import Sentence

_NOTHING = Sentence("")


class Result(StrEnum):
    """How one step ended."""

    DONE = "done"
    PLANNED = "planned"
    """It would be done; this is a dry run."""
    SKIPPED = "skipped"
    """It could not be done here, and nothing depends on it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its name for scripts, how it ended, and why in a sentence (may be empty)."""

    name: str
    result: Result
    because: Sentence = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A whole switch.

    Attributes:
        home: the Codex home.
        account: whose login Codex has now; None: nobody's.
        displaced: whose it had before, kept in the vault; None: there was none.
        steps: in the order in which they were done.
        done: whether Codex has the wanted login now, or would have.
    """

    home: Path
    account: AccountId | None
    displaced: AccountId | None
    steps: tuple[Step, ...]
    done: bool
