"""What the guard needs to find in the data folder.

The names are those of `core.runtime.paths.Home` (a test compares them), which the guard cannot
import: it must run where nothing but Python itself is left.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The data folder `root`, and the paths in it."""

    root: Path

    @property
    def binds(self) -> Path:
        """The undo journals."""
        return self.root / "binds"

    @property
    def owner_lock(self) -> Path:
        """Held by the owner for its life; says who it is."""
        return self.root / "run" / "owner.lock"

    @property
    def bind_lock(self) -> Path:
        """Serialises whoever edits config.toml."""
        return self.root / "run" / "bind.lock"

    @property
    def guard_lock(self) -> Path:
        """Held by the guard for its life; holds its process id."""
        return self.root / "run" / "guard.lock"

    @property
    def health_key(self) -> Path:
        """By what the owner's listener proves itself to the guard."""
        return self.root / "run" / "health.key"

    @property
    def guard_log(self) -> Path:
        """What the guard did, and what it could not do."""
        return self.root / "log" / "guard.log"
