"""What is tortured: `python -m tests.core.oauth.tortured`, a worker for each line of stdin.

Everything is imported once; a worker is a fork. For each line (an `Order`) two come back: the
worker's process id when it begins, and how it ended (as `subprocess` has it: -9 = killed).
"""

import asyncio
import json
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from core.domain.account import AccountId
from core.oauth import ours as ours_module
from core.oauth.lane import Lane
from core.oauth.ours import Ours
from core.runtime.clock import SystemClock
from core.storage.backups import Backups
from core.storage.database import Database, open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.slots import ScryptCost
from core.storage.store import Store, load_store
from core.storage.vault import Vault, load_vault
from tests.fakes.dying_disk import FOR_EVER, arm, counted
from tests.fakes.process import die_with_parent

IN_A_CHECKPOINT = "in a checkpoint"
IN_A_BACKUP = "in a backup"
POINTS = (
    "before the intent",
    "before the request",
    "after the answer",
    "after the commit",
    IN_A_CHECKPOINT,
    IN_A_BACKUP,
)
WINDOWS = "windows"
"""The file of seconds between an answer and its being on the disk, each a double."""
UNHARMED = 3
"""A worker that came out of the section in which it should have died ends so."""

_CHEAP = ScryptCost(n=16, r=8, p=1)
_PASSPHRASE = "a fake passphrase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One worker.

    Attributes:
        folder: the data folder.
        auth_url: the issuer.
        point: where it dies by itself, one of `POINTS`; empty = its parent kills it.
        after: so many times the point is reached, or so many rounds are worked, before it dies.
        draw: 0 up to 1: how far into a checkpoint or a backup.
    """

    folder: str
    auth_url: str
    point: str
    after: int
    draw: float

    def line(self) -> str:
        """For stdin."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(kw_only=True)
class Opened:
    """A data folder with its vault open."""

    database: Database
    store: Store
    vault: Vault
    backups: Backups

    async def close(self) -> None:
        """Everything written, the file closed."""
        await self.store.close()
        await self.vault.close()
        await self.database.close()


async def opened(folder: Path, clock: SystemClock) -> Opened:
    """What every start does: the file, the vault, the accounts."""
    database = await open_database(folder / "vault.db", VAULT_SCHEMA)
    vault = await load_vault(database, clock=clock, cost=_CHEAP)
    await vault.unlock(passphrase=_PASSPHRASE)
    store = await load_store(database, publish=lambda _: None)
    backups = Backups(store=store, vault=vault, folder=folder / "backups", clock=clock)
    return Opened(database=database, store=store, vault=vault, backups=backups)


async def work(order: Order) -> None:
    """Refresh every account for ever, or until the chosen point."""
    folder = Path(order.folder)
    clock = SystemClock()
    parts = await opened(folder, clock)
    watched(parts.vault, folder, order)
    ours = Ours(
        vault=parts.vault,
        lane=Lane(clock, draw=random.random, gap_s=lambda: 0.0),
        clock=clock,
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        auth_url=lambda: order.auth_url,
    )
    rounds, calls = 0, 0
    while True:
        for account in tuple(parts.store.state.accounts.values()):
            held = await parts.vault.get(AccountId(account.id))
            if held is not None:
                await ours.renew(account, held, dead=False, reason="forced")
        await asyncio.sleep(0)
        rounds += 1
        if order.point in _SECTIONS and rounds >= order.after:
            section, name = _SECTIONS[order.point]
            # Each round writes as much: counted in one, it dies somewhere in the next.
            arm(folder / name, 1 + int(order.draw * calls) if calls else FOR_EVER)
            await section(parts)
            if calls:
                os._exit(UNHARMED)
            calls = counted()


async def _checkpoint(parts: Opened) -> None:
    await parts.database.read(
        lambda file: file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    )


async def _back_up(parts: Opened) -> None:
    await parts.backups.write_ours()


_SECTIONS: Mapping[str, tuple[Callable[[Opened], Awaitable[None]], str]] = {
    IN_A_CHECKPOINT: (_checkpoint, "vault.db"),
    IN_A_BACKUP: (_back_up, "backups"),
}
"""What is done there, and below which name it changes files."""


def watched(vault: Any, folder: Path, order: Order) -> None:
    """Die at the chosen point; write down how long each answer was not on the disk."""
    reached = dict.fromkeys(POINTS, 0)
    answered_at = 0.0
    windows = os.open(folder / WINDOWS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def reach(name: str) -> None:
        reached[name] += 1
        if name == order.point and reached[name] == order.after:
            os.kill(os.getpid(), signal.SIGKILL)

    def answered() -> None:
        nonlocal answered_at
        answered_at = time.perf_counter()
        reach("after the answer")

    def committed() -> None:
        os.write(windows, struct.pack("d", time.perf_counter() - answered_at))
        reach("after the commit")

    module: Any = ours_module
    vault.intend = _around(vault.intend, before=lambda: reach("before the intent"))
    module.post = _around(module.post, before=lambda: reach("before the request"), then=answered)
    vault.succeed = _around(vault.succeed, then=committed)


def _nothing() -> None:
    pass


def _around[**P, T](
    function: Callable[P, Awaitable[T]],
    *,
    before: Callable[[], None] = _nothing,
    then: Callable[[], None] = _nothing,
) -> Callable[P, Awaitable[T]]:
    async def wrapped(*arguments: P.args, **named: P.kwargs) -> T:
        before()
        answer = await function(*arguments, **named)
        then()
        return answer

    return wrapped


def main() -> None:
    """One worker after the other, until stdin ends."""
    for line in sys.stdin:
        worker = os.fork()
        if worker == 0:
            die_with_parent()
            asyncio.run(work(Order(**json.loads(line))))
        sys.stdout.write(f"{worker}\n")
        sys.stdout.flush()
        _, status = os.waitpid(worker, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
