"""Puts together what takes logins in, over the parts of an owned data folder."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.accounts.imports import Importer
from core.accounts.roster import Roster
from core.accounts.store_imports import StoreImporter
from core.domain.settings import UpstreamSettings
from core.runtime.clock import Clock
from core.runtime.net import connector
from core.storage.store import Store
from core.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """The ways into the accounts."""

    roster: Roster
    importer: Importer
    stores: StoreImporter


def entrance(
    store: Store,
    vault: Vault,
    *,
    unlock: Callable[[], Awaitable[None]],
    clock: Clock,
    upstream: UpstreamSettings,
) -> Entrance:
    """The ways in; `unlock` opens the vault once a login proved good."""
    roster = Roster(store=store, vault=vault, unlock=unlock, clock=clock, draw=os.urandom)
    importer = Importer(
        roster=roster, connect=connector(upstream), base_url=upstream.base_url, now=clock.now
    )
    stores = StoreImporter(importer=importer, roster=roster, store=store)
    return Entrance(roster=roster, importer=importer, stores=stores)
