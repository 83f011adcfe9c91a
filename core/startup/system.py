"""The way this system starts things, at login or by a click."""

import sys
from collections.abc import Mapping
from pathlib import Path

from core.startup.entry import StartUp
from core.startup.launcher import programs_here


def start_up(*, root: Path, environment: Mapping[str, str], user_home: Path) -> StartUp:
    """The entries of this user; nothing is read or written yet.

    Args:
        root: the data folder.
        environment: of this process.
        user_home: the user's own home folder.
    """
    if sys.platform == "win32":
        from core.startup.windows import RunKey, Windows, without_console

        frozen = bool(getattr(sys, "frozen", False))
        program = without_console(sys.executable, frozen=frozen)
        roaming = Path(environment.get("APPDATA") or user_home / "AppData" / "Roaming")
        start_menu = roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs"
        return Windows(root=root, program=program, run_key=RunKey(), start_menu=start_menu)
    programs = programs_here(environment)
    if sys.platform == "darwin":
        from core.startup.macos import MacOS

        return MacOS(root=root, user_home=user_home, programs=programs)
    from core.startup.linux import Linux

    systemd = Path("/run/systemd/system").is_dir()  # sd_booted(3)
    return Linux(
        root=root,
        config_home=xdg_folder(environment, "XDG_CONFIG_HOME", user_home / ".config"),
        data_home=xdg_folder(environment, "XDG_DATA_HOME", user_home / ".local" / "share"),
        programs=programs,
        systemd=systemd,
    )


def xdg_folder(environment: Mapping[str, str], name: str, default: Path) -> Path:
    """A base folder of the XDG specification; a path that is not absolute does not count."""
    named = environment.get(name, "")
    return Path(named) if named.startswith("/") else default
