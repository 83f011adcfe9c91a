"""Half an hour of work with faults in it: `python -m tests.bench.soak --minutes 30 --streams 64`.

`turntable serve` as it is installed (two accounts, vault, ledger, selection, TLS to the back end)
serves so many clients at once. Most take a stream to its end; some back ends cut, refuse, limit an
account or never answer; some clients leave in the middle, some ask on a WebSocket. Printed: what
was answered, memory over time and its slope, and what is left when everybody has gone: requests,
streams, sockets, tasks, file descriptors.
`--write` puts it into docs/reference/soak.md. Exit code 1: something was left, or memory grew.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.control.remote import RemoteFacade
from core.websocket.frames import Opcode, encode
from tests.bench import pages, setups, sockets
from tests.bench.load import Target
from tests.bench.measured import cpu_s, resident_mb
from tests.bench.watched import tasks_of
from tests.fakes.connect_proxy import Authority

MOST_MB_AN_HOUR = 4.0
"""Growth that is still called flat: a fragment of the allocator's, not a leak."""
_WARM_UP = 0.25
"""The part of the run in which memory may still settle."""
_SAMPLE_S = 10.0
_REST_S = 90.0
"""Kept connections to the back end are closed within this time."""
_ACTS = (
    (50, "stream {events} 100", False),
    (10, "socket {events} 100", False),
    (3, "socket {events} 100", True),
    (10, "short", False),
    (8, "cut 10", False),
    (6, "stream {events} 100", True),
    (5, "hang", True),
    (4, "large 1000000", False),
    (4, f"limit {setups.LIMITED}", False),
    (3, "refuse 400", False),
)
"""How often, what the back end does, whether the client leaves in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The program at one moment."""

    at_s: float
    resident_mb: float
    descriptors: int


@dataclass(slots=True, kw_only=True)
class Soak:
    """What has been seen."""

    samples: list[Sample] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    left: dict[str, int] = field(default_factory=dict)
    cpu_s: float = 0.0

    @property
    def slope_mb_an_hour(self) -> float:
        """The least-squares line through the samples after the warm-up."""
        late = self.samples[int(len(self.samples) * _WARM_UP) :]
        if len(late) < 2:
            return 0.0
        mean_x = sum(s.at_s for s in late) / len(late)
        mean_y = sum(s.resident_mb for s in late) / len(late)
        spread = sum((s.at_s - mean_x) ** 2 for s in late)
        rise = sum((s.at_s - mean_x) * (s.resident_mb - mean_y) for s in late)
        return 3600 * rise / spread


async def ask(target: Target, draw: random.Random, found: Soak) -> None:
    """One request of one client, drawn by lot."""
    (act,) = draw.choices(_ACTS, weights=[one[0] for one in _ACTS])
    words, leaves = act[1].format(events=draw.randrange(10, 120)), act[2]
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    kind = words.split()[0] + (", left" if leaves else "")
    if words.startswith("socket"):
        answer = _on_a_socket(reader, writer, target, words.replace("socket", "stream"))
    else:
        writer.write(target.request(words, draw.randbytes(draw.choice((500, 20_000, 200_000)))))
        answer = _to_the_end(reader)
    try:
        if leaves:
            with suppress(TimeoutError):
                async with asyncio.timeout(draw.uniform(0.1, 2.0)):
                    await answer
            found.answers[kind] += 1
        else:
            found.answers[f"{kind}: {await answer}"] += 1
    except OSError:
        found.answers[f"{kind}: cut"] += 1
    finally:
        writer.transport.abort()


