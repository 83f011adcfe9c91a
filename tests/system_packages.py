"""What the tests need from the operating system: installed where we may, named where we may not.

Standard library and Python 3.9 only: `tests/run.py` uses it before there is an environment.
`sudo python3 tests/system_packages.py` does this part alone.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_LOCK_WAIT_S = 300
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")


class MissingPackagesError(Exception):
    """Something is missing and was not installed; the sentence names all of it."""


@dataclass(frozen=True)
class Need:
    """One thing the tests cannot do without.

    Attributes:
        package: what Debian and Ubuntu call it.
        program: found on PATH when it is there.
        shared_object: loadable by this name when it is there.
        file: something matches this pattern when it is there.
        font: a file of this name lies below the system's font folders when it is there.
    """

    package: str
    program: str = ""
    shared_object: str = ""
    font: str = ""
    file: str = ""

    def is_met(self) -> bool:
        """Is it there? Asked of the system itself, so that any distribution can answer."""
        if self.program:
            return shutil.which(self.program) is not None
        if self.shared_object:
            return _loads(self.shared_object)
        if self.file:
            return any(Path("/").glob(self.file))
        return any(any(Path(folder).rglob(self.font)) for folder in _FONTS)

    def __str__(self) -> str:
        """What is missing, and the package that has it."""
        what = self.program or self.shared_object or self.file or self.font
        return f"{what} (package {self.package})"


NEEDS = (
    Need("git", program="git"),
    Need("npm", program="npm"),
    Need("xvfb", program="Xvfb"),
    Need("dbus", program="dbus-daemon"),
    Need("dbus", program="dbus-send"),
    Need("openbox", program="openbox"),
    Need("strace", program="strace"),
    # The library that makes a disk fail.
    Need("gcc", program="gcc"),
    Need("libc6-dev", file="usr/include/stdio.h"),
    Need("desktop-file-utils", program="desktop-file-validate"),
    Need("dex", program="dex"),
    Need("nsis", program="makensis"),
    Need("systemd", program="systemd-analyze"),
    Need("xdotool", program="xdotool"),
    Need("x11-xserver-utils", program="xrandr"),
    Need("gnome-keyring", program="gnome-keyring-daemon"),
    Need("chromium", program="chromium"),
    # What reads the accessibility tree, as a screen reader does.
    Need("at-spi2-core", file="usr/libexec/at-spi*launcher"),
    Need("gir1.2-atspi-2.0", file="usr/lib*/**/girepository-1.0/Atspi-2.0.typelib"),
    Need("python3-gi", file="usr/lib*/python3*/**/gi/__init__.py"),
    Need("fonts-dejavu-core", font="DejaVuSans.ttf"),
    # What Qt's xcb and offscreen platforms load.
    Need("libdbus-1-3", shared_object="libdbus-1.so.3"),
    Need("libegl1", shared_object="libEGL.so.1"),
    Need("libfontconfig1", shared_object="libfontconfig.so.1"),
    Need("libgl1", shared_object="libGL.so.1"),
    Need("libgssapi-krb5-2", shared_object="libgssapi_krb5.so.2"),
    Need("libx11-xcb1", shared_object="libX11-xcb.so.1"),
    Need("libxcb-cursor0", shared_object="libxcb-cursor.so.0"),
    Need("libxcb-icccm4", shared_object="libxcb-icccm.so.4"),
    Need("libxcb-image0", shared_object="libxcb-image.so.0"),
    Need("libxcb-keysyms1", shared_object="libxcb-keysyms.so.1"),
    Need("libxcb-randr0", shared_object="libxcb-randr.so.0"),
    Need("libxcb-render-util0", shared_object="libxcb-render-util.so.0"),
    Need("libxcb-shape0", shared_object="libxcb-shape.so.0"),
    Need("libxcb-sync1", shared_object="libxcb-sync.so.1"),
    Need("libxcb-xfixes0", shared_object="libxcb-xfixes.so.0"),
    Need("libxkbcommon-x11-0", shared_object="libxkbcommon-x11.so.0"),
)


def ensure_system_packages() -> None:
    """Leave with every need met; only what is missing is installed.

    Raises:
        MissingPackagesError: names what is still missing and the command that installs it.
    """
    missing = [need for need in NEEDS if not need.is_met()]
    if missing and _may_install():
        _apt_install(sorted({need.package for need in missing}))
        missing = [need for need in missing if not need.is_met()]
    if missing:
        packages = " ".join(sorted({need.package for need in missing}))
        listed = "\n".join(f"  {need}" for need in missing)
        raise MissingPackagesError(
            f"The tests need what is not installed here:\n{listed}\n"
            f"Debian, Ubuntu: sudo apt-get install --yes --no-install-recommends {packages}\n"
            "Elsewhere the same things have similar names. Then run this again."
        )


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: list[str]) -> None:
    sys.stdout.write(f"Installing: {' '.join(packages)}\n")
    sys.stdout.flush()
    install = ["install", "--yes", "--no-install-recommends", *packages]
    if _apt(install) != 0 and _apt(["update"]) == 0:
        # A machine that never fetched the package lists knows none of these names.
        _apt(install)


def _apt(arguments: list[str]) -> int:
    command = ["apt-get", "--quiet=2", "-o", f"DPkg::Lock::Timeout={_LOCK_WAIT_S}", *arguments]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    ).returncode


def _loads(shared_object: str) -> bool:
    try:
        ctypes.CDLL(shared_object)
    except OSError:
        return False
    return True


def main() -> int:
    """Install, or say what is missing."""
    try:
        ensure_system_packages()
    except MissingPackagesError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
