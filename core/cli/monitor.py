"""`turntable monitor`: the snapshot live in a terminal, and the keys that act on it."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import aclosing
from typing import TextIO

from core.cli.monitor_lines import LEAST_WIDTH, lines
from core.cli.monitor_screen import Leave, Perform, Screen, press, told
from core.cli.reader import Reader, Record, entries, record
from core.cli.terminal import Terminal, raw_terminal
from core.control.codec import to_json
from core.control.remote import RemoteFacade
from core.control.speaking import speech_of
from core.domain.errors import CoreError, ExitCode
from core.domain.report import StatusReport
from core.runtime.clock import SystemClock
from core.runtime.paths import turntable_home
from core.runtime.tasks import Tasks
from core.words.speech import Speech

AGAIN_S = 5.0
"""A screen is drawn at least so often: times pass, and windows of a terminal change their size."""
_NEWEST = 20


class Monitor:
    """What is shown now; one for each terminal."""

    def __init__(self, remote: RemoteFacade, terminal: Terminal, speech: Speech) -> None:
        """Shows nothing yet."""
        self._remote = remote
        self._terminal = terminal
        self._clock = SystemClock()
        self._speech = speech
        self._screen = Screen()
        self._report: StatusReport | None = None
        self._requests: list[Record] = []
        self._changed = asyncio.Event()
        self._over = False
        self._tasks = Tasks("monitor")

    async def run(self) -> int:
        """Until the person leaves, or the owner ends.

        Raises:
            CoreError: exit code 5, no owner runs.
        """
        watching = self._tasks.start(self._watch(), name="watch")
        self._tasks.start(self._listen(), name="keys")
        try:
            while not self._over:
                self._draw()
                self._changed.clear()
                try:
                    async with asyncio.timeout(AGAIN_S):
                        await self._changed.wait()
                except TimeoutError:
                    continue
            if watching.done():
                watching.result()  # why there is nothing to see
        finally:
            await self._tasks.close()
        return int(ExitCode.DONE)

    async def _watch(self) -> None:
        try:
            async with aclosing(self._remote.watch()) as changes:
                async for change in changes:
                    if not isinstance(change, StatusReport):
                        continue
                    log = await self._remote.perform("log", {"last": _NEWEST})
                    self._requests = [record(row) for row in entries(log.get("requests"))]
                    self._report = change
                    self._changed.set()
        finally:
            self._end()

    async def _listen(self) -> None:
        while True:
            key = await self._terminal.key()
            report = self._report
            if report is None:
                if key in ("q", "quit"):
                    self._end()
                continue
            self._screen, wish = press(self._screen, key, report)
            match wish:
                case Leave():
                    self._end()
                case Perform():
                    await self._perform(wish)
                case None:
                    pass
            self._changed.set()

    async def _perform(self, wish: Perform) -> None:
        try:
            answer = await self._remote.perform(wish.verb, dict(wish.arguments))
        except CoreError as error:
            self._screen = told(
                self._screen, [self._speech.retell(t) for t in (error.message, error.hint)]
            )
            return
        said = [str(line) for line in entries(answer.get("messages"))]
        self._screen = told(self._screen, said)

    def _end(self) -> None:
        self._over = True
        self._changed.set()

    def _draw(self) -> None:
        if self._report is None:
            return
        width, height = self._terminal.size
        reader = Reader(speech=self._speech, now=self._clock.now())
        self._terminal.show(
            lines(
                self._screen,
                self._report,
                self._requests,
                reader,
                width=max(width, LEAST_WIDTH),
                height=max(height, 1),
            )
        )


async def monitor(environment: Mapping[str, str], *, as_json: bool, out: TextIO) -> int:
    """Show the snapshot live; as JSON, one object a line after every change.

    Args:
        environment: names the data folder.
        as_json: for programs, which need no terminal.
        out: standard output.

    Raises:
        CoreError: exit code 5, no owner runs; exit code usage where there is no terminal.
    """
    remote = RemoteFacade(turntable_home(environment).control)
    if as_json:
        return await _as_json(remote, out)
    if not (sys.stdin.isatty() and out.isatty()):
        raise CoreError(
            "no_terminal",
            "monitor needs a terminal.",
            "`turntable status` prints once; `monitor --json` prints every change.",
            exit_code=ExitCode.USAGE,
        )
    await remote.status()  # nothing is drawn over where there is no owner
    async with raw_terminal(out) as terminal:
        return await Monitor(remote, terminal, speech_of(environment)).run()


async def _as_json(remote: RemoteFacade, out: TextIO) -> int:
    async with aclosing(remote.watch()) as changes:
        async for change in changes:
            if isinstance(change, StatusReport):
                print(json.dumps(to_json(change), ensure_ascii=False), file=out, flush=True)
    return int(ExitCode.DONE)
