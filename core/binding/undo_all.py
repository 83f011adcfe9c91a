"""Every bind of a data folder given back at once: for the guard, or without the app."""

from dataclasses import dataclass
from pathlib import Path

from core.binding.bind_lock import BindLock
from core.binding.durable import Disk
from core.binding.giving_back import finish
from core.binding.journal import Journal
from core.binding.places import Places
from core.domain.binding import LeaseState, Recovery
from core.domain.errors import CoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was done for every lease that was not given back already.

    Attributes:
        recoveries: one for each; those without a result are to be tried again.
        ports: where open Codex chats may still be looking for us.
    """

    recoveries: tuple[Recovery, ...]
    ports: frozenset[int]

    @property
    def complete(self) -> bool:
        """Nothing is left to try again."""
        return all(recovery.result is not None for recovery in self.recoveries)


def undo_all(root: Path) -> Undone:
    """Give every bound Codex home back; the leases lapse, later values of others stay.

    Args:
        root: the data folder.

    Raises:
        CoreError: `bind_busy` or a disk error with the lock itself.
    """
    places = Places(root)
    disk = Disk()
    journal = Journal(places.binds, disk)
    recoveries: list[Recovery] = []
    ports: set[int] = set()
    with BindLock(places.bind_lock).held():
        for path in journal.files():
            home = None
            try:
                record = journal.read(path)
                ports.add(record.port)
                home = record.codex_home
                if record.state is LeaseState.LAPSED:
                    continue
                result = finish(disk, journal, record)
            except CoreError as error:
                recoveries.append(
                    Recovery(journal=path, codex_home=home, result=None, because=error.message)
                )
            else:
                recoveries.append(
                    Recovery(journal=path, codex_home=home, result=result, because="")
                )
    return Undone(recoveries=tuple(recoveries), ports=frozenset(ports))
