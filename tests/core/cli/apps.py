"""A data folder that is owned for a moment, before the command line is typed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.app import App
from core.runtime.clock import SystemClock
from core.runtime.paths import Home
from core.words.speech import english


@asynccontextmanager
async def app_over(folder: Path) -> AsyncIterator[App]:
    """Owns `folder`, on the machine's own time."""
    app = App(
        home=Home(root=folder),
        environment={},
        user_home=folder.parent,
        clock=SystemClock(),
        speech=english(),
    )
    await app.hold("a test")
    try:
        yield app
    finally:
        await app.close()