async def _to_the_end(reader: asyncio.StreamReader) -> str:
    """The status, and whether the answer came to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = head.split(b" ", 2)[1].decode()
    try:
        if b"transfer-encoding: chunked" in head:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
        else:
            length = head.partition(b"content-length: ")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        return f"{status}, cut"
    return status


async def _on_a_socket(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, words: str
) -> str:
    """As `_to_the_end`, of one response on a WebSocket."""
    writer.write(sockets.handshake(target, words))
    status = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
    if status != "101":
        return status
    writer.write(encode(Opcode.TEXT, sockets.ASK, key=b"mask"))
    tail = b""
    while sockets.LAST not in tail:
        read = await reader.read(64 * 1024)
        if not read:
            return f"{status}, cut"
        tail = (tail + read)[-400:]
    return status


async def client(target: Target, draw: random.Random, ends: float, found: Soak) -> None:
    """One client, from request to request with a breath between them."""
    while time.monotonic() < ends:
        try:
            async with asyncio.timeout(60):
                await ask(target, draw, found)
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            found.answers[type(error).__name__] += 1
        await asyncio.sleep(draw.uniform(0.0, 1.0))


async def watch(pid: int, ends: float, found: Soak) -> None:
    """Look at the program now and then."""
    began = time.monotonic()
    while time.monotonic() < ends:
        found.samples.append(sample(pid, time.monotonic() - began))
        await asyncio.sleep(_SAMPLE_S)


def sample(pid: int, at_s: float) -> Sample:
    """The program now."""
    return Sample(at_s=at_s, resident_mb=resident_mb(pid), descriptors=_descriptors(pid))


def _descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


async def soak(
    target: Target, pid: int, home: Path, window: Path, *, minutes: float, streams: int
) -> Soak:
    """Everything, and then what is left."""
    found, remote = Soak(), RemoteFacade(home / "run" / "control.sock")
    before, tasks = sample(pid, 0.0), tasks_of(window)
    ends = time.monotonic() + 60 * minutes
    spent = cpu_s(pid)
    async with asyncio.TaskGroup() as group:
        group.create_task(watch(pid, ends, found))
        for number in range(streams):
            group.create_task(client(target, random.Random(number), ends, found))
    found.cpu_s = cpu_s(pid) - spent
    await asyncio.sleep(_REST_S)
    proxy: Any = (await remote.perform("status", {}))["proxy"]
    found.left = {
        "requests": proxy["in_flight"],
        "streams": proxy["streams"],
        "websockets": proxy["websockets"],
        "tasks": (tasks_of(window) - tasks).total(),
        # The control socket's own, and one connection that is kept warm.
        "file descriptors": max(0, _descriptors(pid) - before.descriptors - 2),
    }
    return found


def report(found: Soak, *, minutes: float, streams: int) -> str:
    """What was seen, as a page."""
    lines = [
        f"{minutes:g} minutes, {streams} clients at once, "
        f"{sum(found.answers.values()):,} requests, {found.cpu_s:.0f} s of processor time.",
        "",
        f"Memory after the warm-up: {found.slope_mb_an_hour:+.2f} MB an hour "
        f"({found.samples[0].resident_mb:.1f} MB at the start, at most "
        f"{max(s.resident_mb for s in found.samples):.1f}, "
        f"{found.samples[-1].resident_mb:.1f} at the end).",
        "",
        "Over the run, by tenths (MB): "
        + " · ".join(f"{s.resident_mb:.1f}" for s in _tenths(found.samples))
        + ".",
        "",
        "Left when everybody had gone: "
        + ", ".join(f"{name} {count}" for name, count in found.left.items())
        + ".",
        "",
        "| what the back end did, and what the client got | times |",
        "|---|---|",
        *(f"| {what} | {times:,} |" for what, times in sorted(found.answers.items())),
    ]
    return "\n".join(lines) + "\n"


def _tenths(samples: list[Sample]) -> list[Sample]:
    return [samples[(len(samples) - 1) * tenth // 10] for tenth in range(11)]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        authority = Authority.create(folder)
        with (
            setups.back_end(folder, authority) as direct,
            setups.whole(folder, authority, direct, window=folder / "window") as whole,
        ):
            assert whole.pid is not None
            found = asyncio.run(
                soak(
                    whole.target,
                    whole.pid,
                    folder / "turntable",
                    folder / "window",
                    minutes=asked.minutes,
                    streams=asked.streams,
                )
            )
    text = report(found, minutes=asked.minutes, streams=asked.streams)
    print(text)
    if asked.write:
        pages.put(pages.SOAK, "figures", text)
    grew = found.slope_mb_an_hour > MOST_MB_AN_HOUR
    return 1 if grew or any(found.left.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
