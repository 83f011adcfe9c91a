"""Gives Codex back without the app: `python unbind.py [FOLDER]`, by any Python 3.12.

For the day on which Turntable itself does not start. FOLDER is Turntable's data folder; without
it, the one that the app would use.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

if __package__ in {None, ""}:  # started by path, from wherever this copy lies; Python's own first
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from core.binding.undo_all import undo_all
from core.domain.binding import UndoResult
from core.domain.errors import CoreError, ExitCode

_SAID = {
    UndoResult.RESTORED: "given back",
    UndoResult.ALREADY_GONE: "was not bound any more",
    UndoResult.NOT_BOUND: "was not bound",
    UndoResult.LEFT_ALONE: "left alone: somebody else has changed openai_base_url since",
}


def data_folder(environment: Mapping[str, str], *, platform: str, user: Path) -> Path:
    """The folder that the app would use (`core.runtime.paths`, which a bare Python cannot load).

    Args:
        environment: of the process.
        platform: as `sys.platform`.
        user: the user's home folder.
    """
    if named := environment.get("TURNTABLE_HOME"):
        return Path(named).expanduser()
    match platform:
        case "win32":
            local = environment.get("LOCALAPPDATA")
            return (Path(local) if local else user / "AppData" / "Local") / "turntable"
        case "darwin":
            return user / "Library" / "Application Support" / "turntable"
        case _:
            data = environment.get("XDG_DATA_HOME", "")
            return (Path(data) if data.strip() else user / ".local" / "share") / "turntable"


def main(arguments: list[str]) -> int:
    """Undo every bind; the exit code of `turntable unbind`."""
    if arguments:
        root = Path(arguments[0])
    else:
        root = data_folder(os.environ, platform=sys.platform, user=Path.home())
    if not root.is_dir():
        sys.stderr.write(f"error: {root} does not exist\nhint: Name Turntable’s data folder.\n")
        return ExitCode.USAGE
    try:
        undone = undo_all(root)
    except CoreError as error:
        sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
        return error.exit_code
    code = ExitCode.DONE
    for recovery in undone.recoveries:
        if recovery.result is None:
            sys.stderr.write(f"error: {recovery.because}\n")
            code = ExitCode.FAILED
            continue
        sys.stdout.write(f"{recovery.codex_home}: {_SAID[recovery.result]}\n")
        if recovery.result is UndoResult.LEFT_ALONE and code is ExitCode.DONE:
            code = ExitCode.LEFT_ALONE
    if not undone.recoveries:
        sys.stdout.write("Nothing is bound.\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
