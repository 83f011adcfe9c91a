"""Who grants tokens to what an owned folder asks the back end, and who asks about usage."""

from collections.abc import Callable, Mapping, Sequence

from core.accounts.sources import read_source
from core.asking import Asking
from core.domain.account import AccountId
from core.domain.settings import Settings
from core.oauth.refresh import PATIENT_S, Authoriser
from core.oauth.upkeep import authoriser
from core.quota.login import Login
from core.quota.monitor import Monitor
from core.quota.usage_endpoint import Answer
from core.runtime import power
from core.runtime.clock import Clock
from core.runtime.power import Power
from core.storage.data_folder import DataFolder


def usage_monitor(
    *,
    folder: DataFolder,
    authoriser: Authoriser,
    asking: Asking,
    clock: Clock,
    draw: Callable[[], float],
) -> Monitor:
    """The monitor of an owned folder."""
    return Monitor(
        store=folder.store,
        login=Login(authorise=authoriser.authorise, renew=authoriser.renew),
        connect=asking.connect,
        base_url=asking.base_url,
        settings=asking.settings,
        clock=clock,
        draw=draw,
        on_battery=Power(clock=clock, look=power.look).on_battery,
    )


async def ask_once(
    accounts: Sequence[AccountId],
    *,
    folder: DataFolder,
    environment: Mapping[str, str],
    settings: Callable[[], Settings],
    clock: Clock,
    draw: Callable[[], float],
    waits: Callable[[], None],
) -> Mapping[AccountId, Answer]:
    """Ask the usage endpoint about these accounts of an owned folder that does not serve.

    `waits` is told when it is over, or was cut short, and a renewal is not answered yet.
    """
    asking = Asking(settings=settings)
    granting = authoriser_of(folder, environment=environment, asking=asking, clock=clock, draw=draw)
    monitor = usage_monitor(
        folder=folder, authoriser=granting, asking=asking, clock=clock, draw=draw
    )
    try:
        return await monitor.refresh(accounts)
    finally:
        await monitor.close()
        await granting.close(patience_s=PATIENT_S, waits=waits)


def authoriser_of(
    folder: DataFolder,
    *,
    environment: Mapping[str, str],
    asking: Asking,
    clock: Clock,
    draw: Callable[[], float],
) -> Authoriser:
    """Who grants tokens to an owned folder's requests, and renews them.

    `asking`: makes the clients, one for each renewal.
    """
    return authoriser(
        folder.store,
        folder.vault,
        environment=environment,
        connect=asking.connect,
        settings=asking.settings,
        clock=clock,
        draw=draw,
        read=read_source,
    )
