"""The Windows installer: a script for NSIS, filled in and compiled.

Compiled on Linux with a made-up payload; nobody has seen Windows run it.
"""

import subprocess
from pathlib import Path

from installers.bootstrap import ROOT

_SCRIPT = ROOT / "installers" / "turntable.nsi"


def make_installer(app: Path, out: Path, *, version: str, makensis: str = "makensis") -> Path:
    """The installer of the app's folder; its path.

    Args:
        app: PyInstaller's folder, with turntable.exe and turntablew.exe.
        out: where the installer goes.
        version: `1.2.3`.
        makensis: NSIS's compiler.

    Raises:
        subprocess.CalledProcessError: NSIS said no; its own words are on stderr.
    """
    installer = out / f"turntable-{version}-setup.exe"
    subprocess.run(makensis_command(app, installer, version=version, makensis=makensis), check=True)
    return installer


def makensis_command(app: Path, installer: Path, *, version: str, makensis: str) -> list[str]:
    """NSIS's compiler with the values of the script; a warning is an error."""
    values = {"VERSION": version, "APP": str(app.absolute()), "OUT": str(installer.absolute())}
    # Of two spellings of options this one works on both Windows and POSIX.
    return [makensis, "-V2", "-WX", *(f"-D{name}={value}" for name, value in values.items()),
            str(_SCRIPT)]  # fmt: skip
