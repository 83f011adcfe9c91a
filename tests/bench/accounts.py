"""What 200 accounts cost: `python -m tests.bench.accounts [COUNT…]`.

For each count a data folder is filled, a server started on it, and `accounts` asked for: at the
control endpoint, and by the command line as a process of its own. Printed: medians, the worst, and
the memory of the server.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from statistics import median

from core.app import App
from core.control.remote import RemoteFacade
from core.domain.account import Refresher
from core.domain.observed import learn_quota
from core.domain.quota import EVERYTHING, Quota, QuotaSource, Window, kind_of
from core.domain.state import put_account
from core.runtime.clock import SystemClock
from core.runtime.paths import Home
from core.words.speech import english
from tests.bench.measured import resident_mb
from tests.core.storage.samples import account, login
from tests.journeys.turntable import Turntable

PASSPHRASE = "a fake passphrase"
COUNTS = (5, 200)
_ASKED = 50
_TYPED = 10


async def fill(folder: Path, count: int, *, first: int = 1, passphrase: str = PASSPHRASE) -> None:
    """A data folder with accounts `first` to `count`, each with a login and two windows."""
    app = App(
        home=Home(root=folder),
        environment={"PATH": "", "CODEX_HOME": str(folder / "codex")},
        user_home=folder,
        clock=SystemClock(),
        speech=english(),
    )
    await app.hold("bench")
    try:
        await app.unlock(passphrase)
        now = datetime.now(UTC)
        for number in range(first, count + 1):
            row = replace(account(number), refresher=Refresher.TURNTABLE, source=None)
            known = replace(login(f"L{number}"), expires_at=now + timedelta(days=5))
            await app.folder.vault.put(row.id, known)
            await app.folder.store.change(put_account(row))
            app.folder.store.learn(learn_quota(row.id, _quota(number, now)))
    finally:
        await app.close()


def _quota(number: int, now: datetime) -> Quota:
    windows = [
        Window(
            kind=kind_of(minutes),
            minutes=minutes,
            remaining=float((number * minutes) % 100),
            resets_at=now + timedelta(minutes=minutes / 2),
            scope=EVERYTHING,
            observed_at=now,
            source=QuotaSource.HEADERS,
        )
        for minutes in (300, 10080)
    ]
    return Quota(windows={(w.scope, w.kind, w.minutes): w for w in windows})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What so many accounts cost.

    Attributes:
        count: how many were listed.
        asked_ms: `accounts` at the owner's control endpoint, each time it was asked.
        typed_ms: the same as a process of its own.
        server_mb: the memory of the server.
    """

    count: int
    asked_ms: tuple[float, ...]
    typed_ms: tuple[float, ...]
    server_mb: float

    def __str__(self) -> str:
        return (
            f"{self.count:4} accounts: in the owner {median(self.asked_ms):.1f} ms "
            f"(worst {max(self.asked_ms):.1f}), as a process {median(self.typed_ms):.0f} ms "
            f"(worst {max(self.typed_ms):.0f}), server {self.server_mb:.1f} MB"
        )


async def measure(count: int) -> Cost:
    """Fill a folder with so many accounts, serve it and ask."""
    with tempfile.TemporaryDirectory(prefix="bench-accounts-") as name:
        folder = Path(name)
        home = folder / "turntable"
        await fill(home, count)
        nobody = "http://127.0.0.1:9/backend-api"
        turntable = Turntable(
            home,
            {
                "PATH": "",
                "HOME": str(folder),
                "TURNTABLE_PASSPHRASE": PASSPHRASE,
                "TURNTABLE_UPSTREAM_BASE_URL": nobody,
                "TURNTABLE_PROXY_PORT": str(_free_port()),
            },
        )
        async with turntable.serve() as serving:
            remote = RemoteFacade(home / "run" / "control.sock")
            asked = []
            for _ in range(_ASKED):
                began = time.perf_counter()
                answer = await remote.perform("accounts", {})
                asked.append((time.perf_counter() - began) * 1000)
            typed = []
            for _ in range(_TYPED):
                began = time.perf_counter()
                await turntable.done("accounts")
                typed.append((time.perf_counter() - began) * 1000)
            listed = answer["accounts"]
            return Cost(
                count=len(listed) if isinstance(listed, list) else 0,
                asked_ms=tuple(asked),
                typed_ms=tuple(typed),
                server_mb=resident_mb(serving.process.pid),
            )


def _free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


async def main(counts: tuple[int, ...]) -> None:
    """Measure each."""
    for count in counts:
        print(await measure(count))


if __name__ == "__main__":
    asyncio.run(main(tuple(int(word) for word in sys.argv[1:]) or COUNTS))
