"""Kills the refresh lane with SIGKILL, again and again, while an issuer revokes whoever reuses.

Run by hand for long: `python -m tests.core.oauth 10000`. The issuer lives in this process,
the lane in another that is killed, at random moments and at chosen points. After each kill the
vault is opened and every account is compared with what the issuer knows.
"""

import asyncio
import json
import multiprocessing
import os
import random
import statistics
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from core.accounts.roster import Candidate, Roster
from core.codex_home.auth_json import read_login
from core.domain.account import AccountId, Refresher
from core.oauth import ours as ours_module
from core.oauth.lane import Lane
from core.oauth.ours import Ours
from core.runtime.clock import SystemClock
from core.standin.issuer import Family
from core.standin.people import make_login, signed_in_again
from core.standin.server import StandIn
from core.storage.database import Database, open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.slots import ScryptCost
from core.storage.store import Store, load_store
from core.storage.vault import Vault, load_vault

ACCOUNTS = 5
LIFE = timedelta(days=1)
LONGEST_RUN_S = 0.15
"""A worker that is not killed at a chosen point is killed at a random moment before this."""
POINTS = ("before the intent", "before the request", "after the answer", "after the commit")

_CHEAP = ScryptCost(n=16, r=8, p=1)
_PASSPHRASE = "a fake passphrase"
_WINDOWS = "windows"


@dataclass(kw_only=True)
class Toll:
    """What the kills have cost.

    Attributes:
        kills: how many.
        refreshes: tokens that the issuer renewed.
        doubted: accounts found in doubt after a kill, their token not spent.
        lost_answers: accounts found in doubt after a kill, their token spent: the answer was on
            its way, or not yet on the disk.
        lost: accounts that hold no valid access token, or an older refresh token without knowing.
        revoked: families that the issuer revoked because a token came back.
        windows_s: seconds from an answer to its being on the disk.
    """

    kills: int = 0
    refreshes: int = 0
    doubted: int = 0
    lost_answers: int = 0
    lost: list[str] = field(default_factory=list)
    revoked: int = 0
    windows_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        window = statistics.median(self.windows_s) * 1000 if self.windows_s else float("nan")
        return (
            f"{self.kills} kills, {self.refreshes} refreshes: {len(self.lost)} accounts lost, "
            f"{self.revoked} families revoked; in doubt {self.doubted} not spent and "
            f"{self.lost_answers} spent, all with a valid access token; "
            f"answer to disk {window:.1f} ms at the median of {len(self.windows_s)}"
        )


