"""The undo journal: what each bind changed, on the disk before it is changed.

`binds/<sha256 of the canonical home>.json` is the only place that knows; no database repeats it.
It holds fingerprints of our values, never the values: those contain the bind secret, which lies
beside it in `<sha256>.secret` and outlives a lapse of the lease (docs/decisions/0007).
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from core.binding.codex_toml import KEY
from core.binding.durable import PRIVATE_FOLDER, Disk, disk_errors
from core.domain.binding import BindRecord, BindSecret, KeyEdit, LeaseState
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_SCHEMA = 1
_BLOCK = 512
"""A journal file's length is a multiple of this."""


class Journal:
    """The folder `binds/`: one record and one secret for each Codex home."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Nothing is read or made yet."""
        self._folder = folder
        self._disk = disk

    def file_of(self, home: Path) -> Path:
        """Where the record of a canonical home lies."""
        return self._folder / f"{sha256(os.fsencode(home)).hexdigest()}.json"

    def files(self) -> tuple[Path, ...]:
        """Every record's file, in a stable order."""
        return tuple(sorted(self._folder.glob("*.json")))

    def load(self, home: Path) -> BindRecord | None:
        """The home's record; None when there is none.

        Raises:
            CoreError: `journal_damaged`, `journal_newer` or a disk error.
        """
        path = self.file_of(home)
        return self.read(path) if path.exists() else None

    def read(self, path: Path) -> BindRecord:
        """The record in `path`.

        Raises:
            CoreError: `journal_damaged`, `journal_newer` or a disk error.
        """
        with disk_errors(path):
            content = path.read_bytes()
        record = decoded(content, name=path)
        if self.file_of(record.codex_home) != path:
            raise _damaged(path)
        return record

    def save(self, record: BindRecord) -> None:
        """Make `record` durable: when this returns, a crash cannot lose it.

        Raises:
            CoreError: a disk error; the old record is still there.
        """
        path = self.file_of(record.codex_home)
        with disk_errors(path):
            self._make_folder()
            self._disk.save(path, encoded(record), what=f"journal {record.state}")

    def drop(self, home: Path) -> None:
        """End the lease: secret first, so that no secret is left that nobody knows of.

        Raises:
            CoreError: a disk error.
        """
        self.drop_secret(home)
        path = self.file_of(home)
        with disk_errors(path):
            self._disk.remove(path, what="journal")

    def secret(self, home: Path) -> BindSecret | None:
        """The home's secret; None when there is none, or none that can be used.

        Raises:
            CoreError: a disk error.
        """
        path = self._secret_file(home)
        with disk_errors(path):
            if not path.exists():
                return None
            content = path.read_bytes()
        try:
            return BindSecret(content.decode().strip())
        except ValueError:
            # Only we write it; a damaged one is replaced by the next bind, which is what it is for.
            return None

    def save_secret(self, home: Path, secret: BindSecret) -> None:
        """Make the home's secret durable.

        Raises:
            CoreError: a disk error.
        """
        path = self._secret_file(home)
        with disk_errors(path):
            self._make_folder()
            self._disk.save(path, secret.value.encode() + b"\n", what="secret")

    def drop_secret(self, home: Path) -> None:
        """Remove the home's secret.

        Raises:
            CoreError: a disk error.
        """
        path = self._secret_file(home)
        with disk_errors(path):
            self._disk.remove(path, what="secret")

    def sweep(self) -> None:
        """Remove what an interrupted save has left beside the records.

        Raises:
            CoreError: a disk error.
        """
        for path in self._folder.glob("*.tmp"):
            with disk_errors(path):
                self._disk.remove(path, what="leftover")

    def _secret_file(self, home: Path) -> Path:
        return self.file_of(home).with_suffix(".secret")

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def encoded(record: BindRecord) -> bytes:
    """The record as a journal file."""
    fields = {
        "schema": _SCHEMA,
        "state": record.state,
        "forget": record.forget,
        "bind_id": record.bind_id,
        "codex_home": str(record.codex_home),
        "config": str(record.config),
        "key": KEY,
        "old": record.edit.old,
        "glued": record.edit.glued,
        "file_existed": record.file_existed,
        "folder_existed": record.folder_existed,
        "old_mode": None if record.old_mode is None else f"{record.old_mode:04o}",
        "ours_sha256": list(record.ours),
        "port": record.port,
        "since": None if record.since is None else record.since.astimezone(UTC).isoformat(),
    }
    # ASCII: a path may hold bytes that are no UTF-8, which Python carries as lone surrogates.
    content = json.dumps(fields, indent=1).encode("ascii")
    # Whole blocks: the next state of the same lease fits in even when the disk is full.
    return content.ljust(-(-(len(content) + 1) // _BLOCK) * _BLOCK, b"\n")


def decoded(content: bytes, *, name: Path) -> BindRecord:
    """The record in a journal file.

    Raises:
        CoreError: `journal_damaged`, `journal_newer`.
    """
    try:
        fields = json.loads(content)
        if (schema := fields["schema"]) == _SCHEMA:
            return _record(fields)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(name) from error
    raise CoreError(
        "journal_newer",
        Sentence(
            "{name} was written by another version of Turntable (schema {schema}); "
            "nothing was changed.",
            name=name,
            schema=schema,
        ),
        "Unbind with the version that bound.",
    )


def _record(fields: Mapping[str, object]) -> BindRecord:
    old, mode, since = (_text_or_none(fields[name]) for name in ("old", "old_mode", "since"))
    ours = fields["ours_sha256"]
    if fields["key"] != KEY or not isinstance(ours, list):
        raise ValueError("not a bind of this key")
    return BindRecord(
        bind_id=_text(fields["bind_id"]),
        codex_home=Path(_text(fields["codex_home"])),
        config=Path(_text(fields["config"])),
        edit=KeyEdit(old=old, glued=_flag(fields["glued"])),
        file_existed=_flag(fields["file_existed"]),
        folder_existed=_flag(fields["folder_existed"]),
        old_mode=None if mode is None else int(mode, 8),
        ours=tuple(_text(value) for value in ours),
        port=_number(fields["port"]),
        since=None if since is None else datetime.fromisoformat(since).astimezone(UTC),
        state=LeaseState(_text(fields["state"])),
        forget=_flag(fields["forget"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a number")
    return value


def _damaged(path: Path) -> CoreError:
    return CoreError(
        "journal_damaged",
        Sentence(
            "{path} cannot be read, so that nothing can be undone by it; nothing was changed.",
            path=path,
        ),
        Sentence(
            "Remove {key} from Codex’s config.toml by hand if it names 127.0.0.1, "
            "then remove that file.",
            key=KEY,
        ),
    )
