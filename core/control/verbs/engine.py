"""status, show, stop: the engine as a whole."""

from core.app import App
from core.control.verb import Arguments
from core.domain.events import ShowRequested, Surface
from core.domain.report import StatusReport
from core.words.ending import renewal_awaited


async def status(app: App, arguments: Arguments) -> StatusReport:
    """The whole snapshot."""
    return await app.status(app.codex_home(arguments.text("codex_home")))


async def show(app: App, arguments: Arguments) -> dict[str, list[str]]:
    """Ask the face to come to the front."""
    app.bus.publish(ShowRequested())
    return await _asked(app, app.speech.say("Turntable is brought to the front."))


async def panel(app: App, arguments: Arguments) -> dict[str, list[str]]:
    """Ask the face for its glance panel."""
    app.bus.publish(ShowRequested(surface=Surface.PANEL))
    return await _asked(app, app.speech.say("The glance panel is opened."))


async def _asked(app: App, done: str) -> dict[str, list[str]]:
    """What is promised: a server has no window, though a tray app may be looking at it."""
    if (await app.status(app.codex_home(None))).mode == "serve":
        done = app.speech.say(
            "Turntable runs as a server here and has no window; a tray app that shows it is asked."
        )
    return {"messages": [done]}


async def stop(app: App, arguments: Arguments) -> dict[str, list[str]]:
    """End the engine; it unbinds first."""
    told = [app.speech.say("Turntable stops; Codex gets its own login back first.")]
    if app.serving is not None and app.serving.authoriser.presented:
        told.append(renewal_awaited(app.speech))
    app.request_stop()
    return {"messages": told}
