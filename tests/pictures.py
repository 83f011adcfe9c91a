"""Pictures of the tray from a real panel, for docs/.

    python -m tests.pictures [--light] FOLDER [-- COMMAND…]

writes `tray-icon.png` and `tray-menu.png` into FOLDER. COMMAND is the program that shows the icon,
`turntable demo` when none is given. Needs Xvfb, xfce4-panel and xdotool.
"""

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from PIL import Image

from tests.fakes.desktop import Desktop
from tests.fakes.panel import Box, Panel

_MARGIN = 24


def take(folder: Path, command: list[str], *, dark: bool) -> tuple[Path, ...]:
    """Start `command` on a fresh desktop and take both pictures."""
    with tempfile.TemporaryDirectory() as root, Desktop(Path(root) / "session") as desktop:
        panel = Panel(desktop, dark=dark)
        desktop.start(*command)
        icon = panel.wait_for_icon()
        at_rest = panel.picture()
        shown, menu = panel.open_menu(icon)
        return (
            _save(at_rest, _grown(icon), folder / "tray-icon.png"),
            _save(shown, _united(_grown(menu), _grown(icon)), folder / "tray-menu.png"),
        )


def _save(picture: Image.Image, box: Box, path: Path) -> Path:
    inside = (
        max(box[0], 0),
        max(box[1], 0),
        min(box[2], picture.width),
        min(box[3], picture.height),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.crop(inside).save(path, optimize=True)
    return path


def _grown(box: Box) -> Box:
    return (box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN)


def _united(one: Box, other: Box) -> Box:
    return (
        min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]),
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Take the pictures and say where they are."""
    parser = ArgumentParser(prog="python -m tests.pictures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("command", nargs="*", default=[sys.executable, "-m", "core", "demo"])
    parser.add_argument("--light", action="store_true", help="a light panel")
    chosen = parser.parse_args(arguments)
    for path in take(chosen.folder, chosen.command, dark=not chosen.light):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