async def torture(folder: Path, kills: int, *, seed: int) -> Toll:
    """Kill `kills` workers; half of them at chosen points."""
    draw = random.Random(seed)
    clock = SystemClock()
    toll = Toll()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    async with StandIn(now=clock.now, keep_requests=10) as back_end:
        await sign_in(folder, back_end, clock, (chr(65 + n) for n in range(ACCOUNTS)), toll)
        for _ in range(kills):
            point = draw.choice(POINTS) if draw.random() < 0.5 else ""
            after = draw.randrange(1, 6)
            arguments = (str(folder), back_end.auth_url, point, after)
            worker = context.Process(target=work, args=arguments, daemon=True)
            await _run_and_kill(worker, draw.uniform(0, LONGEST_RUN_S) if not point else 5.0)
            toll.kills += 1
            doubted = await compare(folder, back_end, clock, toll)
            await sign_in(folder, back_end, clock, doubted, toll)
        families = back_end.issuer.families
        toll.refreshes = sum(family.renewals for family in families)
        toll.revoked = sum(family.reuses for family in families)
    raw = (folder / _WINDOWS).read_bytes() if (folder / _WINDOWS).exists() else b""
    toll.windows_s = [value for (value,) in struct.iter_unpack("d", raw[: len(raw) // 8 * 8])]
    return toll


async def _run_and_kill(worker: ForkServerProcess, seconds: float) -> None:
    worker.start()
    await asyncio.to_thread(worker.join, seconds)
    worker.kill()
    await asyncio.to_thread(worker.join)
    worker.close()


@dataclass(kw_only=True)
class _Open:
    database: Database
    store: Store
    vault: Vault

    async def close(self) -> None:
        await self.store.close()
        await self.vault.close()
        await self.database.close()


async def _open(folder: Path, clock: SystemClock) -> _Open:
    database = await open_database(folder / "vault.db", VAULT_SCHEMA)
    vault = await load_vault(database, clock=clock, cost=_CHEAP)
    await vault.unlock(passphrase=_PASSPHRASE)
    store = await load_store(database, publish=lambda _: None)
    return _Open(database=database, store=store, vault=vault)


async def sign_in(
    folder: Path, back_end: StandIn, clock: SystemClock, names: Iterable[str], toll: Toll
) -> None:
    """A sign-in for each name, as its user would do it again after a doubt."""
    parts = await _open(folder, clock)
    roster = Roster(
        store=parts.store, vault=parts.vault, unlock=_nothing, clock=clock, draw=os.urandom
    )
    for name in names:
        first = make_login(name, expires_at=clock.now() + LIFE)
        login = signed_in_again(first, family=toll.kills + 1)
        back_end.issuer.set_life(name, LIFE)
        back_end.add(login)
        await roster.admit(
            Candidate(
                login=read_login(json.dumps(login.auth_json)),
                refresher=Refresher.TURNTABLE,
                source=None,
            )
        )
    await parts.close()


async def compare(
    folder: Path, back_end: StandIn, clock: SystemClock, toll: Toll
) -> tuple[str, ...]:
    """What the vault holds against what the issuer knows; the names in doubt."""
    parts = await _open(folder, clock)
    doubts = await parts.vault.doubtful()
    doubted = []
    for account in parts.store.state.accounts.values():
        name = account.identity.user.removeprefix("user-")
        held = await parts.vault.get(account.id)
        if held is None:
            toll.lost.append(f"kill {toll.kills}: {name} has no login any more")
            continue
        family = back_end.issuer.recognise(held.access_token)
        if not isinstance(family, Family):
            toll.lost.append(f"kill {toll.kills}: {name} holds a token that is {family}")
            continue
        newest = held.refresh_token == family.login.refresh_token
        if doubts.get(account.id) == held.generation:
            doubted.append(name)
            toll.doubted += newest
            toll.lost_answers += not newest
        elif not newest:
            toll.lost.append(f"kill {toll.kills}: {name} is behind and does not know")
    await parts.close()
    return tuple(doubted)


async def _nothing() -> None:
    """The vault is open."""


# The worker


def work(folder: str, auth_url: str, point: str, after: int) -> None:
    """Refresh every account for ever, or until the chosen point has been reached `after` times."""
    asyncio.run(_work(Path(folder), auth_url, point, after))


async def _work(folder: Path, auth_url: str, point: str, after: int) -> None:
    clock = SystemClock()
    parts = await _open(folder, clock)
    reached = dict.fromkeys(POINTS, 0)
    answered_at = 0.0
    windows = os.open(folder / _WINDOWS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def reach(name: str) -> None:
        reached[name] += 1
        if name == point and reached[name] == after:
            os.kill(os.getpid(), 9)

    def around[**P, T](
        function: Callable[P, Awaitable[T]],
        *,
        before: Callable[[], None],
        then: Callable[[], None],
    ) -> Callable[P, Awaitable[T]]:
        async def wrapped(*arguments: P.args, **named: P.kwargs) -> T:
            before()
            answer = await function(*arguments, **named)
            then()
            return answer

        return wrapped

    def answered() -> None:
        nonlocal answered_at
        answered_at = time.perf_counter()
        reach("after the answer")

    def committed() -> None:
        os.write(windows, struct.pack("d", time.perf_counter() - answered_at))
        reach("after the commit")

    def nothing() -> None:
        pass

    vault: Any = parts.vault
    vault.intend = around(vault.intend, before=lambda: reach("before the intent"), then=nothing)
    module: Any = ours_module
    module.post = around(module.post, before=lambda: reach("before the request"), then=answered)
    vault.put = around(vault.put, before=nothing, then=committed)
    ours = Ours(
        vault=parts.vault,
        lane=Lane(clock, draw=random.random, gap_s=lambda: 0.0),
        clock=clock,
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        auth_url=lambda: auth_url,
    )
    accounts = tuple(parts.store.state.accounts.values())
    while True:
        for account in accounts:
            held = await parts.vault.get(AccountId(account.id))
            if held is not None:
                await ours.renew(account, held, dead=False, reason="forced")
        await asyncio.sleep(0)
