"""How the window was left, in a file of its own in the data folder; losing it costs nothing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "window.json"
_LONGEST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How the window was left.

    Attributes:
        geometry: as `MainWindow.geometry_kept`; empty at the first start.
        page: its name.
        told_goes_on: whether the person was told that closing does not quit.
        welcomed: whether the first run was gone through.
    """

    geometry: str = ""
    page: str = ""
    told_goes_on: bool = False
    welcomed: bool = False


def read_left(home: Path) -> Left:
    """What is remembered below the data folder; nothing where it cannot be read."""
    try:
        text = (home / _FILE).read_text("utf-8")
        known = json.loads(text[:_LONGEST])
    except (OSError, ValueError):
        return Left()
    if not isinstance(known, dict):
        return Left()
    geometry, page = known.get("geometry"), known.get("page")
    return Left(
        geometry=geometry if isinstance(geometry, str) else "",
        page=page if isinstance(page, str) else "",
        told_goes_on=known.get("told_goes_on") is True,
        welcomed=known.get("welcomed") is True,
    )


def write_left(home: Path, left: Left) -> None:
    """Remember it, for nobody else to read; where that fails the next start is a fresh one.

    Raises:
        OSError: the file cannot be written.
    """
    path = home / _FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(left)), "utf-8")
    fresh.chmod(0o600)
    fresh.replace(path)
