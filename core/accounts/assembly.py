"""Puts together what takes logins in, over the parts of an owned data folder."""

from dataclasses import dataclass

from core.accounts.imports import Importer
from core.accounts.roster import Roster
from core.accounts.store_imports import StoreImporter
from core.domain.settings import UpstreamSettings
from core.domain.trust import OFFICIAL_BACK_END, may_be_sent_to
from core.runtime.clock import Clock
from core.runtime.net import connector
from core.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """The ways in besides a sign-in."""

    importer: Importer
    stores: StoreImporter


def entrance(roster: Roster, store: Store, *, clock: Clock, upstream: UpstreamSettings) -> Entrance:
    """The ways in; all of them go through the one `roster`, which opens the vault in time."""
    address = upstream.base_url.rstrip("/")
    asked = may_be_sent_to(address, official=OFFICIAL_BACK_END, allow_custom=upstream.allow_custom)
    importer = Importer(
        roster=roster,
        connect=connector(upstream),
        base_url=address if asked else None,
        now=clock.now,
    )
    stores = StoreImporter(importer=importer, roster=roster, store=store)
    return Entrance(importer=importer, stores=stores)
