"""What the tray app costs on a real desktop: `python -m tests.bench.tray [--minutes 10] [--write]`.

An X server, a session bus and a tray of its own, as in the tests; the app with two accounts over a
back end on loopback. Measured: start → icon, the menu of 50 accounts, how soon a click is seen,
what it takes when nobody does anything, and what the proxy adds while the window is open on 50
accounts, one of which is asked short questions all the time (engine inside and in a child).
`--only delays` (or starts, menus, clicks, idle) measures one of them; `--write` puts the whole
table into docs/performance.md.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.control.remote import RemoteFacade
from core.runtime.paths import Home
from tests.bench import load, pages, setups
from tests.bench.accounts import fill
from tests.bench.measured import at, cpu_s, middle, resident_mb
from tests.fakes.connect_proxy import Authority
from tests.fakes.desktop import Desktop
from tests.fakes.process import die_with_parent
from tests.fakes.tray_host import TrayHost, TrayItem
from tests.journeys import clicks
from tests.tray.program import ACCOUNTS

MENUS = 30
CLICKS = 6
REST_S = 1.0
"""Between two clicks: nobody is faster, and what the one before it has set off is over."""
STREAMS = 64
EVENTS = 150
ACCOUNTS_SHOWN = 50
LIVELY_S = 0.05
"""Between two short questions that keep the numbers in the window moving."""
SETTLES_S = 20.0
PARTS = ("starts", "menus", "clicks", "idle", "delays")
ROUTE = "Route Codex through Turntable"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where the app runs: a desktop, and an environment with a data folder."""

    desktop: Desktop
    environment: dict[str, str]

    @property
    def facade(self) -> RemoteFacade:
        """The engine that runs."""
        return RemoteFacade(Home(root=Path(self.environment["TURNTABLE_HOME"])).control)

    @property
    def config(self) -> Path:
        """Codex's config.toml."""
        return Path(self.environment["CODEX_HOME"]) / "config.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: what, how much, and what is asked."""

    what: str
    figure: str
    floor: str = ""


@asynccontextmanager
async def app(
    world: World, *words: str, **env: str
) -> AsyncIterator[tuple[TrayItem, asyncio.subprocess.Process, float]]:
    """A program with an icon, the tray app unless named: icon, process, seconds to the icon."""
    async with TrayHost(world.desktop.bus_address) as host:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *(words or ("tray",)),
            env=world.desktop.env | world.environment | env | {"PYTHONPATH": str(setups.ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            cwd=setups.ROOT,
            preexec_fn=die_with_parent,
        )
        try:
            item = await host.wait_for_item(60)
            yield item, process, time.monotonic() - began
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)


async def starts(world: World, count: int) -> Row:
    """From the start of the process to the icon in the tray; the first one warms the caches."""
    took = []
    for _ in range(count + 1):
        async with app(world) as (_, _, seconds):
            took.append(seconds)
    warm = took[1:]
    figure = f"{middle(warm):.2f} s (at most {max(warm):.2f} s)"
    return Row(what="start → icon, warm", figure=figure, floor="≤ 1.5 s")


async def menus(world: World) -> Row:
    """From a host's wish to open the menu to all of its lines, over D-Bus."""
    took = []
    async with app(world, "tests.tray.program", ACCOUNTS, "50") as (item, _, _):
        for _ in range(MENUS):
            began = time.monotonic()
            await item.menu()
            took.append(1000 * (time.monotonic() - began))
    figure = f"{middle(took):.0f} ms (95 %: {at(took, 0.95):.0f} ms)"
    return Row(what="menu of 50 accounts, opened and read", figure=figure, floor="≤ 50 ms")


async def seen(world: World) -> list[Row]:
    """How soon *use* and *route* are seen."""
    used: list[dict[str, float]] = []
    bound: list[dict[str, float]] = []
    async with app(world) as (item, _, _):
        accounts = (await world.facade.status()).accounts
        for turn in range(CLICKS):
            goal = accounts[turn % 2].id
            await asyncio.sleep(REST_S)
            entries = (await item.menu()).entries
            line = [entry.label for entry in entries if entry.radio][turn % 2]
            used.append(
                await clicks.follow(
                    lambda line=line: item.click(line),  # type: ignore[misc]
                    clicks.core(
                        world.facade,
                        lambda report, goal=goal: report.rotation.account == goal,  # type: ignore[misc]
                    ),
                    clicks.mark(item, turn % 2),
                )
            )
        for turn in range(CLICKS):
            await asyncio.sleep(REST_S)
            on = turn % 2 == 0
            bound.append(
                await clicks.follow(
                    lambda: item.click(ROUTE),
                    clicks.config(
                        world.config,
                        lambda text, on=on: (b"openai_base_url" in text) is on,  # type: ignore[misc]
                    ),
                    await clicks.icon_changes(item),
                )
            )
    return [
        Row(
            what=f"click on {what} → {place}",
            figure=f"{1000 * middle(times):.0f} ms (at most {1000 * max(times):.0f} ms)",
            floor="≤ 300 ms",
        )
        for what, follows in (("an account", used), ("Route Codex", bound))
        for place in follows[0]
        for times in [[one[place] for one in follows]]
    ]


