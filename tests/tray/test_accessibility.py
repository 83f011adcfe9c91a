"""The accessibility tree of the running program, read over AT-SPI as a screen reader does."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.fakes.desktop import Desktop
from tests.tray.program import ACCOUNTS
from tests.tray.test_tray import Program, focus, running, windows

pytestmark = pytest.mark.desktop

_READER = str(Path(__file__).parent / "read_screen.py")
_SYSTEM_PYTHON = "/usr/bin/python3"
_INTERACTIVE = frozenset(
    {
        "push button", "toggle button", "check box", "combo box", "text", "password text",
        "spin button", "list", "list item", "table", "table column header",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing that a screen reader knows."""

    name: str
    description: str
    role: str
    states: frozenset[str]
    children: tuple["Node", ...]

    @classmethod
    def read(cls, value: dict[str, Any]) -> Self:
        return cls(
            name=value["name"],
            description=value["description"],
            role=value["role"],
            states=frozenset(value["states"]),
            children=tuple(cls.read(child) for child in value["children"]),
        )

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


def read(desktop: Desktop) -> Node:
    done = subprocess.run(
        [_SYSTEM_PYTHON, _READER, "turntable", "15"],
        env=desktop.env,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Node.read(json.loads(done.stdout))


def seen(root: Node) -> list[Node]:
    """What is on the screen and can be acted on."""
    return [
        node
        for node in root.walk()
        if node.role in _INTERACTIVE and {"showing", "visible"} <= node.states
    ]


@pytest.fixture
def spoken(desktop: Desktop) -> Mapping[str, str]:
    """The environment of a program that is read aloud."""
    # The bus of the assistive technologies starts when it is first asked for.
    subprocess.run(
        [_SYSTEM_PYTHON, _READER, "nobody", "0.1"],
        env=desktop.env, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    return desktop.env | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}


@pytest.fixture
async def program(desktop: Desktop, spoken: Mapping[str, str]) -> AsyncIterator[Program]:
    async with running(desktop, env=spoken) as program:
        yield program


async def shown(desktop: Desktop, program: Program, what: str) -> None:
    program.tell(what)
    await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), what)
    focus(desktop)


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5, 6, 7])
async def test_everything_that_can_be_done_on_a_page_has_a_name(
    desktop: Desktop, program: Program, page: int
) -> None:
    await shown(desktop, program, "show")
    desktop.run("xdotool", "key", f"ctrl+{page}")
    found = seen(await asyncio.to_thread(read, desktop))
    assert len(found) > 6
    assert [node.role for node in found if not node.name] == []
    assert {"Accounts", "Menu", "Route Codex"} <= {node.name for node in found}


async def test_first_run_shows_its_three_steps_at_once(
    desktop: Desktop, spoken: Mapping[str, str]
) -> None:
    async with running(desktop, ACCOUNTS, "0", env=spoken):
        await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "first run")
        names = {node.name for node in seen(await asyncio.to_thread(read, desktop))}
    assert {"Sign in with the browser…", "Start at login", "Done"} <= names


async def test_table_is_read_cell_by_cell(desktop: Desktop, program: Program) -> None:
    await shown(desktop, program, "show")
    root = await asyncio.to_thread(read, desktop)
    cells = [node.name for node in root.walk() if node.role == "table cell"]
    assert cells[0] == "Work"
    assert cells[1].startswith("62 % · ")
    assert "needs a new sign-in" in cells


async def test_row_of_the_panel_is_one_sentence(desktop: Desktop, program: Program) -> None:
    await shown(desktop, program, "panel")
    names = [node.name for node in seen(await asyncio.to_thread(read, desktop))]
    assert any(name.startswith("Work, Plus, serves next, 5 h 62 % left") for name in names)
    assert "" not in names


async def test_focus_is_where_the_keyboard_goes_in_reading_order(
    desktop: Desktop, program: Program
) -> None:
    await shown(desktop, program, "show")
    names: list[str] = []
    for _ in range(7):
        desktop.run("xdotool", "key", "Tab")
        root = await asyncio.to_thread(read, desktop)
        # An item is "focused" where it is its list's own, also in the list of a closed choice.
        focused = [n for n in seen(root) if "focused" in n.states and n.role != "list item"]
        names.append(focused[-1].name if focused else "")
    assert names == [
        "Route Codex", "Menu", "Dismiss", "Export…", "Search accounts", "Accounts", "Use",
    ]  # fmt: skip


def test_reader_is_the_system_s_own_python() -> None:
    assert sys.executable != _SYSTEM_PYTHON
