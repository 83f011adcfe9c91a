"""From a machine with any Python to a working uv, and with it to the program.

    python3 installers/bootstrap.py turntable [ARGUMENTS]

runs the program from this checkout where no uv is installed; `tests/run.py` gets its uv here, too.
Standard library and Python 3.9 only, because this is the first thing that runs on a fresh machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PINNED_UV = ROOT / "installers" / "uv.txt"
_ANSWERS_WITHIN_S = 30


class BootstrapError(Exception):
    """This machine lacks something; the sentence names it and how to install it."""


def ensure_uv() -> Path:
    """A uv that works: the user's own, or the pinned one in a private folder of the user's cache.

    Raises:
        BootstrapError: there is none and no way to install one; says what is missing.
    """
    for candidate in _candidates():
        if _works(candidate):
            return candidate
    return _install_uv()


def _candidates() -> list[Path]:
    """Where a uv may be, likeliest first.

    A version manager's shim is found here like a program, but may refuse to run.
    """
    folders = [*os.get_exec_path(), str(Path.home() / ".local" / "bin"), str(_own_folder() / "bin")]
    name = "uv.exe" if os.name == "nt" else "uv"
    found = (Path(folder) / name for folder in folders)
    return [path for path in found if path.is_file()]


def _works(uv: Path) -> bool:
    try:
        asked = subprocess.run(
            [str(uv), "--version"],
            cwd=ROOT,
            capture_output=True,
            timeout=_ANSWERS_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _own_folder() -> Path:
    if os.name == "nt":
        cache = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "turntable-bootstrap"


def _install_uv() -> Path:
    folder = _own_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    print(f"No working uv here: installing one into {folder}", file=sys.stderr, flush=True)
    try:
        _pip(["install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:",
              "--target", str(unfinished), "--requirement", str(_PINNED_UV)])  # fmt: skip
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    uv = folder / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    if not _works(uv):
        raise BootstrapError(f"The uv that pip installed does not run: {uv}")
    return uv


def _pip(arguments: list[str]) -> None:
    """Run this interpreter's pip, or one borrowed from a throw-away virtual environment.

    Raises:
        BootstrapError: there is neither, or pip failed.
    """
    with tempfile.TemporaryDirectory(prefix="turntable-pip-") as folder:
        interpreter = sys.executable
        if _run([interpreter, "-m", "pip", "--version"], quiet=True) != 0:
            if _run([interpreter, "-m", "venv", folder], quiet=True) != 0:
                raise BootstrapError(
                    f"{interpreter} has neither pip nor venv. Install uv, or one of them "
                    "(Debian, Ubuntu: apt install python3-venv), and run this again."
                )
            interpreter = str(Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python")
        if _run([interpreter, "-m", "pip", *arguments]) != 0:
            raise BootstrapError(
                "pip could not install uv; its own words are above. "
                "With uv installed by other means this step is not needed."
            )


def _run(command: list[str], *, quiet: bool = False) -> int:
    sink = subprocess.DEVNULL if quiet else None
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return subprocess.run(command, env=env, stdout=sink, stderr=sink, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run a program of this checkout in its environment; what it returns."""
    if not arguments:
        print("usage: bootstrap.py turntable [ARGUMENTS]", file=sys.stderr)
        return 2
    try:
        uv = ensure_uv()
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    command = [str(uv), "run", "--project", str(ROOT), *arguments]
    if os.name != "nt":
        # The program takes our place: signals and terminal are its own.
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
