"""Where the real Codex lives that the tests run, and how it gets there.

Standard library and Python 3.9 only: `tests/run.py` uses it before there is an environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

VERSION = "0.169.0"
PACKAGE = f"@openai/codex@{VERSION}"
OVERRIDE = "TURNTABLE_TEST_CODEX"


def codex_folder() -> Path:
    """The folder in the user's cache that npm installs into."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "turntable-tests" / f"codex-{VERSION}"


def find_codex() -> Path | None:
    """The native program, or None where it is not installed.

    `TURNTABLE_TEST_CODEX` names another one.
    """
    if named := os.environ.get(OVERRIDE):
        return Path(named)
    pattern = "node_modules/@openai/codex-*/vendor/*/bin/codex"
    return next(iter(sorted(codex_folder().glob(pattern))), None)


def how_to_get_codex() -> str:
    """The sentence for a test that cannot run without it."""
    return (
        f"The real Codex {VERSION} is not installed. `python3 tests/run.py` installs it, or: "
        f"npm install --prefix {codex_folder()} {PACKAGE} (400 MB); "
        f"{OVERRIDE}=/path/to/codex names another one."
    )


def install_codex() -> Path:
    """Install the pinned program by npm, which checks its integrity; whole or not at all.

    Raises:
        subprocess.CalledProcessError: npm said no; its own words are on stderr.
        FileNotFoundError: npm brought no program for this system.
    """
    folder = codex_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]
        subprocess.run([*command, str(unfinished), PACKAGE], check=True)
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    binary = find_codex()
    if binary is None:
        raise FileNotFoundError(f"{PACKAGE} holds no program for this system")
    return binary
