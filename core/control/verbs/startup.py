"""startup: what is started at login, made, removed and looked at."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from core.app import App
from core.control.verb import Arguments
from core.startup.entry import AT_LOGIN, Found, Kind, Standing
from core.startup.launcher import launcher_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the system would find it: `kind`, `standing`, and where it lies."""

    kind: Kind
    standing: Standing
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """The answer of `startup`.

    Attributes:
        enabled: whether Turntable starts at the next login.
        changed: whether this call changed something.
        entries: every entry that could be there.
        messages: the same, in sentences.
    """

    enabled: bool
    changed: bool
    entries: tuple[Entry, ...]
    messages: tuple[str, ...]


async def startup(app: App, arguments: Arguments) -> Startup:
    """Make, remove or look. One of tray and server starts, never both."""
    changed = False
    match arguments.required("action"):
        case "enable":
            chosen, other = _choose(app, serve=arguments.flag("serve"))
            removed = await asyncio.to_thread(app.startup.disable, other)
            changed = await asyncio.to_thread(app.startup.enable, chosen) or removed
        case "disable":
            for kind in (Kind.DESKTOP, Kind.SERVER):
                changed |= await asyncio.to_thread(app.startup.disable, kind)
        case _:
            pass
    entries = tuple([await look(app, kind) for kind in AT_LOGIN])
    enabled = any(
        entry.standing is Standing.READY and entry.kind is not Kind.GUARD for entry in entries
    )
    messages = tuple(_told(app, entries))
    return Startup(enabled=enabled, changed=changed, entries=entries, messages=messages)


def _choose(app: App, *, serve: bool) -> tuple[Kind, Kind]:
    """What to start, and what then not to: the tray where there is a desktop."""
    desktop = sys.platform in {"win32", "darwin"} or any(
        app.environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if serve or not desktop:
        return Kind.SERVER, Kind.DESKTOP
    return Kind.DESKTOP, Kind.SERVER


async def look(app: App, kind: Kind) -> Entry:
    """How one entry stands, its launcher tried."""
    found: Found = await asyncio.to_thread(app.startup.look, kind)
    standing = found.standing
    if (
        standing is Standing.READY
        and sys.platform != "win32"
        and not await launcher_answers(app.home.root)
    ):
        standing = Standing.BROKEN
    return Entry(kind=kind, standing=standing, place=found.place)


_SENTENCES = {
    Standing.READY: "{what} starts at login: {place}",
    Standing.ABSENT: "{what} does not start at login.",
    Standing.SWITCHED_OFF: "{what} does not start: it is switched off in {place}",
    Standing.ELSEWHERE: (
        "{place} starts another copy or version; `turntable startup enable` makes it anew."
    ),
    Standing.BROKEN: (
        "{what} would not start: what {place} points at is gone; `turntable startup enable` "
        "makes it anew."
    ),
}
_NAMES = {
    Kind.DESKTOP: "The tray app",
    Kind.SERVER: "The server",
    Kind.GUARD: "The guard’s look at what was left bound",
}


def _told(app: App, entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries:
        if entry.kind is Kind.DESKTOP or entry.standing is not Standing.ABSENT:
            yield app.speech.say(
                _SENTENCES[entry.standing],
                what=app.speech.say(_NAMES[entry.kind]),
                place=entry.place,
            )
