"""What the guard keeps of the undo journal in memory, should the data folder be removed under it.

Whoever deletes the folder while Codex is bound deletes what says how to give it back, and a Codex
that is bound to a dead address waits for ever. So the guard knows the records by heart, puts them
where they were for the moment of the undo, and takes them away again.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.binding.durable import PRIVATE_FILE, PRIVATE_FOLDER
from core.binding.journal import decoded
from core.binding.places import Places
from core.domain.binding import LeaseState
from core.domain.errors import CoreError


class Remembered:
    """The records of one data folder, as they were when the folder was last there."""

    def __init__(self, root: Path) -> None:
        """Nothing is known yet."""
        self._places = Places(root)
        self._notes: dict[Path, bytes] = {}

    def look(self) -> None:
        """Read them again; a folder that is gone, or is going, leaves what was known."""
        with suppress(OSError):
            found = {path: path.read_bytes() for path in self._places.binds.glob("*.json")}
            if self._places.binds.is_dir():
                self._notes = found

    @property
    def are_needed(self) -> bool:
        """Whether a home was bound, and the records are not in their folder any more."""
        gone = not self._places.binds.is_dir()
        return gone and any(_binds(content, path) for path, content in self._notes.items())

    @contextmanager
    def back_in_place(self) -> Iterator[None]:
        """The records lie where they were while the block runs.

        What somebody else puts there meanwhile stays.

        Raises:
            OSError: they cannot be written.
        """
        folders = (self._places.root, self._places.binds, self._places.bind_lock.parent)
        made = [folder for folder in folders if not folder.exists()]
        try:
            for folder in made:
                folder.mkdir(mode=PRIVATE_FOLDER)
            for path, content in self._notes.items():
                path.touch(mode=PRIVATE_FILE, exist_ok=False)
                path.write_bytes(content)
            yield
        finally:
            for path in (*self._notes, self._places.bind_lock):
                with suppress(OSError):
                    path.unlink()
            for folder in reversed(made):
                with suppress(OSError):
                    folder.rmdir()


def _binds(content: bytes, path: Path) -> bool:
    try:
        return decoded(content, name=path).state is not LeaseState.LAPSED
    except CoreError:
        return False  # damaged already when it was there
