"""`turntable monitor` in a real terminal: it shows, hears keys, and gives the terminal back."""

import asyncio
import io
import json
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from core.cli.monitor_lines import Line
from core.cli.terminal import Terminal
from core.domain.state import put_account
from tests.core.cli.apps import app_over
from tests.core.control.apps import free_port
from tests.core.routing.pool import account
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(60)
_SEQUENCE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


class Watched:
    """The screen of a terminal that `monitor` runs in."""

    def __init__(self, turntable: Turntable) -> None:
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core", "monitor"],
            env=turntable.env
            | {"COLUMNS": "100", "LINES": "20", "TERM": "xterm", "LANGUAGE": "en"},
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.slave = slave
        self.seen = ""

    async def until(self, text: str) -> str:
        """What is on the screen once `text` is."""
        async with asyncio.timeout(20):
            while text not in self.screen:
                data = await asyncio.to_thread(os.read, self.master, 65536)
                self.seen += data.decode("utf-8", "replace")
        return self.screen

    @property
    def screen(self) -> str:
        """The newest drawing, without what a terminal is told."""
        return _SEQUENCE.sub("", self.seen.rpartition("\x1b[H")[2])

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    async def ended(self) -> int:
        code = await asyncio.to_thread(self.process.wait, 20)
        # What was written last lies in the terminal still.
        os.set_blocking(self.master, False)
        try:
            while data := os.read(self.master, 65536):
                self.seen += data.decode("utf-8", "replace")
        except OSError:
            pass
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def turntable(tmp_path: Path) -> Turntable:
    """Two accounts, Ada and Bela; a server."""
    return Turntable(
        tmp_path / "t",
        {"CODEX_HOME": str(tmp_path), "TURNTABLE_PROXY_PORT": str(free_port()), "PATH": ""},
    )


async def admitted(turntable: Turntable) -> None:
    async with app_over(turntable.home) as app:
        for number, name in enumerate(("Ada", "Bela"), 1):
            await app.folder.store.change(put_account(account(name, number)))


def test_a_screen_is_one_write_that_begins_at_the_top() -> None:
    written: list[str] = []

    class Out(io.StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    lines = (Line(text="head", bold=True), Line(text="chosen", bar=True), Line(text="plain"))
    Terminal(Out()).show(lines)
    (one,) = written
    assert one.startswith("\x1b[H\x1b[1mhead")
    assert "\x1b[7mchosen" in one
    assert _SEQUENCE.sub("", one) == "head\r\nchosen\r\nplain"


async def test_it_shows_hears_keys_and_gives_the_terminal_back(turntable: Turntable) -> None:
    await admitted(turntable)
    async with turntable.serve():
        watched = Watched(turntable)
        try:
            first = await watched.until("Bela")
            assert "? keys · S use · E pause" in first
            watched.type("2s")
            await watched.until("▶")
            assert (await turntable.done("status"))["rotation"]["mode"] == "use"
            watched.type("\x1b[Ae")
            await watched.until("paused")
            watched.type("q")
            assert await watched.ended() == 0
            assert watched.seen.rstrip().endswith("\x1b[?25h\x1b[?1049l")
            assert termios.tcgetattr(watched.slave) == watched.before
        finally:
            watched.close()


async def test_it_ends_with_the_owner(turntable: Turntable) -> None:
    await admitted(turntable)
    async with turntable.serve():
        watched = Watched(turntable)
        try:
            await watched.until("Bela")
            await turntable.done("stop")
            assert await watched.ended() == 0
            assert termios.tcgetattr(watched.slave) == watched.before
        finally:
            watched.close()


async def test_without_an_owner_nothing_is_drawn(turntable: Turntable) -> None:
    watched = Watched(turntable)
    try:
        assert await watched.ended() == 5
        assert watched.seen == ""
    finally:
        watched.close()


async def test_without_a_terminal_it_says_so(turntable: Turntable) -> None:
    async with turntable.serve():
        ran = await turntable.run("monitor")
    assert ran.exit_code == 2
    assert ran.stderr.startswith("error: monitor needs a terminal.")


async def test_a_program_gets_a_line_for_every_change(turntable: Turntable) -> None:
    await admitted(turntable)
    async with turntable.serve(), turntable.begun("monitor", "--json") as begun:
        first = json.loads(await begun.line())
        assert [one["label"] for one in first["accounts"]] == ["Ada", "Bela"]
        await turntable.done("use", "Bela")
        while json.loads(await begun.line())["rotation"]["mode"] != "use":
            pass
        await turntable.done("stop")
        assert (await begun.ended()).exit_code == 0
