"""A picture of the demo's menu in a real panel: `python -m tests.tray.panel_picture FILE`.

Needs xfce4-panel, xdotool and ImageMagick beside what the desktop tests need.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.fakes.desktop import Desktop

_SCREEN = (1024, 640)
_PANEL_HEIGHT = 26
_MARGIN = 12
_FAR_LEFT = 40
"""The panel's own button, whose colours are near ours, ends here."""


def main(picture: Path) -> None:
    """Start a desktop, a panel and the demo; open the menu; keep the part that shows it."""
    with tempfile.TemporaryDirectory() as folder:
        size = "x".join(map(str, _SCREEN))
        with Desktop(Path(folder) / "session", screen=size) as desktop:
            desktop.start("xfce4-panel", "--disable-wm-check")
            demo = desktop.start(sys.executable, "-m", "tray", "--demo")
            shot = Path(folder) / "screen.png"
            _wait(lambda: _icon(_screen(desktop, shot)) is not None)
            # A few made-up turns, so that the limits are known.
            time.sleep(15)
            before = _screen(desktop, shot)
            place = _icon(before)
            assert place is not None
            desktop.run("xdotool", "mousemove", str(place[0]), str(place[1]), "click", "3")
            time.sleep(1.5)
            after = _screen(desktop, shot)
            _cropped(after, place).save(picture, optimize=True)
            demo.terminate()
            demo.wait(10)
            subprocess.run(["xfce4-panel", "--quit"], env=desktop.env, check=False, timeout=10)


def _wait(ready: Callable[[], bool], timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("no icon in the panel")
        time.sleep(0.5)


def _screen(desktop: Desktop, file: Path) -> Image.Image:
    desktop.run("import", "-window", "root", str(file))
    with Image.open(file) as image:
        return image.convert("RGB")


def _icon(screen: Image.Image) -> tuple[int, int] | None:
    """The middle of the teal pixels in the panel: our ring."""
    found = [
        (x, y)
        for x in range(_SCREEN[0] // 2, _SCREEN[0])
        for y in range(_PANEL_HEIGHT)
        if _is_teal(screen.getpixel((x, y)))
    ]
    if not found:
        return None
    return sum(x for x, _ in found) // len(found), sum(y for _, y in found) // len(found)


def _is_teal(pixel: object) -> bool:
    match pixel:
        case (int(red), int(green), int(blue)):
            return red < 60 and green > 110 and blue > 110 and abs(green - blue) < 30
        case _:
            return False


def _cropped(screen: Image.Image, place: tuple[int, int]) -> Image.Image:
    """The menu with the panel above it."""
    lit = screen.point(lambda level: 255 if level > 40 else 0).convert("L")
    below = lit.crop((0, _PANEL_HEIGHT + 2, _SCREEN[0], _SCREEN[1] - 60)).getbbox()
    assert below is not None
    left = max(0, min(below[0], place[0]) - _MARGIN)
    return screen.crop((left, 0, _SCREEN[0], below[3] + _PANEL_HEIGHT + 2 + _MARGIN))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
