"""Where errors of the disk and of SQLite become ours: what happened, what was kept, what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translate whatever the block raises about the file at `path`.

    Raises:
        CoreError: `disk_full`, `disk_failed`, `data_busy`, `data_not_writable`, `data_damaged` or
            `data_error`.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    except OSError as error:
        raise from_os(error, path) from error


def from_sqlite(error: sqlite3.Error, path: Path) -> CoreError:
    """What a SQLite result code means to the user (sqlite.org/rescode.html; low byte = class)."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return _disk_full(path)
        case sqlite3.SQLITE_IOERR:
            return _disk_failed(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CoreError(
                "data_busy",
                Sentence("{path} is in use by another program; nothing was changed.", path=path),
                "Close the program that has it open, then try again.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _not_writable(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path)
        case _:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            return _failed(path, name)


def from_os(error: OSError, path: Path) -> CoreError:
    """What an errno means to the user."""
    if error.errno in _NO_SPACE:
        return _disk_full(path)
    if error.errno in _NOT_ALLOWED:
        return _not_writable(path)
    if error.errno == errno.EIO:
        return _disk_failed(path)
    return _failed(path, error.strerror or type(error).__name__)


def damaged(path: Path) -> CoreError:
    """The file is not a whole database any more; it was left as it is."""
    return CoreError(
        "data_damaged",
        Sentence(
            "{path} is damaged. It was left as it is and nothing was written to it.", path=path
        ),
        "Move it to a safe place; Turntable then begins a new one, and logins can be added again.",
    )


def _failed(path: Path, why: str) -> CoreError:
    return CoreError(
        "data_error",
        Sentence(
            "{path} could not be read or written ({why}); nothing was changed.", path=path, why=why
        ),
        "Try again; if it stays so, look at this file’s folder and at the system’s log.",
    )


def _disk_full(path: Path) -> CoreError:
    return CoreError(
        "disk_full",
        Sentence("There is no space left for {path}; the last saved state was kept.", path=path),
        "Free some disk space, then try again.",
    )


def _disk_failed(path: Path) -> CoreError:
    return CoreError(
        "disk_failed",
        Sentence("The disk reported an error at {path}; the last saved state was kept.", path=path),
        "Look at the disk’s health and at the system’s log, then try again.",
    )


def _not_writable(path: Path) -> CoreError:
    return CoreError(
        "data_not_writable",
        Sentence("{path} may not be opened or written; nothing was changed.", path=path),
        "Give your user read and write permission for this file and its folder.",
    )
