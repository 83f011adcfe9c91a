"""A disk that is full for a while."""

import sqlite3
from collections.abc import Callable

from core.domain.errors import CoreError
from core.storage.database import Database


class ReluctantDisk(Database):
    """A database whose disk is full for the first writes."""

    def __init__(self, database: Database, *, refusals: int) -> None:
        super().__init__(database.path, database._connection, database._worker)
        self.refusals = refusals

    async def write[T](self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self.refusals > 0:
            self.refusals -= 1
            raise CoreError("disk_full", "There is no space left.")
        return await super().write(work)
