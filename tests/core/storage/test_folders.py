"""Files of ours are for their user alone, and are replaced whole or not at all."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.storage.faults import from_os, from_sqlite, translated
from core.storage.folders import create_private, make_private_folder, write_private


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As careless as a system can be."""
    old = os.umask(0)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("open_umask")
class TestModes:
    def test_new_folders_and_files_are_for_their_user_alone(self, tmp_path: Path) -> None:
        create_private(tmp_path / "a" / "b" / "made")
        write_private(tmp_path / "a" / "c" / "written", b"x")
        assert {mode(tmp_path / part) for part in ("a", "a/b", "a/c")} == {0o700}
        assert {mode(tmp_path / part) for part in ("a/b/made", "a/c/written")} == {0o600}

    def test_a_folder_that_was_there_keeps_its_mode(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        make_private_folder(tmp_path)
        create_private(tmp_path / "made")
        assert mode(tmp_path) == 0o755

    def test_a_file_that_was_open_to_others_is_closed(self, tmp_path: Path) -> None:
        path = tmp_path / "made"
        path.write_text("kept")
        path.chmod(0o666)
        create_private(path)
        assert (mode(path), path.read_text()) == (0o600, "kept")


def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, b"new")
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {
        "settings.toml": b"old"
    }


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EACCES, "data_not_writable"),
        (errno.EROFS, "data_not_writable"),
        (errno.EIO, "disk_failed"),
        (errno.ENAMETOOLONG, "data_error"),
    ],
)
def test_what_the_system_reports_becomes_a_sentence(number: int, code: str) -> None:
    error = from_os(OSError(number, os.strerror(number)), Path("vault.db"))
    assert error.code == code
    assert "vault.db" in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_FULL, "disk_full"),
        (sqlite3.SQLITE_IOERR_FSYNC, "disk_failed"),
        (sqlite3.SQLITE_IOERR_READ, "disk_failed"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "data_busy"),
        (sqlite3.SQLITE_LOCKED, "data_busy"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "data_not_writable"),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "data_not_writable"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "data_damaged"),
        (sqlite3.SQLITE_NOTADB, "data_damaged"),
        (sqlite3.SQLITE_ERROR, "data_error"),
    ],
)
def test_what_sqlite_reports_becomes_a_sentence(number: int, code: str) -> None:
    raw = sqlite3.OperationalError("as SQLite words it")
    raw.sqlite_errorcode = number
    error = from_sqlite(raw, Path("vault.db"))
    assert error.code == code
    assert "vault.db" in error.message
    assert error.hint


def test_a_mistake_of_the_program_stays_what_it_is() -> None:
    with pytest.raises(KeyError), translated(Path("vault.db")):
        raise KeyError("account")


def test_an_error_that_is_ours_already_stays_as_it_is() -> None:
    with pytest.raises(CoreError) as failure, translated(Path("vault.db")):
        raise CoreError("data_newer", "written by a newer one")
    assert failure.value.code == "data_newer"
