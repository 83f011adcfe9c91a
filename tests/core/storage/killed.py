"""A program that writes until it is killed: `python -m tests.core.storage.killed HOME [WORD N]`.

It says each promise when it has it: `account N` (the change was announced), `login N` (generation N
may be used). With WORD it kills itself right before the Nth statement that starts so; without, it
is for its parent to kill it.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import cast

from core.domain.account import AccountId
from core.domain.state import put_account
from core.runtime.clock import SystemClock
from core.storage.database import Database, open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import load_store
from core.storage.vault import load_vault
from tests.core.storage.samples import CHEAP, account, login

PASSPHRASE = "fake correct horse battery staple"
WORK = AccountId("acc_work")
ROUNDS = 1000
"""More than anybody waits for: a statement that never comes fails its test, and hangs none."""


class Dying:
    """A connection that is killed with its program right before a statement."""

    def __init__(self, connection: sqlite3.Connection, word: str, count: int) -> None:
        self._connection = connection
        self._word = word
        self._left = count

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if statement.startswith(self._word):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._connection.execute(statement, values)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction


def say(kind: str, number: int) -> None:
    sys.stdout.write(f"{kind} {number}\n")
    sys.stdout.flush()


async def write_on(database: Database) -> None:
    store = await load_store(database, publish=lambda _: None)
    vault = await load_vault(database, clock=SystemClock(), cost=CHEAP)
    await vault.unlock(passphrase=PASSPHRASE)
    for _ in range(ROUNDS):
        known = await vault.get(WORK)
        generation = 1 if known is None else known.generation + 1
        await vault.intend(WORK, generation - 1)
        sealed = await vault.put(WORK, login("A", generation))
        say("login", sealed.generation)
        number = store.state.next_number
        await store.change(put_account(account(number)))
        say("account", number)


async def main(home: Path, word: str, count: int) -> None:
    database = await open_database(home / "vault.db", VAULT_SCHEMA)
    if word:
        dying = Dying(database._connection, word, count)
        database._connection = cast("sqlite3.Connection", dying)
    await write_on(database)


if __name__ == "__main__":
    where = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else ("", 0)
    asyncio.run(main(Path(sys.argv[1]), *where))
