"""Stops the running Turntable and waits until it has given Codex back."""

import asyncio
from collections.abc import Mapping

from core.control.remote import RemoteFacade
from core.domain.errors import CoreError
from core.runtime.paths import turntable_home
from core.storage.lock import OwnerLock

WITHIN_S = 50.0
"""It gives itself 4 s, and 35 s more for the answer to a renewal; a machine may be slow."""


def end_owner(environment: Mapping[str, str]) -> None:
    """Return once nobody owns the data folder any more.

    Raises:
        CoreError: `owned`: it has not ended.
    """
    asyncio.run(_end(environment))


async def _end(environment: Mapping[str, str]) -> None:
    home = turntable_home(environment)
    try:
        await RemoteFacade(home.control).perform("stop", {})
    except CoreError as error:
        if error.code not in {"owner_not_running", "owner_ended"}:
            raise
        if not home.run.is_dir():
            return
    with OwnerLock(home.owner_lock, mode="uninstall") as lock:
        if not await lock.wait_acquire(WITHIN_S):
            raise CoreError(
                "owned",
                "The running Turntable has not ended; nothing was changed.",
                "`turntable status` says how things stand.",
            )
