"""What the ledger costs: `python -m tests.bench.ledger [ROWS]`, a million where nothing is said.

Fills a ledger with so many turns of 5 accounts over 400 days, as the program writes them, then asks
for usage by account and by day. Printed: bytes on disk for each request, and the median of each
question in wall and processor time. The year is busy at every hour, which is the worst for the sums
by the hour that the questions read.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from core.domain.usage import AttemptRecord, RequestRecord, Result
from core.storage.ledger import Ledger, open_ledger
from core.storage.usage_sums import usage_since
from tests.core.storage.samples import account, request

ROWS = 1_000_000
ACCOUNTS = 5
DAYS = 400
FLOOR_MS = 300.0
FLOOR_BYTES = 1024.0
_BATCH = 4096
_ASKED = 9
_MODELS = ("gpt-6.1-sol", "gpt-6-luna", "gpt-5.5")
_RESULTS = (*(Result.SERVED,) * 17, Result.MOVED, Result.REFUSED, Result.FAILED)
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What was measured.

    Attributes:
        rows: how many requests the ledger holds.
        bytes_each: on disk, indexes and sums included.
        asked: by grouping, milliseconds of wall time and of processor time.
    """

    rows: int
    bytes_each: float
    asked: dict[str, tuple[float, float]]


def turns(rows: int) -> Iterator[RequestRecord]:
    """Turns as they are written down: verdicts on every account, mostly one attempt."""
    chance = random.Random(1)
    sample = request(accounts=ACCOUNTS)
    ids = [account(number).id for number in range(1, ACCOUNTS + 1)]
    step = timedelta(days=DAYS) / max(1, rows)
    for number in range(rows):
        served_by = chance.choice(ids)
        result = chance.choice(_RESULTS)
        tried = [AttemptRecord(account=served_by, outcome="served")]
        if result is Result.MOVED:
            tried.insert(0, AttemptRecord(account=chance.choice(ids), outcome="limited"))
        yield replace(
            sample,
            id=f"req_{chance.getrandbits(80):020x}",
            started_at=_FIRST + number * step,
            facts=replace(sample.facts, model=chance.choice(_MODELS), parent=None),
            account=None if result is Result.REFUSED else served_by,
            attempts=tuple(tried),
            result=result,
        )


async def measure(folder: Path, rows: int) -> Cost:
    """Fill a ledger in `folder`, weigh it, and ask it."""
    path = folder / "ledger.db"
    empty = await _weight(path, 0)
    full = await _weight(path, rows)
    ledger = await open_ledger(path, now=_FIRST)
    try:
        asked = {by: await _asked(ledger, by) for by in ("account", "day")}
    finally:
        await ledger.close()
    return Cost(rows=rows, bytes_each=(full - empty) / rows, asked=asked)


async def _weight(path: Path, rows: int) -> int:
    """Bytes of the closed ledger with so many more rows."""
    ledger = await open_ledger(path, now=_FIRST, append_behind_s=3600)
    for number, record in enumerate(turns(rows), start=1):
        ledger.append(record)
        if number % _BATCH == 0:
            await ledger.flush()
    await ledger.close()
    return sum(file.stat().st_size for file in path.parent.iterdir())


async def _asked(ledger: Ledger, by: str) -> tuple[float, float]:
    """Milliseconds of one question over everything, the median of some."""
    work = partial(usage_since, since=_FIRST, by=by, offset=timedelta(hours=1))

    async def once(clock: Callable[[], float]) -> float:
        begun = clock()
        await ledger.read(work)
        return (clock() - begun) * 1000

    wall = statistics.median([await once(time.perf_counter) for _ in range(_ASKED)])
    return wall, statistics.median([await once(time.process_time) for _ in range(_ASKED)])


def lines(cost: Cost) -> list[str]:
    """The figures, each beside its floor."""
    out = [
        f"{cost.rows:,} requests, {ACCOUNTS} accounts, {DAYS} days",
        f"on disk, each request: {cost.bytes_each:,.0f} bytes (at most {FLOOR_BYTES:,.0f})",
    ]
    out += [
        f"usage by {by}: {wall:,.0f} ms, of which {cpu:,.0f} ms of processor time"
        f" (at most {FLOOR_MS:,.0f} ms)"
        for by, (wall, cpu) in cost.asked.items()
    ]
    return out


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    with tempfile.TemporaryDirectory() as folder:
        cost = asyncio.run(measure(Path(folder), rows))
    sys.stdout.write("\n".join(lines(cost)) + "\n")


if __name__ == "__main__":
    main()
