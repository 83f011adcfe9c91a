"""Where things lie on this machine. The only file that knows platform folders."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_dir

from core.domain.errors import CoreError
from core.domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The data folder and what lies in it. Naming a path creates nothing; `create` does."""

    root: Path

    @property
    def settings(self) -> Path:
        """Edited by people and by us."""
        return self.root / "settings.toml"

    @property
    def vault(self) -> Path:
        """What the user chose, what we learned, sealed secrets."""
        return self.root / "vault.db"

    @property
    def ledger(self) -> Path:
        """Requests and decisions; may be deleted."""
        return self.root / "ledger.db"

    @property
    def binds(self) -> Path:
        """The undo journal of each bind."""
        return self.root / "binds"

    @property
    def switches(self) -> Path:
        """What is needed to finish or undo a switch of Codex's own login, for each home."""
        return self.root / "switches"

    @property
    def backups(self) -> Path:
        """Sealed copies of the accounts and their logins, made by ourselves."""
        return self.root / "backups"

    @property
    def run(self) -> Path:
        """Locks and the control endpoint."""
        return self.root / "run"

    @property
    def owner_lock(self) -> Path:
        """Held by the one process that owns this folder."""
        return self.run / "owner.lock"

    @property
    def bind_lock(self) -> Path:
        """Serialises whoever edits config.toml."""
        return self.run / "bind.lock"

    @property
    def control(self) -> Path:
        """The control endpoint's socket, or the file that names its port."""
        return self.run / "control.sock"

    @property
    def log(self) -> Path:
        """Rotated, redacted logs."""
        return self.root / "log"

    def create(self) -> None:
        """Make the folders, readable by nobody else.

        A root that is there already keeps its mode: it may be anybody's, named by mistake. What we
        keep in it is closed all the same.

        Raises:
            CoreError: `home_not_usable`.
        """
        for folder in (self.root, self.binds, self.run, self.log):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder != self.root and os.name == "posix":
                    folder.chmod(0o700)
            except OSError as error:
                raise _not_usable(folder, error) from error


def _not_usable(folder: Path, error: OSError) -> CoreError:
    return CoreError(
        "home_not_usable",
        Sentence(
            "The folder {folder} cannot be made or used ({why}).",
            folder=folder,
            why=error.strerror or error,
        ),
        "Give your user the right to write there, or name another folder in TURNTABLE_HOME.",
    )


def turntable_home(environment: Mapping[str, str]) -> Home:
    """`TURNTABLE_HOME`, else the platform's folder for a user's data."""
    named = environment.get("TURNTABLE_HOME")
    root = Path(named).expanduser() if named else Path(user_data_dir("turntable", appauthor=False))
    return Home(root=root.absolute())
