"""The private desktop and its tray are real: a program meets them as it does at login."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.desktop import Desktop, DesktopError
from tests.fakes.process import die_with_parent
from tests.fakes.tray_host import TrayError, TrayHost, TrayItem

pytestmark = pytest.mark.desktop


@pytest.fixture
async def program(desktop: Desktop) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.tray_program",
        env=desktop.env,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.fixture
async def host(desktop: Desktop) -> AsyncIterator[TrayHost]:
    async with TrayHost(desktop.bus_address) as host:
        yield host


@pytest.fixture
async def item(host: TrayHost, program: asyncio.subprocess.Process) -> TrayItem:
    del program
    return await host.wait_for_item()


async def _said(program: asyncio.subprocess.Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(5):
        return (await program.stdout.readline()).decode().strip()


async def test_menu_is_read_as_it_stands_on_the_screen(item: TrayItem) -> None:
    assert (await item.menu()).text() == (
        "\n"
        "  Nothing to choose (disabled)\n"
        "  ----\n"
        "  [ ] Route Codex\n"
        "  More\n"
        "    snake_case entry\n"
        "  Quit\n"
    )


async def test_click_by_label_reaches_the_program_and_its_mark_is_read_back(
    item: TrayItem, program: asyncio.subprocess.Process
) -> None:
    await item.click("Route Codex")
    assert await _said(program) == "route on"
    assert (await item.menu()).find("Route Codex").checked is True
    await item.click("snake_case entry")
    assert await _said(program) == "snake"


async def test_icon_and_tooltip_are_what_the_program_painted(item: TrayItem) -> None:
    assert (await item.tooltip())[0] == "Smallest tray program"
    assert (22, 22) in await item.icon_sizes()
    with Image.open(io.BytesIO(await item.icon_png(22))) as picture:
        assert picture.getpixel((11, 11)) == (46, 160, 67, 255)


async def test_first_button_on_the_icon_activates_it(
    item: TrayItem, program: asyncio.subprocess.Process
) -> None:
    await item.activate()
    assert await _said(program) == "activated Trigger"


async def test_quit_in_the_menu_ends_the_program_and_empties_the_tray(
    item: TrayItem, host: TrayHost, program: asyncio.subprocess.Process
) -> None:
    await item.click("Quit")
    assert await asyncio.wait_for(program.wait(), 5) == 0
    await host.wait_until_empty()


@pytest.mark.parametrize("label", ["Nothing to choose", "Not in this menu"])
async def test_what_a_person_cannot_choose_the_host_refuses(item: TrayItem, label: str) -> None:
    with pytest.raises(TrayError, match=label):
        await item.click(label)


async def test_waiting_for_a_tray_icon_that_never_comes_ends_with_a_sentence(
    host: TrayHost,
) -> None:
    with pytest.raises(TrayError, match="an item in the tray"):
        await host.wait_for_item(timeout_s=0.05)


def test_keyring_keeps_a_secret_without_asking(desktop: Desktop) -> None:
    script = (
        "import keyring\n"
        "keyring.set_password('turntable-test', 'slot', 'fake-secret')\n"
        "print(type(keyring.get_keyring()).__module__)\n"
        "print(keyring.get_password('turntable-test', 'slot'))\n"
    )
    printed = desktop.run(sys.executable, "-c", script).split()
    assert printed == ["keyring.backends.SecretService", "fake-secret"]


def test_user_s_own_desktop_is_out_of_reach(desktop: Desktop) -> None:
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        assert Path(desktop.env[name]).is_relative_to(desktop.root), name
    assert str(desktop.root) in desktop.bus_address


def test_missing_program_is_named_with_the_way_to_get_it(desktop: Desktop) -> None:
    with pytest.raises(DesktopError, match=r"no-such-panel is not installed.*tests/run\.py"):
        desktop.start("no-such-panel")


def test_closed_desktop_leaves_no_program_behind(tmp_path: Path) -> None:
    with Desktop(tmp_path / "session") as other:
        sleeper = other.start("sleep", "60")
        assert sleeper.poll() is None
    assert sleeper.poll() is not None
