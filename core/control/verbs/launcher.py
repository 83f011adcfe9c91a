"""launcher: an entry among the programs that opens Codex's app once the proxy answers."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.startup import look
from core.domain.errors import CoreError, ExitCode
from core.startup.entry import Kind, Standing
from core.switch.desktop_app import desktop_app


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """The answer of `launcher`.

    Attributes:
        standing: how the entry stands.
        place: where it lies.
        changed: whether this call changed something.
        codex_app: where Codex's app was found; None: it is not installed here.
        messages: the same, in sentences.
    """

    standing: Standing
    place: str
    changed: bool
    codex_app: str | None
    messages: tuple[str, ...]


async def launcher(app: App, arguments: Arguments) -> Launcher:
    """Make, remove or look.

    Raises:
        CoreError: `startup_failed`; `usage` for `open`, which is the caller's own to do.
    """
    changed = False
    match arguments.required("action"):
        case "install":
            changed = await asyncio.to_thread(app.startup.enable, Kind.CODEX)
        case "remove":
            changed = await asyncio.to_thread(app.startup.disable, Kind.CODEX)
        case "open":
            raise CoreError(
                "usage",
                "Codex’s app is opened by the program that was clicked.",
                "Type `turntable launcher open`.",
                exit_code=ExitCode.USAGE,
            )
        case _:
            pass
    entry = await look(app, Kind.CODEX)
    codex = desktop_app(app.environment, app.user_home).place()
    return Launcher(
        standing=entry.standing,
        place=entry.place,
        changed=changed,
        codex_app=codex,
        messages=tuple(_told(app, entry.standing, entry.place, codex)),
    )


_SENTENCES = {
    Standing.READY: "{place} opens Codex’s app once Turntable answers.",
    Standing.ABSENT: "There is no launcher for Codex’s app.",
    Standing.SWITCHED_OFF: "The launcher is switched off in {place}",
    Standing.ELSEWHERE: (
        "{place} starts another copy or version; `turntable launcher install` makes it anew."
    ),
    Standing.BROKEN: (
        "{place} would not start: what it points at is gone; `turntable launcher install` makes "
        "it anew."
    ),
}


def _told(app: App, standing: Standing, place: str, codex: str | None) -> Iterator[str]:
    yield app.speech.say(_SENTENCES[standing], place=place)
    if codex is None and standing is not Standing.ABSENT:
        yield app.speech.say("Codex’s app itself was not found on this machine.")
