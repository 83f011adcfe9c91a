"""Finds the engine that the tray shows: one that runs already, our own, or the demo's."""

import sys
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from core.app import App
from core.control.child import NOT_STARTED, Child
from core.control.owner import Opener, Owner, make_app
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError
from core.domain.events import Event, RenewalAwaited
from core.domain.settings import CHILD
from core.words.speech import Speech
from tray.engine import Engine, OpenEngine, ShownElsewhere

DEMO = "--demo"
BREAKS = 2
"""How often an engine's own process may end by itself before it gets none any more."""


def opener(arguments: Sequence[str], environment: MutableMapping[str, str]) -> OpenEngine:
    """What opens the engine, by the words on the command line.

    Args:
        arguments: `--demo` shows the made-up world.
        environment: the process's own; a passphrase is taken out of it.
    """

    async def demo() -> Engine:
        return await _open_demo(environment)

    return demo if DEMO in arguments else _Own(environment).open


class _Own:
    """Opens this person's engine, again and again where it is a process that may end before us."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._environment = environment
        self._opener = Opener(environment)
        self._breaks = 0

    async def open(self) -> Engine | ShownElsewhere:
        """Attach to a `serve` that runs, else own the data folder; a second tray steps back."""
        # Nothing is opened by making an app: it knows the settings, and how to speak.
        app = make_app(self._environment, passphrase=None)
        beside = _wants_child(app)
        if beside and self._breaks >= BREAKS:
            return self._shown(
                await self._opener.open(beside=False), app.speech, _gave_up(app.speech)
            )
        try:
            return self._shown(await self._opener.open(beside=beside), app.speech)
        except CoreError as error:
            if not (beside and error.code == NOT_STARTED):
                raise
            why = _no_child(app.speech)
        return self._shown(await self._opener.open(beside=False), app.speech, why)

    def _shown(
        self, found: Owner | Child | RemoteFacade | None, speech: Speech, trouble: str = ""
    ) -> Engine | ShownElsewhere:
        match found:
            case None:
                return ShownElsewhere()
            case Owner():
                return replace(_owned(found), trouble=trouble)
            case Child():
                return Engine(
                    facade=found.facade,
                    speech=speech,
                    owned=True,
                    stop=found.stop,
                    broke=partial(self._broke, found),
                )
            case _:
                return Engine(facade=found, speech=speech, owned=False, stop=_nothing_to_stop)

    async def _broke(self, child: Child) -> bool:
        broke = await child.broke()
        self._breaks += broke
        return broke


def _wants_child(app: App) -> bool:
    try:
        return app.settings.ui.engine == CHILD
    except CoreError:
        return False  # the engine says so when it starts; one that runs does not mind


def _no_child(speech: Speech) -> str:
    return speech.say(
        "The engine’s own process could not be started, so it runs inside the tray app."
    )


def _gave_up(speech: Speech) -> str:
    return speech.say(
        "The engine’s own process ended twice by itself, so it runs inside the tray app now. "
        "The log says more."
    )


async def _open_demo(environment: MutableMapping[str, str]) -> Engine:
    """The demo's own owner; its folder goes with it."""
    # The made-up back end is a whole server: loaded by nobody who does not ask for it.
    from core.control.demonstration import Demonstration

    async with AsyncExitStack() as until_opened:
        demonstration = Demonstration(environment, mode="tray")
        owner = (await until_opened.enter_async_context(demonstration)).owner
        await owner.start()
        until_opened.push_async_callback(owner.close)
        await demonstration.begin()
        stack = until_opened.pop_all()

    async def stop(_: Callable[[], None]) -> None:
        await stack.aclose()

    sys.stdout.write(f"{demonstration.introduction()}\n")
    sys.stdout.flush()
    return Engine(facade=owner.facade, speech=owner.app.speech, owned=True, stop=stop)


def _owned(owner: Owner) -> Engine:
    async def stop(waits: Callable[[], None]) -> None:
        def hear(event: Event) -> None:
            if isinstance(event, RenewalAwaited):
                waits()

        owner.app.bus.listen(hear)
        await owner.close()

    return Engine(facade=owner.facade, speech=owner.app.speech, owned=True, stop=stop)


async def _nothing_to_stop(_: Callable[[], None]) -> None:
    """The engine of another process goes on without us."""
