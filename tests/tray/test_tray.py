"""The tray program on a real desktop: read and clicked over D-Bus, as a panel does it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from tests.fakes.desktop import Desktop
from tests.fakes.process import die_with_parent
from tests.fakes.tray_host import MenuEntry, TrayHost, TrayItem
from tests.tray.notifications import Notifications

pytestmark = pytest.mark.desktop

_BOUND_S = 5.0
_CLASS = "turntable"


class Program:
    """The tray over a made-up engine, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def said(self) -> str:
        """The next line that it prints; empty when it has ended."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_BOUND_S):
            return (await self.process.stdout.readline()).decode().strip()

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def ends(self) -> int:
        async with asyncio.timeout(4):
            return await self.process.wait()


@asynccontextmanager
async def running(
    desktop: Desktop,
    *arguments: str,
    platform: str = "xcb",
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.tray.program",
        *arguments,
        env=dict(env or desktop.env) | {"QT_QPA_PLATFORM": platform},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def host(desktop: Desktop) -> AsyncIterator[TrayHost]:
    async with TrayHost(desktop.bus_address) as host:
        yield host


@pytest.fixture
async def program(desktop: Desktop) -> AsyncIterator[Program]:
    async with running(desktop) as program:
        yield program


@pytest.fixture
async def item(host: TrayHost, program: Program) -> TrayItem:
    del program
    return await host.wait_for_item()


async def menu_when(item: TrayItem, reached: Callable[[MenuEntry], bool]) -> MenuEntry:
    """The menu as soon as it is as wanted; each look is a round trip to the program."""
    menu = await item.menu()
    try:
        async with asyncio.timeout(_BOUND_S):
            while not reached(menu):
                menu = await item.menu()
    except TimeoutError:
        pytest.fail(f"the menu stays\n{menu.text()}")
    return menu


def line(menu: MenuEntry, beginning: str) -> MenuEntry:
    """The entry that begins with these words."""
    return next(entry for entry in menu.walk() if entry.label.startswith(beginning))


def first_line(menu: MenuEntry) -> str:
    return menu.entries[0].label


async def choose(item: TrayItem, beginning: str) -> None:
    await item.click(line(await item.menu(), beginning).label)


async def test_menu_stands_in_the_tray_as_the_design_draws_it(item: TrayItem) -> None:
    menu = await item.menu()
    shape = [
        "----" if entry.separator else " ".join(entry.label.split()[:2]) for entry in menu.entries
    ]
    assert shape == [
        "Codex uses", "Through Turntable:", "----",
        "1 Work", "2 Personal", "3 Client", "4 Old", "5 R&D", "----",
        "Rotation", "Route Codex", "Add account", "----",
        "Refresh now", "Why this", "Open Turntable…", "----",
        "Settings…", "Start at", "Help", "----", "Quit",
    ]  # fmt: skip
    assert [entry.radio for entry in menu.entries[3:8]] == [True] * 5
    assert [entry.checked for entry in menu.entries[3:8]] == [True, False, False, False, False]


async def test_names_come_through_the_desktop_s_own_menu_as_they_are(item: TrayItem) -> None:
    assert line(await item.menu(), "5").label.startswith("5  R&D <b>snake_case</b>   5 h 8 %")


async def test_icon_is_offered_in_the_sizes_of_panels(item: TrayItem) -> None:
    sizes = await item.icon_sizes()
    assert {(16, 16), (18, 18), (22, 22), (24, 24), (32, 32), (48, 48)} <= set(sizes)


async def test_choosing_an_account_is_seen_in_engine_menu_icon_and_tooltip(
    item: TrayItem, program: Program
) -> None:
    await item.click("Route Codex through Turntable")
    assert await program.said() == "bind {}"
    await menu_when(item, lambda menu: first_line(menu) == "Codex uses Work · Plus")
    icon = await item.icon_png()
    await choose(item, "2  Personal")
    assert await program.said() == 'use {"account": "acc_2"}'
    menu = await menu_when(item, lambda menu: first_line(menu) == "Codex uses Personal · Plus")
    assert line(menu, "2  Personal").checked
    assert not line(menu, "1  Work").checked
    assert (await item.tooltip())[0].startswith("Personal · Plus — 5 h 100 % left")
    assert await item.icon_png() != icon


async def test_stay_and_automatic(item: TrayItem, program: Program) -> None:
    await item.click("Stay on Work")
    assert await program.said() == 'stay {"account": "acc_1"}'
    menu = await menu_when(item, lambda menu: bool(menu.find("Stay on Work").checked))
    assert menu.find("Automatic").checked is False
    await item.click("Automatic")
    assert await program.said() == "auto {}"
    await menu_when(item, lambda menu: bool(menu.find("Automatic").checked))


async def test_route_is_a_toggle(item: TrayItem, program: Program) -> None:
    route = "Route Codex through Turntable"
    assert (await item.menu()).find(route).checked is False
    await item.click(route)
    assert await program.said() == "bind {}"
    await menu_when(item, lambda menu: menu.find(route).checked is True)
    await item.click(route)
    assert await program.said() == "unbind {}"
    await menu_when(item, lambda menu: menu.find(route).checked is False)


async def test_refused_wish_leaves_the_mark_where_it_was(item: TrayItem, program: Program) -> None:
    route = "Route Codex through Turntable"
    program.tell("refuse bind")
    await item.click(route)
    assert await program.said() == "bind {}"
    await menu_when(item, lambda menu: menu.find(route).checked is False)


async def test_refusal_is_told_by_the_desktop_with_its_next_step(
    desktop: Desktop, item: TrayItem, program: Program
) -> None:
    async with Notifications(desktop.bus_address) as told:
        program.tell("refuse bind")
        await item.click("Route Codex through Turntable")
        assert await told.next() == ("Turntable", "bind was refused.\nThis is only a test.")


async def test_second_start_brings_up_the_window_and_closing_it_is_explained_once(
    desktop: Desktop, item: TrayItem, program: Program
) -> None:
    del item
    async with Notifications(desktop.bus_address) as told:
        program.tell("show")
        await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
        focus(desktop)
        desktop.run("xdotool", "key", "alt+F4")
        assert (await told.next())[0] == "Turntable goes on"
        await asyncio.to_thread(desktop.wait_until, lambda: not windows(desktop), "its end")


@pytest.mark.parametrize("entry", ["Open Turntable…", "Settings…", "Why this account?"])
async def test_window_is_opened_from_the_menu(
    desktop: Desktop, item: TrayItem, program: Program, entry: str
) -> None:
    del program
    await item.click(entry)
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")


async def test_limit_is_told_once_with_buttons_that_do_what_they_say(
    desktop: Desktop, item: TrayItem, program: Program
) -> None:
    del item
    async with Notifications(desktop.bus_address) as told:
        program.tell("limit Work")
        title, text = await told.next()
        assert title == "Work"
        assert text.endswith("Codex continues on Personal.")
        told.press("Stay on Work")
        assert await program.said() == 'stay {"account": "acc_1"}'


async def test_account_that_is_removed_leaves_the_menu(item: TrayItem, program: Program) -> None:
    program.tell("without Personal")
    menu = await menu_when(item, lambda menu: "Personal" not in menu.text())
    assert line(menu, "2  Client A")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_signal_stops_the_engine_and_empties_the_tray(
    item: TrayItem, host: TrayHost, program: Program, number: signal.Signals
) -> None:
    del item
    program.process.send_signal(number)
    assert await program.said() == "stopped"
    assert await program.ends() == 0
    await host.wait_until_empty()


async def test_quit_stops_the_engine_and_leaves_with_zero(
    item: TrayItem, host: TrayHost, program: Program
) -> None:
    await item.click("Quit")
    assert await program.said() == "stopped"
    assert await program.ends() == 0
    await host.wait_until_empty()


async def test_engine_that_ends_takes_the_tray_with_it(item: TrayItem, program: Program) -> None:
    del item
    program.tell("end")
    assert await program.said() == "stopped"
    assert await program.ends() == 0


async def test_tray_that_comes_late_gets_the_icon(desktop: Desktop, program: Program) -> None:
    # The program runs, and has shown its icon to nobody, before there is a tray.
    program.tell("ping")
    assert await program.said() == "pong"
    async with TrayHost(desktop.bus_address) as late:
        item = await late.wait_for_item()
        assert first_line(await item.menu()) == "Codex uses its own login"


async def test_tray_that_comes_back_gets_the_icon_again(desktop: Desktop, program: Program) -> None:
    for _ in range(2):
        async with TrayHost(desktop.bus_address) as host:
            item = await host.wait_for_item()
            await item.click("Automatic")
            assert await program.said() == "auto {}"


async def test_first_button_opens_the_panel_and_escape_closes_it(
    desktop: Desktop, item: TrayItem, program: Program
) -> None:
    del program
    assert not windows(desktop)
    await item.activate()
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the panel")
    focus(desktop)
    desktop.run("xdotool", "key", "Escape")
    await asyncio.to_thread(desktop.wait_until, lambda: not windows(desktop), "its end")


async def test_account_is_opened_and_used_in_the_panel_by_the_keyboard_alone(
    desktop: Desktop, item: TrayItem, program: Program
) -> None:
    del item
    program.tell("panel")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the panel")
    focus(desktop)
    desktop.run("xdotool", "key", "Tab", "Tab", "space", "Tab", "space")
    assert await program.said() == 'use {"account": "acc_2"}'
    await asyncio.to_thread(desktop.wait_until, lambda: not windows(desktop), "its end")


async def test_desktop_without_a_tray_gets_a_window_by_itself(
    desktop: Desktop, program: Program
) -> None:
    program.tell("ping")
    assert await program.said() == "pong"
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")


async def test_second_start_without_a_tray_opens_a_window_with_the_same_menu(
    desktop: Desktop, program: Program
) -> None:
    program.tell("show")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
    focus(desktop)
    desktop.run("xdotool", "key", "alt+m")
    await asyncio.to_thread(desktop.wait_until, lambda: len(windows(desktop)) == 2, "its menu")
    desktop.run("xdotool", "key", "2")
    assert await program.said() == 'use {"account": "acc_2"}'


async def test_window_goes_when_the_tray_comes(desktop: Desktop, program: Program) -> None:
    program.tell("show")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
    async with TrayHost(desktop.bus_address) as late:
        await late.wait_for_item()
        await asyncio.to_thread(desktop.wait_until, lambda: not windows(desktop), "its end")


async def test_closing_the_window_keeps_the_program_running(
    desktop: Desktop, program: Program
) -> None:
    program.tell("show")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
    focus(desktop)
    desktop.run("xdotool", "key", "alt+F4")
    await asyncio.to_thread(desktop.wait_until, lambda: not windows(desktop), "its end")
    program.tell("show")
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "it again")


def focus(desktop: Desktop) -> None:
    desktop.run("xdotool", "search", "--onlyvisible", "--class", _CLASS, "windowactivate", "--sync")


def windows(desktop: Desktop) -> list[str]:
    """The windows of ours that can be seen, menus among them."""
    command = ["xdotool", "search", "--onlyvisible", "--class", _CLASS]
    found = subprocess.run(
        command, env=desktop.env, capture_output=True, text=True, timeout=20, check=False
    )
    return found.stdout.split()