async def delays(world: World, engine: str) -> list[Row]:
    """What an event and a first byte wait while the window is open."""
    async with app(world, TURNTABLE_UI_ENGINE=engine):
        target = await asyncio.to_thread(setups.routed, world.environment, engine)
        await world.facade.perform("show", {})
        await asyncio.sleep(3)
        await load.counted(target, clients=4, requests=400)
        first = await load.closed_loop(target, clients=1, seconds=5)
        async with asyncio.TaskGroup() as group:
            streams = load.streams(target, clients=STREAMS, events=EVENTS, gap_ms=20)
            streaming = group.create_task(streams)
            group.create_task(load.closed_loop(target, clients=1, seconds=3, pause_s=LIVELY_S))
        events = streaming.result()
        await asyncio.to_thread(setups.verb, "unbind", environment=world.environment)
    where = "inside" if engine == "inline" else "in a child"
    return [
        Row(
            what=f"first byte p50, window open, engine {where}",
            figure=f"{1e6 * middle(first.first_byte_s):,.0f} µs",
        ),
        Row(
            what=f"event delay, {STREAMS} streams, window open, engine {where}",
            figure=f"p50 {1e6 * middle(events):,.0f} µs, p99 {1e3 * at(events, 0.99):.1f} ms",
            floor="p99 ≤ 20 ms" if engine == "inline" else "",
        ),
    ]


async def idle(world: World, minutes: float) -> list[Row]:
    """Processor time and memory while nobody does anything."""
    async with app(world) as (_, process, _):
        await asyncio.sleep(SETTLES_S)
        before, began = cpu_s(process.pid), time.monotonic()
        await asyncio.sleep(60 * minutes)
        used = (cpu_s(process.pid) - before) / (time.monotonic() - began)
        resident = resident_mb(process.pid)
    return [
        Row(what=f"CPU, idle for {minutes:g} min", figure=f"{100 * used:.2f} %", floor="≤ 0.2 %"),
        Row(what="resident, idle", figure=f"{resident:.0f} MB", floor="≤ 120 MB"),
    ]


async def measure(world: World, parts: Sequence[str], *, minutes: float, count: int) -> list[Row]:
    """These parts, one after the other."""
    rows: list[Row] = []
    if "starts" in parts:
        rows += [await starts(world, count)]
    if "menus" in parts:
        rows += [await menus(world)]
    if "clicks" in parts:
        rows += await seen(world)
    if "idle" in parts and minutes:
        rows += await idle(world, minutes)
    if "delays" in parts:
        home, passphrase = (world.environment[f"TURNTABLE_{n}"] for n in ("HOME", "PASSPHRASE"))
        await fill(Path(home), ACCOUNTS_SHOWN, first=3, passphrase=passphrase)
        for engine in ("inline", "child"):
            rows += await delays(world, engine)
    return rows


def table(rows: list[Row], began: tuple[float, float, float]) -> str:
    """Markdown."""
    lines = [f"| {row.what} | {row.figure} | {row.floor} |" for row in rows]
    said = f"One run; load of the machine before it {began[0]:.1f} on {os.cpu_count()} cores.\n\n"
    return said + "\n".join(("| | measured | floor |", "|---|---|---|", *lines)) + "\n"


def main() -> None:
    """Print the table, and write it where it is wished."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tray", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="Of idleness; 0: none.")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    began = os.getloadavg()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = Authority.create(folder)
        direct = stack.enter_context(setups.back_end(folder, authority))
        environment = setups.prepared(folder, authority, direct)
        desktop = stack.enter_context(Desktop(folder / "desktop"))
        world = World(desktop=desktop, environment=environment)
        world.config.write_bytes(b'model = "gpt-6.1-sol"\n')
        rows = asyncio.run(
            measure(world, arguments.only, minutes=arguments.minutes, count=arguments.starts)
        )
    text = table(rows, began)
    sys.stdout.write(text)
    if arguments.write:
        pages.put(pages.PERFORMANCE, "tray", text)


if __name__ == "__main__":
    main()
