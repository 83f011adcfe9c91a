"""macOS: LaunchAgents (launchd.plist(5)), which count from the next login on; an app to click.

Written and validated on Linux only: nobody has seen launchd take them.
"""

import os
import plistlib
from collections.abc import Sequence
from pathlib import Path
from xml.parsers.expat import ExpatError

from core.startup.entry import AT_LOGIN, CODEX_NAME, Found, Kind, Standing, failed, words
from core.startup.files import write_whole
from core.startup.launcher import launcher_of, make_launcher, remove_launcher
from core.startup.mac_app import is_app_of, is_ours, make_app, remove_app

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
            user_home: whose `Library/LaunchAgents` and `Applications` they are.
            programs: where this copy of the program is.
        """
        self._root = root
        self._folder = user_home / "Library" / "LaunchAgents"
        self._app = user_home / "Applications" / f"{CODEX_NAME}.app"
        self._programs = programs

    def enable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        place = self._place(kind)
        try:
            changed = make_launcher(self._root, self._programs)
            if kind is Kind.CODEX:
                changed |= make_app(place, self._command(kind), name=CODEX_NAME)
            else:
                changed |= write_whole(place, plistlib.dumps(self._plist(kind)).decode())
        except OSError as error:
            raise failed(error.filename or place, error) from error
        return changed

    def disable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        place = self._place(kind)
        try:
            if kind is Kind.CODEX:
                removed = remove_app(place)
            else:
                removed = place.exists()
                place.unlink(missing_ok=True)
            agents = (self._place(other).exists() for other in AT_LOGIN)
            if not any(agents) and not is_ours(self._app):
                remove_launcher(self._root)
        except OSError as error:
            raise failed(error.filename or place, error) from error
        return removed

    def look(self, kind: Kind) -> Found:
        """See `StartUp`."""
        place = self._place(kind)
        look = self._look_at_app if kind is Kind.CODEX else self._look_at_agent
        standing = look(place, kind)
        if standing is Standing.READY and not os.access(launcher_of(self._root), os.X_OK):
            standing = Standing.BROKEN
        return Found(kind=kind, standing=standing, place=str(place))

    def _look_at_app(self, app: Path, kind: Kind) -> Standing:
        if not app.exists():
            return Standing.ABSENT
        same = is_ours(app) and is_app_of(app, self._command(kind))
        return Standing.READY if same else Standing.ELSEWHERE

    def _look_at_agent(self, agent: Path, kind: Kind) -> Standing:
        try:
            found = plistlib.loads(agent.read_bytes())
        except OSError:
            return Standing.ABSENT
        except (plistlib.InvalidFileException, ExpatError, ValueError):
            return Standing.ELSEWHERE
        if found.get("Disabled") is True:
            return Standing.SWITCHED_OFF
        same = found.get("ProgramArguments") == self._command(kind)
        return Standing.READY if same else Standing.ELSEWHERE

    def _command(self, kind: Kind) -> list[str]:
        return [str(launcher_of(self._root)), *words(kind, self._root)]

    def _place(self, kind: Kind) -> Path:
        if kind is Kind.CODEX:
            return self._app
        return self._folder / f"{_LABELS[kind]}.plist"

    def _plist(self, kind: Kind) -> dict[str, object]:
        plist: dict[str, object] = {
            "Label": _LABELS[kind],
            "ProgramArguments": self._command(kind),
            "RunAtLoad": True,
            # The guard that it starts is a group of its own, and outlives it.
            "AbandonProcessGroup": True,
            "ProcessType": "Interactive" if kind is Kind.DESKTOP else "Background",
            # Seconds: the answer to a renewal of a login is waited for.
            "ExitTimeOut": 50,
        }
        if kind is Kind.DESKTOP:
            plist["LimitLoadToSessionType"] = "Aqua"
        if kind is Kind.SERVER:
            plist["KeepAlive"] = {"SuccessfulExit": False}
        return plist
