"""What entries point at: a small script that finds the program again after an upgrade.

A new Python breaks the interpreter path inside an installed script, a tool manager moves its
environments, an app changes its folder. So the script tries each place, and starts the first copy
that answers. It lies in the data folder, whose place does not change.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from core.startup.files import write_whole

_ANSWERS_S = 20.0
_WELL_KNOWN = (
    '"$HOME/.local/bin/turntable"',
    "/usr/bin/turntable",
    "/usr/local/bin/turntable",
    "/opt/homebrew/bin/turntable",
    "/Applications/Turntable.app/Contents/MacOS/turntable",
    '"$HOME/Applications/Turntable.app/Contents/MacOS/turntable"',
)
_TEXT = """\
#!/bin/sh
# Made by Turntable; `turntable startup enable` makes it anew. Starts the first copy that answers.
TURNTABLE_HOME={root}
export TURNTABLE_HOME
for program in {programs}
do
    "$program" version </dev/null >/dev/null 2>&1 && exec "$program" "$@"
done
program=$(command -v turntable) && exec "$program" "$@"
echo 'turntable: it is not where it was; `turntable startup enable` finds it again' >&2
exit 127
"""


def launcher_of(root: Path) -> Path:
    """Where the launcher of a data folder lies."""
    return root / "launch" / "turntable"


def launcher_text(root: Path, programs: Iterable[str]) -> str:
    """The script, for `sh`.

    Args:
        root: the data folder, which the program is told.
        programs: where this copy is, the best place first.
    """
    places = (*(shlex.quote(program) for program in programs), *_WELL_KNOWN)
    return _TEXT.format(
        root=shlex.quote(str(root)),
        programs=" \\\n    ".join(("", *dict.fromkeys(places))),
    )


def make_launcher(root: Path, programs: Iterable[str]) -> bool:
    """Write the launcher; False: it was there already.

    Raises:
        OSError: it cannot be written.
    """
    path = launcher_of(root)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return write_whole(path, launcher_text(root, programs), mode=0o700)


async def launcher_answers(root: Path) -> bool:
    """Whether it finds a copy of the program that starts."""
    try:
        process = await asyncio.create_subprocess_exec(
            launcher_of(root),
            "version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_ANSWERS_S):
            return await process.wait() == 0
    except TimeoutError:
        process.kill()
        await process.wait()
        return False


def remove_launcher(root: Path) -> None:
    """Remove the launcher and its folder."""
    path = launcher_of(root)
    path.unlink(missing_ok=True)
    with suppress(OSError):  # somebody keeps something there
        path.parent.rmdir()


def programs_here(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Where this copy of the program is; names that outlive an upgrade come first.

    An AppImage runs from a mount point of its own, and says where its file lies.
    """
    if image := environment.get("APPIMAGE"):
        return (image,)
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    beside = Path(sys.executable).with_name("turntable")
    shims = (Path(folder) / "turntable" for folder in os.get_exec_path(dict(environment)))
    # A tool manager's shim points into the environment that we run in.
    leading = [shim for shim in shims if shim.is_symlink() and _same(shim, beside)]
    return tuple(str(path) for path in dict.fromkeys((*leading, beside)))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
