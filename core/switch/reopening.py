"""A switch with Codex's desktop app closed for its length, since a running one keeps its login."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.switch.desktop_app import DesktopApp, quit_app
from core.switch.receipt import Receipt, Result, Step


async def reopened(
    app: DesktopApp, act: Callable[[], Awaitable[Receipt]], *, dry_run: bool
) -> Receipt:
    """Quit the app, switch, and open it again if it was open; the receipt says all three.

    Raises:
        CoreError: `codex_app_open`, or as the switch fails; an app that was open is open again.
    """
    if dry_run:
        receipt = await act()
        if not await app.is_running():
            return _around(receipt, *_nothing(app))
        return _around(_judged_later(receipt), _step("quit"), _step("open"))
    if not await quit_app(app):
        return _around(await act(), *_nothing(app))
    try:
        receipt = await act()
    except BaseException:
        app.open()
        raise
    try:
        app.open()
    except CoreError as error:
        opened = Step(name="open", result=Result.SKIPPED, because=error.message)
    else:
        opened = Step(name="open", result=Result.DONE)
    return _around(receipt, Step(name="quit", result=Result.DONE), opened)


def _judged_later(receipt: Receipt) -> Receipt:
    """The app runs a Codex, which ends with it: which others there are is seen without the app."""
    because = Sentence("It is looked for again once Codex's app is closed.")
    seen = Step(name="running", result=Result.PLANNED, because=because)
    steps = tuple(
        seen if (step.name, step.result) == ("running", Result.FAILED) else step
        for step in receipt.steps
    )
    done = not any(step.result is Result.FAILED for step in steps)
    return replace(receipt, steps=steps, done=done)


def _step(name: str) -> Step:
    return Step(name=name, result=Result.PLANNED)


def _nothing(app: DesktopApp) -> tuple[Step, ...]:
    """One step, for an app that there was nothing to do with."""
    because = Sentence("It is not open.") if app.place() else Sentence("It is not installed here.")
    return (Step(name="quit", result=Result.SKIPPED, because=because),)


def _around(receipt: Receipt, before: Step, *after: Step) -> Receipt:
    return replace(receipt, steps=(before, *receipt.steps, *after))
