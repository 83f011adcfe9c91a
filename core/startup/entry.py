"""What entries can start, at login or by a click: one interface for three systems."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, assert_never

from core.domain.errors import CoreError
from core.domain.sentence import Sentence


class Kind(StrEnum):
    """What an entry starts."""

    DESKTOP = "desktop"
    """The tray app, at the login to a desktop."""
    SERVER = "server"
    """`turntable serve`, at any login."""
    GUARD = "guard"
    """What gives Codex back at the next login when even the guard was killed; ends at once."""
    CODEX = "launcher"
    """Codex's desktop app, once the proxy answers: among the programs, not at login."""


AT_LOGIN = (Kind.DESKTOP, Kind.SERVER, Kind.GUARD)
"""What can start by itself."""
CODEX_NAME = "Codex through Turntable"
"""What a person clicks."""


class Standing(StrEnum):
    """How an entry stands, as the system itself would find it."""

    READY = "ready"
    """It is there, and what it starts is there too."""
    ABSENT = "absent"
    SWITCHED_OFF = "switched_off"
    """It is there, and the user has switched it off in the system's own settings."""
    ELSEWHERE = "elsewhere"
    """It starts something else than this copy would: another version's or folder's."""
    BROKEN = "broken"
    """What it starts is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A look at one entry.

    Attributes:
        kind: what it starts.
        standing: how it stands.
        place: the file, or the registry value.
    """

    kind: Kind
    standing: Standing
    place: str


class StartUp(Protocol):
    """One system's entries that start things. Looking changes nothing."""

    def enable(self, kind: Kind) -> bool:
        """Make the entry, or make it anew; False: everything was in place already.

        Raises:
            CoreError: `startup_failed`; an entry that was there is there still.
        """
        ...

    def disable(self, kind: Kind) -> bool:
        """Remove the entry; False: there was none.

        Raises:
            CoreError: `startup_failed`.
        """
        ...

    def look(self, kind: Kind) -> Found:
        """How the entry stands."""
        ...


def words(kind: Kind, root: Path) -> tuple[str, ...]:
    """What the program is told; `root` is the data folder."""
    match kind:
        case Kind.DESKTOP:
            return ()
        case Kind.SERVER:
            return ("serve",)
        case Kind.GUARD:
            return ("guard-process", "--login", "--home", str(root))
        case Kind.CODEX:
            return ("launcher", "open")
        case _:
            assert_never(kind)


def failed(place: object, error: OSError) -> CoreError:
    """What a face is told when the system does not let us."""
    return CoreError(
        "startup_failed",
        Sentence(
            "{place} cannot be written ({why}).",
            place=place,
            why=error.strerror or type(error).__name__,
        ),
        "What was there is there still.",
    )
