"""Kills the refresh lane with SIGKILL, again and again, while an issuer revokes whoever reuses.

Run by hand for long: `python -m tests.core.oauth 10000`. The issuer lives in this process, the lane
in another (`tortured`) that is killed at random moments and at chosen points, in the middle of a
checkpoint and of a backup too. After each kill the vault is opened, every account is compared with
what the issuer knows, and every backup must be whole.
"""

import asyncio
import json
import os
import random
import signal
import statistics
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from core.accounts.roster import Candidate, Roster
from core.codex_home.auth_json import read_login
from core.domain.account import AccountId, Refresher
from core.domain.errors import CoreError
from core.runtime.clock import SystemClock
from core.standin.issuer import Family
from core.standin.people import make_login, signed_in_again
from core.standin.server import StandIn
from core.storage.backups import read_backup
from core.storage.kept_backups import in_order
from tests.core.oauth.tortured import POINTS, WINDOWS, Opened, Order, opened
from tests.fakes import dying_disk
from tests.fakes.process import die_with_parent

ACCOUNTS = 5
LIFE = timedelta(days=1)
LONGEST_RUN_S = 0.15
"""A worker that is not killed at a chosen point is killed at a random moment before this."""
LONGEST_WAIT_S = 5.0
"""So long a worker may take to its chosen point."""


@dataclass(kw_only=True)
class Toll:
    """What the kills have cost.

    Attributes:
        kills: how many.
        died: where: how many died at each chosen point by themselves.
        refreshes: tokens that the issuer renewed.
        doubted: accounts found in doubt after a kill, their token not spent.
        lost_answers: accounts found in doubt after a kill, their token spent: the answer was on
            its way, or not yet on the disk.
        lost: accounts that hold no valid access token, or an older refresh token without knowing;
            backups that are not whole.
        revoked: families that the issuer revoked because a token came back.
        windows_s: seconds from an answer to its being on the disk.
    """

    kills: int = 0
    died: Counter[str] = field(default_factory=Counter)
    refreshes: int = 0
    doubted: int = 0
    lost_answers: int = 0
    lost: list[str] = field(default_factory=list)
    revoked: int = 0
    windows_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        median = worst = float("nan")
        if len(self.windows_s) > 1:
            median = statistics.median(self.windows_s) * 1000
            worst = statistics.quantiles(self.windows_s, n=100)[-1] * 1000
        died = ", ".join(f"{self.died[point]} {point}" for point in POINTS)
        return (
            f"{self.kills} kills ({died}, the others at random), {self.refreshes} refreshes: "
            f"{len(self.lost)} lost, {self.revoked} families revoked; in doubt {self.doubted} "
            f"not spent and {self.lost_answers} spent, all with a valid access token; answer to "
            f"disk {median:.1f} ms at the median of {len(self.windows_s)}, {worst:.1f} ms at the "
            "99th percentile"
        )


async def torture(folder: Path, kills: int, *, seed: int) -> Toll:
    """Kill `kills` workers; half of them at chosen points."""
    draw = random.Random(seed)
    clock = SystemClock()
    toll = Toll()
    home = folder / "home"
    async with (
        StandIn(now=clock.now, keep_requests=10) as back_end,
        workers(dying_disk.build(folder)) as stable,
    ):
        await sign_in(home, back_end, clock, (chr(65 + n) for n in range(ACCOUNTS)), toll)
        for _ in range(kills):
            point = draw.choice(POINTS) if draw.random() < 0.5 else ""
            order = Order(
                folder=str(home),
                auth_url=back_end.auth_url,
                point=point,
                after=draw.randrange(1, 6),
                draw=draw.random(),
            )
            random_s = draw.uniform(0, LONGEST_RUN_S)
            if await stable.kill(order, LONGEST_WAIT_S if point else random_s):
                toll.died[point] += 1
            toll.kills += 1
            doubted = await compare(home, back_end, clock, toll)
            await sign_in(home, back_end, clock, doubted, toll)
        families = back_end.issuer.families
        toll.refreshes = sum(family.renewals for family in families)
        toll.revoked = sum(family.reuses for family in families)
    raw = (home / WINDOWS).read_bytes()
    toll.windows_s = [value for (value,) in struct.iter_unpack("d", raw[: len(raw) // 8 * 8])]
    return toll


class Workers:
    """The program that forks a worker for each order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Of a running `tortured`."""
        self._process = process

    async def kill(self, order: Order, seconds: float) -> bool:
        """A worker from its fork to its death, `seconds` later at the latest.

        Returns:
            Whether it died at its chosen point, by itself.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(order.line().encode())
        worker = await self._number()
        async with asyncio.TaskGroup() as group:
            ended = group.create_task(self._number())
            await asyncio.wait([ended], timeout=seconds)
            by_itself = ended.done()
            if not by_itself:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
        return ended.result() == -signal.SIGKILL and by_itself

    async def _number(self) -> int:
        assert self._process.stdout is not None
        return int(await self._process.stdout.readline())


@asynccontextmanager
async def workers(library: Path) -> AsyncIterator[Workers]:
    """Start `tortured` on a disk that it can die on."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.core.oauth.tortured",
        env=os.environ | {"LD_PRELOAD": str(library)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        yield Workers(process)
    finally:
        process.kill()
        await process.communicate()


async def sign_in(
    folder: Path, back_end: StandIn, clock: SystemClock, names: Iterable[str], toll: Toll
) -> None:
    """A sign-in for each name, as its user would do it again after a doubt."""
    parts = await opened(folder, clock)
    roster = Roster(
        store=parts.store,
        vault=parts.vault,
        unlock=_nothing,
        landed=_landed,
        clock=clock,
        draw=os.urandom,
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
    parts = await opened(folder, clock)
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
    toll.lost += [f"kill {toll.kills}: {trouble}" for trouble in await _in_backups(folder, parts)]
    await parts.close()
    return tuple(doubted)


async def _in_backups(folder: Path, parts: Opened) -> list[str]:
    """Backups that are there and not whole; the newest is opened too."""
    there = folder / "backups"
    names = in_order([path.name for path in there.iterdir()]) if there.is_dir() else []
    try:
        for name in names:
            read_backup(there / name)
        if names:
            _, kept = await parts.backups.open(there / names[0])
            assert len(kept.logins) == len(parts.store.state.accounts), names[0]
    except CoreError as error:
        return [error.message]
    return []


async def _nothing() -> None:
    """The vault is open."""


async def _landed(_: AccountId) -> None:
    """Nothing is renewed."""
