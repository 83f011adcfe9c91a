"""A restart that was announced: the guard leaves Codex bound while the next owner is on its way.

Standard library only, like everything that the guard uses.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from core.binding.places import Places

GRACE = timedelta(seconds=120)
"""How long Codex is left bound to a port at which nobody answers."""


def announce_restart(root: Path, now: datetime) -> None:
    """Say that an owner comes back; to be called by the one that ends, before it lets go.

    Raises:
        OSError: it could not be written; the guard undoes at once.
    """
    _note(root).write_text((now + GRACE).isoformat(), encoding="ascii")


def restart_awaited(root: Path, now: datetime) -> timedelta:
    """How much longer an announced restart is waited for; it is forgotten by being asked."""
    note = _note(root)
    left = timedelta(0)
    with suppress(OSError, ValueError, TypeError):
        left = datetime.fromisoformat(note.read_text("ascii")) - now
    with suppress(OSError):
        note.unlink(missing_ok=True)
    # A clock that was set meanwhile must not keep Codex waiting for longer than was meant.
    return left if timedelta(0) < left <= GRACE else timedelta(0)


def _note(root: Path) -> Path:
    return Places(root).owner_lock.with_name("restart")
