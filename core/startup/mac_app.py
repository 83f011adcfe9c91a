"""A macOS app of two files: a bundle whose program is a script that starts our launcher.

Written and validated on Linux only: nobody has seen a Mac open it.
"""

import plistlib
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from core.startup.files import write_whole

_ID = "app.turntable.codex"
_PROGRAM = "codex-through-turntable"
_SCRIPT = """\
#!/bin/sh
# Made by Turntable; `turntable launcher remove` removes this app.
exec {command}
"""


def make_app(app: Path, command: Sequence[str], *, name: str) -> bool:
    """Write the bundle; False: it was there already.

    Raises:
        OSError: it cannot be written.
    """
    changed = write_whole(app / "Contents" / "Info.plist", _plist(name))
    return write_whole(_program(app), _script(command), mode=0o755) or changed


def is_app_of(app: Path, command: Sequence[str]) -> bool:
    """Whether the bundle starts this command."""
    try:
        return _program(app).read_text("utf-8", "surrogateescape") == _script(command)
    except OSError:
        return False


def is_ours(app: Path) -> bool:
    """Whether the bundle there is one that we have made."""
    try:
        plist = plistlib.loads((app / "Contents" / "Info.plist").read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return False
    return bool(plist.get("CFBundleIdentifier") == _ID)


def remove_app(app: Path) -> bool:
    """Remove the bundle if it is ours; False: there was none.

    Raises:
        OSError: it cannot be removed.
    """
    if not is_ours(app):
        return False
    shutil.rmtree(app)
    return True


def _program(app: Path) -> Path:
    return app / "Contents" / "MacOS" / _PROGRAM


def _script(command: Sequence[str]) -> str:
    return _SCRIPT.format(command=shlex.join(command))


def _plist(name: str) -> str:
    return plistlib.dumps(
        {
            "CFBundleName": name,
            "CFBundleIdentifier": _ID,
            "CFBundleExecutable": _PROGRAM,
            "CFBundlePackageType": "APPL",
            "CFBundleVersion": "1",
            # It ends when Codex's app has opened: no Dock icon bounces for it.
            "LSUIElement": True,
        }
    ).decode()
