"""macOS: LaunchAgents (launchd.plist(5)); they count from the next login on.

Written and validated on Linux only: nobody has seen launchd take them.
"""

import os
import plistlib
from collections.abc import Sequence
from pathlib import Path
from xml.parsers.expat import ExpatError

from core.startup.entry import Found, Kind, Standing, failed, words
from core.startup.files import write_whole
from core.startup.launcher import launcher_of, make_launcher, remove_launcher

_LABELS = {
    Kind.DESKTOP: "app.turntable.desktop",
    Kind.SERVER: "app.turntable.serve",
    Kind.GUARD: "app.turntable.guard",
}


class MacOS:
    """Agents of one user."""

    def __init__(self, *, root: Path, user_home: Path, programs: Sequence[str]) -> None:
        """Nothing is read or written yet.

        Args:
            root: the data folder.
            user_home: whose `Library/LaunchAgents` it is.
            programs: where this copy of the program is.
        """
        self._root = root
        self._folder = user_home / "Library" / "LaunchAgents"
        self._programs = programs

    def enable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        agent = self._agent(kind)
        try:
            changed = make_launcher(self._root, self._programs)
            changed |= write_whole(agent, plistlib.dumps(self._plist(kind)).decode())
        except OSError as error:
            raise failed(error.filename or agent, error) from error
        return changed

    def disable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        agent = self._agent(kind)
        try:
            removed = agent.exists()
            agent.unlink(missing_ok=True)
            if not any(self._agent(other).exists() for other in Kind):
                remove_launcher(self._root)
        except OSError as error:
            raise failed(error.filename or agent, error) from error
        return removed

    def look(self, kind: Kind) -> Found:
        """See `StartUp`."""
        agent = self._agent(kind)
        return Found(kind=kind, standing=self._standing(agent, kind), place=str(agent))

    def _standing(self, agent: Path, kind: Kind) -> Standing:
        try:
            found = plistlib.loads(agent.read_bytes())
        except OSError:
            return Standing.ABSENT
        except (plistlib.InvalidFileException, ExpatError, ValueError):
            return Standing.ELSEWHERE
        if found.get("Disabled") is True:
            return Standing.SWITCHED_OFF
        if found.get("ProgramArguments") != self._plist(kind)["ProgramArguments"]:
            return Standing.ELSEWHERE
        runs = os.access(launcher_of(self._root), os.X_OK)
        return Standing.READY if runs else Standing.BROKEN

    def _agent(self, kind: Kind) -> Path:
        return self._folder / f"{_LABELS[kind]}.plist"

    def _plist(self, kind: Kind) -> dict[str, object]:
        plist: dict[str, object] = {
            "Label": _LABELS[kind],
            "ProgramArguments": [str(launcher_of(self._root)), *words(kind, self._root)],
            "RunAtLoad": True,
            # The guard that it starts is a group of its own, and outlives it.
            "AbandonProcessGroup": True,
            "ProcessType": "Interactive" if kind is Kind.DESKTOP else "Background",
        }
        if kind is Kind.DESKTOP:
            plist["LimitLoadToSessionType"] = "Aqua"
        if kind is Kind.SERVER:
            plist["KeepAlive"] = {"SuccessfulExit": False}
        return plist
