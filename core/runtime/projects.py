"""Which project a folder belongs to: what rules and sums go by.

Inside git it is the folder of the main working tree, also for its linked ones; outside git the
folder itself. Symlinks are resolved. Git's own files are read here and no `git` is started: a
request waits for this. (gitrepository-layout(5): `.git` may be a file that says `gitdir: PATH`; a
linked tree's git folder has `commondir` and `gitdir`, which point to the shared one and back.)
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final, Literal

from core.domain.rules import Project
from core.runtime.clock import Clock

FRESH_S = 60.0
"""How long an answer counts: folders are moved and cloned, but seldom."""
MOST_KEPT = 1000
PATIENCE_S = 2.0
"""A disk that is slower than this (a network's, gone) tells nothing, and the folder is unknown."""


class NotKnown(Enum):
    """What nobody has looked at, or not for a while."""

    UNKNOWN = "unknown"


UNKNOWN: Final = NotKnown.UNKNOWN
_LONGEST = 4096
"""Characters of a path, and bytes of git's small files."""


def find_project(folder: str) -> Project | None:
    """The project of a folder; None when it is no absolute path or cannot be looked at. Blocks.

    A folder that is not on this machine (a container's, a remote one's) is its own project.
    """
    if not 0 < len(folder) <= _LONGEST:
        return None
    if not Path(folder).is_absolute():
        return _of_another_system(folder)
    try:
        return Project(_main_tree(Path(folder).resolve()).as_posix())
    except (OSError, ValueError, RuntimeError):  # not to be read; a zero byte; links in a circle
        return None


@dataclass(frozen=True, slots=True)
class _Kept:
    project: Project | None
    until_s: float


class Projects:
    """Remembers the projects of the folders that were asked about."""

    def __init__(
        self, clock: Clock, *, find: Callable[[str], Project | None] = find_project
    ) -> None:
        """Knows nothing yet."""
        self._clock = clock
        self._find = find
        self._kept: dict[str, _Kept] = {}
        self._looking: set[str] = set()

    def known(self, folder: str) -> Project | Literal[NotKnown.UNKNOWN] | None:
        """The project of a folder as it was found a moment ago; `UNKNOWN`: ask `of`."""
        kept = self._kept.get(folder)
        if kept is None or self._clock.monotonic() >= kept.until_s:
            return UNKNOWN
        return kept.project

    async def of(self, folder: str) -> Project | None:
        """The project of a folder; None when nobody can say it in time."""
        known = self.known(folder)
        if known is not UNKNOWN:
            return known
        try:
            async with asyncio.timeout(PATIENCE_S):
                project = await asyncio.to_thread(self._find, folder)
        except TimeoutError:
            return None
        self._keep(folder, project)
        return project

    def look_soon(self, folder: str) -> None:
        """Look beside the loop, so that `known` has it in a moment."""
        if folder in self._looking:
            return
        self._looking.add(folder)
        looked = asyncio.get_running_loop().run_in_executor(None, self._find, folder)
        looked.add_done_callback(lambda done: self._looked(folder, done))

    def _looked(self, folder: str, done: asyncio.Future[Project | None]) -> None:
        self._looking.discard(folder)
        if not done.cancelled() and done.exception() is None:
            self._keep(folder, done.result())

    def _keep(self, folder: str, project: Project | None) -> None:
        self._kept.pop(folder, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[folder] = _Kept(project, self._clock.monotonic() + FRESH_S)


def _of_another_system(folder: str) -> Project | None:
    """A path of Windows seen from elsewhere, or of a WSL seen from Windows."""
    if PureWindowsPath(folder).is_absolute():
        return Project(PureWindowsPath(folder).as_posix())
    if PurePosixPath(folder).is_absolute():
        return Project(PurePosixPath(folder).as_posix())
    return None


def _main_tree(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        git = place / ".git"
        if (git / "HEAD").is_file():
            return place
        if git.is_file():
            return _shared_tree(place, git)
    return folder


def _shared_tree(place: Path, git: Path) -> Path:
    """The main tree of a linked one; `place` itself where it is a submodule or a tree of its own.

    Only a link that points back, and that the shared folder itself holds, counts: an unpacked
    folder cannot call itself another project.
    """
    said = _read(git)
    if said is None or not said.startswith("gitdir:"):
        return place
    own = (place / said.removeprefix("gitdir:").strip()).resolve()
    common, back = _read(own / "commondir"), _read(own / "gitdir")
    if common is None or back is None or (own / back).resolve() != git.resolve():
        return place
    shared = (own / common).resolve()
    if own.parent != shared / "worktrees":  # where git keeps them (gitrepository-layout(5))
        return place
    return shared.parent if shared.name == ".git" else shared


def _read(path: Path) -> str | None:
    """One of git's files of a line; None where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", "surrogateescape").strip()
    except FileNotFoundError:
        return None
