"""The undo of a bind: journal, file, folder, secret, in the order that a crash cannot spoil."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from core.binding.codex_toml import AlreadyGone, LeftAlone, TakenBack, Undo, take_back
from core.binding.config_file import (
    ConfigFile,
    read_config,
    remove_config,
    restore_config,
    restore_mode,
    sweep_config,
)
from core.binding.durable import PRIVATE_FILE, Disk, disk_errors
from core.binding.journal import Journal
from core.domain.binding import BindRecord, KeyEdit, LeaseState, UndoResult
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    config: ConfigFile
    undo: Undo


def give_back(
    disk: Disk, journal: Journal, record: BindRecord, *, force: bool, forget: bool
) -> UndoResult:
    """Undo `record`, whatever state a crash has left it in. The caller holds the bind lock.

    Args:
        disk: the durable acts.
        journal: where `record` lies.
        record: the lease.
        force: the old value returns whatever the key holds now.
        forget: end the lease and its secret; else it lapses.

    Raises:
        CoreError: the undo was not possible; the lease is kept and nothing is lost.
    """
    if record.state is LeaseState.LAPSED:
        if forget:
            journal.drop(record.codex_home)
        return UndoResult.ALREADY_GONE if forget else UndoResult.NOT_BOUND
    for _ in range(_ATTEMPTS):
        verdicts = [_verdict(path, record, force=force) for path in _paths(record, force=force)]
        result = _result(verdicts)
        if result is UndoResult.LEFT_ALONE and record.state is LeaseState.BOUND:
            return result
        begun = replace(record, state=LeaseState.UNBINDING, forget=forget)
        # Where no file changes, nothing is announced: on a full disk a failed bind still ends.
        if record != begun and any(_writes(verdict, record) for verdict in verdicts):
            journal.save(begun)
            record = begun
        if all(_applied(disk, verdict, record) for verdict in verdicts):
            _close(disk, journal, record, forget=forget)
            return result
    raise CoreError(
        "config_busy",
        Sentence(
            "Another program keeps changing {config}; it is still bound.", config=record.config
        ),
        "Close it and try again.",
    )


def finish(disk: Disk, journal: Journal, record: BindRecord) -> UndoResult:
    """Undo `record` when nobody said how: after a crash, or when the proxy is dead.

    The lease lapses, unless the user had ended it or its first bind was never complete.

    Raises:
        CoreError: as `give_back`.
    """
    unfinished = record.state is LeaseState.BINDING and record.since is None
    return give_back(disk, journal, record, force=False, forget=record.forget or unfinished)


def _paths(record: BindRecord, *, force: bool) -> tuple[Path, ...]:
    """The file that was bound, and the one that Codex reads now if a link was turned since."""
    if not force and not record.config.parent.is_dir() and record.folder_existed:
        raise CoreError(
            "home_missing",
            Sentence(
                "{folder} is not there, so that {file} cannot be given back; the lease is kept.",
                folder=record.config.parent,
                file=record.config.name,
            ),
            "Bring the folder back (a disk that is not mounted?), or use --force to forget it.",
        )
    now = Path(os.path.realpath(record.codex_home / "config.toml"))
    return tuple(dict.fromkeys((record.config, now)))


def _verdict(path: Path, record: BindRecord, *, force: bool) -> _Verdict:
    sweep_config(path, record.bind_id)
    config = read_config(path)
    if config.state is None:
        return _Verdict(config=config, undo=AlreadyGone())
    undo = take_back(
        config.content, record.edit, ours=record.ours, force=force, name=str(config.path)
    )
    return _Verdict(config=config, undo=undo)


def _result(verdicts: list[_Verdict]) -> UndoResult:
    kinds = {type(verdict.undo) for verdict in verdicts}
    if TakenBack in kinds:
        return UndoResult.RESTORED
    return UndoResult.LEFT_ALONE if LeftAlone in kinds else UndoResult.ALREADY_GONE


def _applied(disk: Disk, verdict: _Verdict, record: BindRecord) -> bool:
    """Do what was decided; False when the file changed under our hands."""
    config = verdict.config
    match verdict.undo:
        case TakenBack(content=b"") if not record.file_existed:
            return remove_config(disk, config)
        case TakenBack(content=content):
            return restore_config(
                disk, config, content, mode=_mode(config, record), bind_id=record.bind_id
            )
        case AlreadyGone() | LeftAlone():
            if _writes(verdict, record):
                restore_mode(disk, config, _mode(config, record))
            return True
        case _ as unreachable:
            assert_never(unreachable)


def _writes(verdict: _Verdict, record: BindRecord) -> bool:
    if isinstance(verdict.undo, TakenBack):
        return True
    state = verdict.config.state
    return state is not None and state.mode != _mode(verdict.config, record)


def _mode(config: ConfigFile, record: BindRecord) -> int:
    """The old permission bits, unless somebody has chosen others since."""
    now = PRIVATE_FILE if config.state is None else config.state.mode
    return record.old_mode if now == PRIVATE_FILE and record.old_mode is not None else now


def _close(disk: Disk, journal: Journal, record: BindRecord, *, forget: bool) -> None:
    if not record.folder_existed:
        with disk_errors(record.codex_home):
            disk.remove_folder(record.codex_home, what="home")
    if forget:
        journal.drop(record.codex_home)
    else:
        journal.save(_lapsed(record))


def _lapsed(record: BindRecord) -> BindRecord:
    """What the next owner needs to take the lease up again, and nothing to undo."""
    return replace(record, state=LeaseState.LAPSED, edit=KeyEdit(old=None), ours=(), forget=False)
