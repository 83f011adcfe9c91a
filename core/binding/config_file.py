"""Codex's config.toml as a file: found, checked, and replaced only while nobody else changes it."""

import os
import stat
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from core.binding.durable import PRIVATE_FILE, Disk, FileState, disk_errors, is_full, read_file
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_WHAT = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The file as it was read.

    Attributes:
        path: where it lies; symbolic links are resolved, so that writing keeps the link.
        state: None when there is no file.
        home_exists: False when the Codex home itself is still to be made.
    """

    path: Path
    state: FileState | None
    home_exists: bool = True

    @property
    def content(self) -> bytes:
        """The bytes; none when there is no file."""
        return b"" if self.state is None else self.state.content


def canonical(home: Path) -> Path:
    """The one spelling of a Codex home: absolute, symbolic links resolved."""
    return Path(os.path.realpath(home))


def find_config(home: Path) -> ConfigFile:
    """The config.toml of a canonical home, ready to be bound.

    Raises:
        CoreError: `home_missing`, `home_not_a_folder`, `config_dangling`, `config_not_a_file`
            or a disk error.
    """
    if home.exists() and not home.is_dir():
        raise CoreError(
            "home_not_a_folder",
            Sentence("{home} is not a folder; nothing was changed.", home=home),
            "Name the folder that Codex uses (CODEX_HOME).",
        )
    if not home.parent.is_dir():
        raise CoreError(
            "home_missing",
            Sentence("{home} does not exist; nothing was changed.", home=home),
            "Name the folder that Codex uses (CODEX_HOME).",
        )
    link = home / "config.toml"
    path = Path(os.path.realpath(link))
    if link.is_symlink() and not path.exists():
        raise CoreError(
            "config_dangling",
            Sentence(
                "{link} is a link to {path}, which does not exist; nothing was changed.",
                link=link,
                path=path,
            ),
            "Make that file, or remove the link.",
        )
    return replace(read_config(path), home_exists=home.exists())


def read_config(path: Path) -> ConfigFile:
    """The file at a resolved path, whatever became of it.

    Raises:
        CoreError: `config_not_a_file` or a disk error.
    """
    with disk_errors(path):
        return ConfigFile(path=path, state=read_file(path))


def check_writable(config: ConfigFile) -> None:
    """Refuse what its owner has marked read-only, also as root and where rename would succeed.

    Raises:
        CoreError: `config_read_only`, `config_group`.
    """
    folder = config.path.parent
    with disk_errors(folder):
        folder_mode = folder.stat().st_mode if folder.exists() else stat.S_IWUSR
    read_only = (
        not folder_mode & stat.S_IWUSR
        or (folder.exists() and not os.access(folder, os.W_OK))
        or (config.state is not None and not config.state.mode & stat.S_IWUSR)
        or (config.state is not None and not os.access(config.path, os.W_OK))
    )
    if read_only or _belongs_to_another(config.state):
        raise CoreError(
            "config_read_only",
            Sentence("You may not write {path}; nothing was changed.", path=config.path),
            "Make the file and its folder writable and try again.",
        )
    if config.state is not None and _loses_its_group(config.path, config.state):
        raise CoreError(
            "config_group",
            Sentence(
                "{path} belongs to a group that is none of yours, which could not be "
                "given back; nothing was changed.",
                path=config.path,
            ),
            "Give it one of your groups (`chgrp`), or use `turntable codex` for single runs.",
        )


def loses_group(group: int, *, user: int, groups: Collection[int], inherited: int | None) -> bool:
    """Whether a file that is replaced could not have its group again.

    Only root gives a file a group that is none of its own (chown(2)).

    Args:
        group: the file's.
        user: who replaces it; 0 is root.
        groups: that user's.
        inherited: what a new file in the folder gets (set-group-ID); None: the user's own.
    """
    return user != 0 and group not in groups and group != inherited


def replace_config(
    disk: Disk, config: ConfigFile, content: bytes, *, mode: int, bind_id: str
) -> bool:
    """Put `content` in the file's place.

    Returns:
        False, and nothing was changed, when the file is not any more what `config` says.

    Raises:
        CoreError: a disk error; the file is as it was.
    """
    with disk_errors(config.path):
        return _replaced(disk, config, content, mode=mode, bind_id=bind_id)


def restore_config(
    disk: Disk, config: ConfigFile, content: bytes, *, mode: int, bind_id: str
) -> bool:
    """Like `replace_config`, and also where no room is left: Codex must not be locked out.

    Raises:
        CoreError: a disk error; the file is as it was.
    """
    with disk_errors(config.path):
        try:
            return _replaced(disk, config, content, mode=mode, bind_id=bind_id)
        except OSError as error:
            if not is_full(error) or config.state is None:
                raise
            if read_config(config.path).content != config.content:
                return False
            disk.overwrite(config.path, content, what=_WHAT)
            disk.change_mode(config.path, mode, what=_WHAT)
    return True


def remove_config(disk: Disk, config: ConfigFile) -> bool:
    """Remove the file; False when it is not any more what `config` says.

    Raises:
        CoreError: a disk error; the file is still there.
    """
    with disk_errors(config.path):
        if read_config(config.path).content != config.content:
            return False
        disk.remove(config.path, what=_WHAT)
    return True


def restore_mode(disk: Disk, config: ConfigFile, mode: int) -> None:
    """Give the file its permission bits back.

    Raises:
        CoreError: a disk error.
    """
    with disk_errors(config.path):
        disk.change_mode(config.path, mode, what=_WHAT)


def sweep_config(path: Path, bind_id: str) -> None:
    """Remove what an interrupted replacement has left beside the file.

    Raises:
        CoreError: a disk error.
    """
    with disk_errors(path):
        _staged(path, bind_id).unlink(missing_ok=True)


def _replaced(disk: Disk, config: ConfigFile, content: bytes, *, mode: int, bind_id: str) -> bool:
    staged = _staged(config.path, bind_id)
    try:
        disk.stage(staged, content, mode=mode, like=config.state, what=_WHAT)
        if read_config(config.path).content != config.content:
            return False
        disk.commit(staged, config.path, what=_WHAT)
    finally:
        staged.unlink(missing_ok=True)
    return True


def _staged(path: Path, bind_id: str) -> Path:
    """One name for each lease: whoever finishes a broken act finds what it left."""
    return path.with_name(f".{path.name}.{bind_id}.tmp")


if sys.platform == "win32":

    def is_private(state: FileState) -> bool:
        """Windows: the access list of the user's own folder keeps others out."""
        return True

    def _belongs_to_another(state: FileState | None) -> bool:
        """Windows: the access list decides."""
        return False

    def _loses_its_group(path: Path, state: FileState) -> bool:
        """Windows: files have none that counts."""
        return False

else:

    def is_private(state: FileState) -> bool:
        """Whether nobody but the owner can read the file."""
        return state.mode == PRIVATE_FILE

    def _belongs_to_another(state: FileState | None) -> bool:
        """Renaming would make the file ours, and only root could give it back."""
        return state is not None and os.geteuid() not in {0, state.uid}

    def _loses_its_group(path: Path, state: FileState) -> bool:
        folder = path.parent.stat()
        inherited = folder.st_gid if folder.st_mode & stat.S_ISGID else None
        groups = {os.getegid(), *os.getgroups()}
        return loses_group(state.gid, user=os.geteuid(), groups=groups, inherited=inherited)
