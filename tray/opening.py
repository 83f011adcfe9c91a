"""Finds the engine that the tray shows: one that runs already, our own, or the demo's."""

import sys
from collections.abc import MutableMapping, Sequence
from contextlib import AsyncExitStack

from core.control.owner import Owner, make_app, open_engine
from tray.engine import Engine, OpenEngine, ShownElsewhere

DEMO = "--demo"


def opener(arguments: Sequence[str], environment: MutableMapping[str, str]) -> OpenEngine:
    """What opens the engine, by the words on the command line.

    Args:
        arguments: `--demo` shows the made-up world.
        environment: the process's own; a passphrase is taken out of it.
    """

    async def demo() -> Engine:
        return await _open_demo(environment)

    async def own() -> Engine | ShownElsewhere:
        return await _open_own(environment)

    return demo if DEMO in arguments else own


async def _open_own(environment: MutableMapping[str, str]) -> Engine | ShownElsewhere:
    """Attach to a `serve` that runs, else own the data folder; a second tray steps back."""
    found = await open_engine(environment)
    match found:
        case None:
            return ShownElsewhere()
        case Owner():
            return _owned(found)
        case _:
            # Nothing is opened by making an app: it knows how to speak to this person.
            speech = make_app(environment, passphrase=None).speech
            return Engine(facade=found, speech=speech, owned=False, stop=_nothing_to_stop)


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
        stop = until_opened.pop_all().aclose
    sys.stdout.write(f"{demonstration.introduction()}\n")
    sys.stdout.flush()
    return Engine(facade=owner.facade, speech=owner.app.speech, owned=True, stop=stop)


def _owned(owner: Owner) -> Engine:
    return Engine(facade=owner.facade, speech=owner.app.speech, owned=True, stop=owner.close)


async def _nothing_to_stop() -> None:
    """The engine of another process goes on without us."""
