"""How soon a click in the tray's menu is seen in the core, in config.toml and in the icon.

Each place is looked at again and again by a watcher of its own, all of them on the way before the
click; a stamp is the monotonic time at which a place was first seen changed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from core.control.remote import RemoteFacade
from core.domain.report import StatusReport
from tests.fakes.tray_host import TrayItem

BOUND_S = 15.0
"""A place that has not changed by then never will."""
_PAUSE_S = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a click is to be seen: its name, and whether it is seen there now."""

    name: str
    seen: Callable[[], Awaitable[bool]]


async def follow(click: Callable[[], Awaitable[None]], *places: Place) -> dict[str, float]:
    """Click, and the seconds until each place has changed, by name."""
    watching = [asyncio.get_running_loop().create_task(_stamp(place)) for place in places]
    began = time.monotonic()
    try:
        await click()
        async with asyncio.timeout(BOUND_S):
            stamps = await asyncio.gather(*watching)
    finally:
        for one in watching:
            one.cancel()
    return {place.name: stamp - began for place, stamp in zip(places, stamps, strict=True)}


async def _stamp(place: Place) -> float:
    while not await place.seen():  # noqa: ASYNC110 - of another process
        await asyncio.sleep(_PAUSE_S)
    return time.monotonic()


def core(facade: RemoteFacade, reached: Callable[[StatusReport], bool]) -> Place:
    """The engine itself, asked through its control endpoint."""

    async def seen() -> bool:
        return reached(await facade.status())

    return Place(name="core", seen=seen)


def config(path: Path, reached: Callable[[bytes], bool]) -> Place:
    """Codex's config.toml."""

    async def seen() -> bool:
        return reached(await asyncio.to_thread(path.read_bytes))

    return Place(name="config.toml", seen=seen)


async def icon_changes(item: TrayItem) -> Place:
    """The picture in the tray, another one than now."""
    before = await item.icon_png()

    async def seen() -> bool:
        return await item.icon_png() != before

    return Place(name="icon", seen=seen)


def menu(item: TrayItem, begins: str) -> Place:
    """The menu's first line."""

    async def seen() -> bool:
        return (await item.menu()).entries[0].label.startswith(begins)

    return Place(name="menu", seen=seen)


def mark(item: TrayItem, position: int) -> Place:
    """The mark before the account at this place of the menu, from 0."""

    async def seen() -> bool:
        accounts = [entry for entry in (await item.menu()).entries if entry.radio]
        return accounts[position].checked is True

    return Place(name="menu", seen=seen)
