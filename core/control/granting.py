"""Who grants tokens to a verb: the owner's own, or one for the moment where no owner serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from core.app import App
from core.asking import Asking
from core.authorising import authoriser_of
from core.domain.events import RenewalAwaited
from core.oauth.refresh import PATIENT_S, Authoriser


@asynccontextmanager
async def granting(app: App, passphrase: str | None) -> AsyncIterator[Authoriser]:
    """The one that renews logins: there is never a second beside it.

    Args:
        app: owns the data folder.
        passphrase: opens the vault, where nobody serves.

    Raises:
        CoreError: the vault cannot be opened.
    """
    if app.serving is not None:
        yield app.serving.authoriser
        return
    await app.unlock(passphrase)
    made = authoriser_of(
        app.folder,
        environment=app.environment,
        asking=Asking(settings=lambda: app.settings),
        clock=app.clock,
        draw=app.draw,
    )
    try:
        yield made
    finally:
        waits = partial(app.bus.publish, RenewalAwaited())
        await made.close(patience_s=PATIENT_S, waits=waits)
