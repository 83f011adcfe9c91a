"""Looks for pieces of secrets in whatever a program left behind."""

from collections.abc import Iterable, Mapping
from pathlib import Path

PIECE = 12
"""So many characters of a secret in a row are a leak."""


class Canaries:
    """Secrets that must be found nowhere, by name."""

    def __init__(self) -> None:
        self._pieces: dict[bytes, str] = {}

    def add(self, name: str, secret: str) -> None:
        """From now on every piece of `secret` counts."""
        content = secret.encode()
        assert len(content) >= PIECE, f"{name} is too short to be looked for"
        for at in range(len(content) - PIECE + 1):
            self._pieces.setdefault(content[at : at + PIECE], name)

    def in_content(self, content: bytes) -> str | None:
        """The name of a secret of which a piece stands there."""
        for at in range(len(content) - PIECE + 1):
            name = self._pieces.get(content[at : at + PIECE])
            if name is not None:
                return name
        return None

    def found(self, places: Mapping[str, bytes]) -> list[str]:
        """A line for each place that holds a piece of one."""
        leaks = ((place, self.in_content(content)) for place, content in places.items())
        return [f"{place}: {name}" for place, name in leaks if name is not None]


def files_below(folder: Path, *, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Every file below a folder, whole; parts of paths that are left out are named."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part in path.parts for part in but)
    }
