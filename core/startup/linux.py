"""Linux: an XDG autostart entry for the tray app, systemd user units for what needs no desktop.

Desktop Application Autostart Specification 0.5, Desktop Entry Specification 1.5, systemd.unit(5).
Where there is no systemd, everything is an autostart entry. `systemctl` is not called: the link
that it would make is made, which works from a remote shell without a session bus too.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from core.startup.entry import CODEX_NAME, Found, Kind, Standing, failed, words
from core.startup.files import write_whole
from core.startup.launcher import launcher_of, make_launcher, remove_launcher

_NAMES = {
    Kind.DESKTOP: "turntable",
    Kind.SERVER: "turntable-serve",
    Kind.GUARD: "turntable-guard",
    Kind.CODEX: "turntable-codex",
}
_SAYS = {
    Kind.DESKTOP: "Every Codex account you own, on one tray icon",
    Kind.SERVER: "Turntable without a desktop: routes Codex through the accounts you own",
    Kind.GUARD: "Gives Codex its own login back, should Turntable have been killed",
    Kind.CODEX: "Opens Codex’s app once Turntable answers",
}
_DESKTOP_ENTRY = """\
[Desktop Entry]
Type=Application
Name=Turntable
Comment={says}
Exec={command}
Icon=turntable
Terminal=false
NoDisplay=true
StartupNotify=false
"""
_CLICKED_ENTRY = """\
[Desktop Entry]
Type=Application
Name={name}
Comment={says}
Exec={command}
Icon=turntable
Terminal=false
Categories=Development;
StartupNotify=false
"""
_SERVER_UNIT = """\
[Unit]
Description={says}

[Service]
Type=exec
ExecStart={command}
ExecStopPost={guard}
Restart=on-failure
RestartSec=5
# A renewal of a login that the issuer has not answered yet is waited for.
TimeoutStopSec=50
# The guard outlives the server: open chats are told that it has stopped.
KillMode=process

[Install]
WantedBy=default.target
"""
_GUARD_UNIT = """\
[Unit]
Description={says}

[Service]
Type=oneshot
ExecStart={command}

[Install]
WantedBy=default.target
"""
_OFF = re.compile(r"^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$", re.MULTILINE)


class Linux:
    """Entries of one user."""

    def __init__(
        self,
        *,
        root: Path,
        config_home: Path,
        data_home: Path,
        programs: Sequence[str],
        systemd: bool,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            root: the data folder.
            config_home: `XDG_CONFIG_HOME`.
            data_home: `XDG_DATA_HOME`.
            programs: where this copy of the program is.
            systemd: whether the system is run by it.
        """
        self._root = root
        self._config_home = config_home
        self._data_home = data_home
        self._programs = programs
        self._systemd = systemd

    def enable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        entry = self._entry(kind)
        try:
            changed = make_launcher(self._root, self._programs)
            changed |= write_whole(entry, self._text(kind))
            if entry.suffix == ".service":
                changed |= self._link(entry)
        except OSError as error:
            raise failed(error.filename or entry, error) from error
        return changed

    def disable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        removed = False
        try:
            for path in (*map(self._wanted_by, self._units(kind)), *self._all(kind)):
                if path.is_symlink() or path.exists():
                    path.unlink()
                    removed = True
            if not any(path.exists() for other in Kind for path in self._all(other)):
                remove_launcher(self._root)
        except OSError as error:
            raise failed(error.filename or self._entry(kind), error) from error
        return removed

    def look(self, kind: Kind) -> Found:
        """See `StartUp`."""
        entry = self._entry(kind)
        return Found(kind=kind, standing=self._standing(entry, kind), place=str(entry))

    def _standing(self, entry: Path, kind: Kind) -> Standing:
        try:
            text = entry.read_text("utf-8", "surrogateescape")
        except OSError:
            return Standing.ABSENT
        if entry.suffix == ".service":
            if not text or not self._wanted_by(entry).exists():
                return Standing.SWITCHED_OFF  # masked, or disabled by systemctl
        elif _OFF.search(text):
            return Standing.SWITCHED_OFF
        if _lines(text, "Exec") != _lines(self._text(kind), "Exec"):
            return Standing.ELSEWHERE
        runs = os.access(launcher_of(self._root), os.X_OK)
        return Standing.READY if runs else Standing.BROKEN

    def _entry(self, kind: Kind) -> Path:
        if kind is Kind.CODEX:
            return self._data_home / "applications" / f"{_NAMES[kind]}.desktop"
        service = self._systemd and kind is not Kind.DESKTOP
        return self._units(kind)[0] if service else self._autostart(kind)

    def _all(self, kind: Kind) -> tuple[Path, ...]:
        """Where an entry may lie: the machine may have had another init when it was made."""
        if kind is Kind.CODEX:
            return (self._entry(kind),)
        return (self._autostart(kind), *self._units(kind))

    def _autostart(self, kind: Kind) -> Path:
        return self._config_home / "autostart" / f"{_NAMES[kind]}.desktop"

    def _units(self, kind: Kind) -> tuple[Path, ...]:
        return (self._config_home / "systemd" / "user" / f"{_NAMES[kind]}.service",)

    def _wanted_by(self, unit: Path) -> Path:
        return unit.parent / "default.target.wants" / unit.name

    def _link(self, unit: Path) -> bool:
        link = self._wanted_by(unit)
        if link.is_symlink() and link.readlink() == unit:
            return False
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(unit)
        return True

    def _text(self, kind: Kind) -> str:
        if self._entry(kind).suffix == ".desktop":
            command = " ".join(map(desktop_word, self._command(kind)))
            text = _CLICKED_ENTRY if kind is Kind.CODEX else _DESKTOP_ENTRY
            return text.format(name=CODEX_NAME, says=_SAYS[kind], command=command)
        command, guard = (
            # systemd unescapes no `$` in the program's own name; a shell's has none.
            " ".join(["/bin/sh", *map(systemd_word, self._command(which))])
            for which in (kind, Kind.GUARD)
        )
        unit = _SERVER_UNIT if kind is Kind.SERVER else _GUARD_UNIT
        return unit.format(says=_SAYS[kind], command=command, guard=guard)

    def _command(self, kind: Kind) -> tuple[str, ...]:
        return (str(launcher_of(self._root)), *words(kind, self._root))


def desktop_word(word: str) -> str:
    """One argument of `Exec`: quoted, then escaped as a string; `%` begins a field code."""
    quoted = re.sub(r'(["`$\\])', r"\\\1", word)
    return f'"{quoted}"'.replace("\\", "\\\\").replace("%", "%%")


def systemd_word(word: str) -> str:
    """One argument of `ExecStart`: `%` begins a specifier and `$` a variable there."""
    quoted = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{quoted}"'


def _lines(text: str, beginning: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(beginning)]
