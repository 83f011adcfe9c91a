"""The one screen goes and comes back, as a cable that is pulled: by RANDR, under the program."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayHost
from tests.tray.test_tray import running, windows

pytestmark = pytest.mark.desktop

WIDTH, HEIGHT = 1024, 640


@pytest.fixture
def own_desktop(tmp_path: Path) -> Iterator[Desktop]:
    """A desktop whose screen may go: nobody else is on it."""
    with Desktop(tmp_path / "desktop", screen=f"{WIDTH}x{HEIGHT}") as desktop:
        yield desktop


def place(desktop: Desktop, window: str) -> tuple[int, int, int, int]:
    """Left, top, width and height."""
    lines = desktop.run("xdotool", "getwindowgeometry", "--shell", window).splitlines()
    found = dict(line.split("=") for line in lines)
    return int(found["X"]), int(found["Y"]), int(found["WIDTH"]), int(found["HEIGHT"])


async def until(desktop: Desktop, count: int) -> list[str]:
    """Wait until so many windows of ours are shown."""
    wanted = f"{count} windows"
    await asyncio.to_thread(desktop.wait_until, lambda: len(windows(desktop)) == count, wanted)
    return windows(desktop)


async def test_window_and_menu_are_there_when_a_pulled_screen_is_back(own_desktop: Desktop) -> None:
    async with TrayHost(own_desktop.bus_address) as host, running(own_desktop) as program:
        item = await host.wait_for_item()
        program.tell("show")
        await until(own_desktop, 1)
        program.tell("panel")
        await until(own_desktop, 2)
        own_desktop.run("xrandr", "--fb", f"{WIDTH}x{HEIGHT}", "--output", "screen", "--off")
        assert (await item.menu()).entries
        own_desktop.run("xrandr", "--output", "screen", "--mode", f"{WIDTH}x{HEIGHT}")
        (window,) = await until(own_desktop, 1)  # the panel went with its screen
        left, top, width, height = place(own_desktop, window)
        assert left < WIDTH
        assert top < HEIGHT
        assert left + width > 0
        assert top + height > 0
        program.tell("panel")
        assert len(await until(own_desktop, 2)) == 2
        assert (await item.menu()).entries
        assert program.process.returncode is None
