"""What takes logins in, in one process: the roster of the owned folder, and the sign-ins."""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from core.runtime.clock import Clock

if TYPE_CHECKING:
    from core.accounts.desk import Desk
    from core.accounts.roster import Roster
    from core.domain.account import AccountId
    from core.oauth.refresh import Authoriser
    from core.storage.data_folder import DataFolder


class Joining:
    """Made cheap: its parts are imported and built when they are first needed."""

    def __init__(
        self,
        *,
        folder: Callable[[], "DataFolder"],
        unlock: Callable[[], Awaitable[None]],
        renews: Callable[[], "Authoriser | None"],
        clock: Clock,
    ) -> None:
        """Starts nothing.

        Args:
            folder: the owned data folder, as of now.
            unlock: opens its vault.
            renews: who renews logins now; None while nothing serves.
            clock: dates new accounts.
        """
        self._folder = folder
        self._unlock = unlock
        self._renews = renews
        self._clock = clock
        self._roster: tuple[DataFolder, Roster] | None = None
        self._desk: Desk | None = None

    @property
    def roster(self) -> "Roster":
        """The one way into the accounts of the owned folder."""
        from core.accounts.roster import Roster

        folder = self._folder()
        if self._roster is None or self._roster[0] is not folder:
            roster = Roster(
                store=folder.store,
                vault=folder.vault,
                unlock=self._unlock,
                landed=self.landed,
                clock=self._clock,
                draw=os.urandom,
            )
            self._roster = (folder, roster)
        return self._roster[1]

    async def landed(self, account: "AccountId") -> None:
        """Wait until no renewal of this account's login is under way."""
        if (authoriser := self._renews()) is not None:
            await authoriser.landed(account)

    @property
    def desk(self) -> "Desk":
        """The sign-ins that are under way."""
        from core.accounts.desk import Desk

        if self._desk is None:
            self._desk = Desk(draw=os.urandom)
        return self._desk

    async def close(self) -> None:
        """End every sign-in."""
        if self._desk is not None:
            await self._desk.close()
