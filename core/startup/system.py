"""The way this system starts things at login."""

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
        return Windows(root=root, program=program, run_key=RunKey())
    programs = programs_here(environment)
    if sys.platform == "darwin":
        from core.startup.macos import MacOS

        return MacOS(root=root, user_home=user_home, programs=programs)
    from core.startup.linux import Linux

    named = environment.get("XDG_CONFIG_HOME", "")
    # The XDG specification: a path that is not absolute does not count.
    config_home = Path(named) if named.startswith("/") else user_home / ".config"
    systemd = Path("/run/systemd/system").is_dir()  # sd_booted(3)
    return Linux(root=root, config_home=config_home, programs=programs, systemd=systemd)
