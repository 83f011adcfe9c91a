"""Puts the renewal of logins together, and looks after those that nobody is using."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from core.domain.errors import CoreError
from core.domain.settings import Settings
from core.oauth.elsewhere import Elsewhere, ReadSource, of_codex
from core.oauth.issuer import issuer_of
from core.oauth.lane import Lane
from core.oauth.ours import Ours
from core.oauth.refresh import Authoriser
from core.runtime.clock import Clock
from core.storage.store import Store
from core.storage.vault import Vault

if TYPE_CHECKING:
    import httpx

LOOK_S = 60.0
"""How often logins are looked after that no request is using, in seconds."""

_log = logging.getLogger(__name__)


def authoriser(
    store: Store,
    vault: Vault,
    *,
    environment: Mapping[str, str],
    connect: "Callable[[], httpx.AsyncClient]",
    settings: Callable[[], Settings],
    clock: Clock,
    draw: Callable[[], float],
    read: ReadSource = of_codex,
) -> Authoriser:
    """Who grants tokens to the requests of one data folder, and renews them: one lane for all.

    Args:
        store: the accounts.
        vault: their tokens.
        environment: finds and starts Codex, where a login of its must be renewed.
        connect: makes a client for each renewal; authorities are not read each time.
        settings: the settings as they count now.
        clock: the time.
        draw: a number from 0 up to 1, for pauses.
        read: finds an imported login again in the file that it came from.
    """
    lane = Lane(clock, draw=draw, gap_s=lambda: settings().tokens.refresh_gap_s)
    ours = Ours(
        vault=vault,
        lane=lane,
        clock=clock,
        connect=connect,
        auth_url=lambda: issuer_of(settings().upstream),
    )
    return Authoriser(
        store=store,
        vault=vault,
        elsewhere=Elsewhere(env=environment, lane=lane, clock=clock, read=read),
        ours=ours,
        clock=clock,
        refresh_before_s=lambda: settings().tokens.refresh_before_s,
    )


async def look_after(
    authoriser: Authoriser,
    *,
    proactive: Callable[[], bool],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Every minute: renew what ends soon, and see whether a lost login works again. Never ends.

    A doubt that the last end of the program has left is learned first.

    Args:
        authoriser: whose logins.
        proactive: whether logins that no request is using are renewed too, as of now.
        sleep: waits, in seconds.
    """
    while True:
        try:
            await authoriser.note_doubts()
            if proactive():
                await authoriser.renew_ending()
            await authoriser.look_again()
        except CoreError as error:  # the disk, the vault: the next look may fare better
            _log.warning("logins could not be looked after: %s", error)
        await sleep(LOOK_S)
