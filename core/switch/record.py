"""What is needed to finish or undo a switch: whose login went where. No token and no old bytes."""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.storage.folders import write_private


class Stage(StrEnum):
    """How far a switch has come."""

    WRITING = "writing"
    """The file holds the old login or the new one."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The newest switch of one home.

    Attributes:
        home: the Codex home.
        stage: how far it is.
        given: the account whose login Codex got; None: Codex was signed out.
        displaced: the account whose login it had; None: it had none.
        before: SHA-256 of the old file; empty when there was none.
    """

    home: str
    stage: Stage
    given: AccountId | None
    displaced: AccountId | None
    before: str


class Records:
    """One file for each home, below a folder of the data folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self._folder = folder

    def load(self, home: Path) -> Record | None:
        """The newest switch of `home`; None when there was none.

        Raises:
            CoreError: `switch_record_damaged`.
        """
        path = self._path(home)
        try:
            found = json.loads(path.read_bytes())
            return Record(
                home=str(found["home"]),
                stage=Stage(found["stage"]),
                given=_account(found["given"]),
                displaced=_account(found["displaced"]),
                before=str(found["before"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CoreError(
                "switch_record_damaged",
                Sentence(
                    "{path} cannot be read; the last switch of {home} cannot be undone.",
                    path=path,
                    home=home,
                ),
                "Remove it; Codex's login is not touched by that.",
            ) from error

    def homes(self) -> tuple[Path, ...]:
        """Every home that has a record which can be read."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):  # named when it is used
                found.append(Path(str(json.loads(path.read_bytes())["home"])))
        return tuple(found)

    def save(self, record: Record) -> None:
        """Keep it, on the disk when this returns."""
        content = json.dumps(asdict(record), indent=2).encode()
        write_private(self._path(Path(record.home)), content)

    def drop(self, home: Path) -> None:
        """There is nothing to undo any more."""
        self._path(home).unlink(missing_ok=True)

    def _path(self, home: Path) -> Path:
        return self._folder / f"{hashlib.sha256(str(home).encode()).hexdigest()}.json"


def digest(content: bytes | None) -> str:
    """What a file is known by; empty for none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _account(value: object) -> AccountId | None:
    return None if value is None else AccountId(str(value))
