"""The tray program over a made-up engine, steered and observed by lines of text.

Prints a verb with its arguments for each wish, and `stopped` when the engine was stopped. Reads
`show` (a second start), `panel`, `limit LABEL`, `end` (the engine ends), `ping`, `refuse VERB` and
`without LABEL`.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.domain.events import Surface
from core.domain.report import StatusReport
from core.words.speech import english
from tests.tray.fake_facade import FakeFacade
from tests.tray.snapshots import account, snapshot, week, window
from tray.engine import Engine
from tray.main import main

ACCOUNTS = "--accounts"
"""With a number after it: so many, instead of the usual five."""


def say(line: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class PrintingFacade(FakeFacade):
    """Says what it is asked to do."""

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        if verb not in self.answers:
            say(f"{verb} {json.dumps(dict(arguments))}")
        return await super().perform(verb, arguments)


def five_accounts(now: datetime) -> StatusReport:
    """A pool in a usual state."""
    return snapshot(
        account(1, "Work", windows=(window(62, now=now), week(40, now=now))),
        account(2, "Personal", windows=(window(100, now=now), week(93, now=now))),
        account(3, "Client A", plan="team", state="waiting", until=timedelta(hours=1), now=now),
        account(4, "Old laptop", state="needs_sign_in", windows=()),
        account(5, "R&D <b>snake_case</b>", plan="pro", windows=(window(8, now=now),)),
        bind="unbound",
    )


def many_accounts(count: int, now: datetime) -> StatusReport:
    """A pool that is larger than a menu is high."""
    windows = (window(62, now=now), week(40, now=now))
    return snapshot(*(account(n, f"Account {n}", windows=windows) for n in range(1, count + 1)))


def obey(facade: PrintingFacade, line: str) -> None:
    """Do what the test has typed."""
    match line.split():
        case ["show"]:
            facade.ask_to_show()
        case ["panel"]:
            facade.ask_to_show(Surface.PANEL)
        case ["limit", label]:
            until = datetime.now(UTC) + timedelta(hours=1)
            facade.change(label, state="waiting", until=until)
        case ["ping"]:
            say("pong")
        case ["end"]:
            facade.end()
        case ["refuse", verb]:
            hint = "This is only a test."
            facade.refusals[verb] = CoreError("refused", f"{verb} was refused.", hint)
        case ["without", label]:
            facade.leave_out(label)
        case _:
            raise ValueError(line)


async def open_engine() -> Engine:
    """The engine that there is not."""
    now = datetime.now(UTC)
    count = sys.argv[sys.argv.index(ACCOUNTS) + 1] if ACCOUNTS in sys.argv else None
    facade = PrintingFacade(five_accounts(now) if count is None else many_accounts(int(count), now))
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: obey(facade, sys.stdin.readline()))

    async def stop(_: object) -> None:
        loop.remove_reader(sys.stdin)
        say("stopped")

    return Engine(facade=facade, speech=english(), owned=True, stop=stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv, open_engine=open_engine, speech=english()))
