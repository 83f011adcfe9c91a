"""The packages of the system that this runs on.

    python -m installers.build [--out FOLDER]

Makes the one-folder app by PyInstaller, has it pass the same smoke journey as the checkout, and
makes from it: on Linux a `.deb` and an AppDir, on macOS a disk image, on Windows an installer.
Ends with a table of sizes and of how long the app takes to answer.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from core.domain.version import VERSION
from installers import linux, macos, windows
from installers.bootstrap import ROOT
from tests.smoke import smoke

_SPEC = ROOT / "installers" / "turntable.spec"


def main(arguments: list[str]) -> int:
    """Build what can be built here; not 0 when the app does not start."""
    parser = argparse.ArgumentParser(description="Make the packages of this system.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="Default: dist.")
    out: Path = parser.parse_args(arguments).out.absolute()
    app = make_app(out)
    program = program_in(app, sys.platform)
    wrong = smoke([str(program), "demo", "--serve"])
    print(f"smoke: {wrong or 'starts, listens, stops'}", flush=True)
    if wrong:
        return 1
    made = [app, *make_packages(app, out)]
    for path in made:
        print(f"{path.name:<40} {size_of(path) / 1e6:7.1f} MB")
    print(f"{'version answers in':<40} {answers_in(program):7.2f} s")
    return 0


def make_app(out: Path) -> Path:
    """The app's folder (on macOS: its bundle), made anew.

    Raises:
        subprocess.CalledProcessError: PyInstaller said no; its own words are on stderr.
    """
    work = ROOT / "build" / "app"
    shutil.rmtree(out / "turntable", ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    places = ["--distpath", str(out), "--workpath", str(work)]
    subprocess.run([*command, *places, str(_SPEC)], check=True, cwd=ROOT)
    return out / ("Turntable.app" if sys.platform == "darwin" else "turntable")


def program_in(app: Path, platform: str) -> Path:
    """The program inside the app that a terminal starts."""
    match platform:
        case "darwin":
            return app / "Contents" / "MacOS" / "turntable"
        case "win32":
            return app / "turntable.exe"
        case _:
            return app / "turntable"


def make_packages(app: Path, out: Path) -> tuple[Path, ...]:
    """What people install."""
    match sys.platform:
        case "darwin":
            image = out / f"turntable-{VERSION}.dmg"
            macos.make_disk_image(app, image)
            return (image,)
        case "win32":
            return (windows.make_installer(app, out, version=VERSION),)
        case _:
            return (linux.make_deb(app, out, version=VERSION), linux.make_appdir(app, out))


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file() and not p.is_symlink())


def answers_in(program: Path) -> float:
    """Seconds until `turntable version` has answered, the second time it is asked."""
    for _ in range(2):
        began = time.monotonic()
        subprocess.run([str(program), "version"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
