"""The real program in processes of its own, as a user runs it."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.process import die_with_parent

_VERB_S = 30.0
_START_S = 20.0
_LISTENS = re.compile(r"Turntable listens on http://127\.0\.0\.1:(\d+)\n")
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a verb left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A `turntable serve` that listens."""

    process: asyncio.subprocess.Process
    port: int

    async def ended(self, within_s: float) -> int:
        """Its exit code; fails when it is not gone in time."""
        async with asyncio.timeout(within_s):
            return await self.process.wait()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A verb that talks back: `turntable login` and its like."""

    process: asyncio.subprocess.Process

    async def line(self) -> str:
        """The next line of its answer, without the newline."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_VERB_S):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def type(self, text: str) -> None:
        """A line on its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        await self.process.stdin.drain()

    async def ended(self) -> Ran:
        """How it ended, with what it said since the lines that were read."""
        async with asyncio.timeout(_VERB_S):
            stdout, stderr = await self.process.communicate()
        assert self.process.returncode is not None
        return Ran(
            exit_code=self.process.returncode, stdout=stdout.decode(), stderr=stderr.decode()
        )


class Turntable:
    """One user's Turntable: a data folder and an environment.

    Attributes:
        home: the data folder.
        env: what every process of it is started with.
    """

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self.home = home
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.env = kept | {"TURNTABLE_HOME": str(home), "TURNTABLE_BIND_WATCH": "false"} | dict(env)

    @property
    def guard(self) -> int:
        """The process id of the guard that watches this data folder."""
        return int((self.home / "run" / "guard.lock").read_text().split()[0])

    async def run(self, *words: str, timeout_s: float = _VERB_S, **env: str) -> Ran:
        """`turntable WORDS…` to its end."""
        process = await self._start(*words, env=env)
        try:
            async with asyncio.timeout(timeout_s):
                stdout, stderr = await process.communicate()
        finally:
            await _end(process)
        assert process.returncode is not None
        return Ran(exit_code=process.returncode, stdout=stdout.decode(), stderr=stderr.decode())

    async def done(self, *words: str, **env: str) -> Any:
        """`turntable WORDS… --json`, which must end well: its answer."""
        ran = await self.run(*words, "--json", **env)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        return ran.json

    @asynccontextmanager
    async def begun(self, *words: str, **env: str) -> AsyncIterator[Begun]:
        """`turntable WORDS…` while it goes on; killed when the test leaves it running."""
        process = await self._start(*words, env=env, stdin=asyncio.subprocess.PIPE)
        try:
            yield Begun(process=process)
        finally:
            await _end(process)

    @asynccontextmanager
    async def serve(
        self, *options: str, wrapper: tuple[str, ...] = (), **env: str
    ) -> AsyncIterator[Serving]:
        """`turntable serve OPTIONS…` from its first line on; killed when left running."""
        process = await self._start("serve", *options, env=env, wrapper=wrapper)
        try:
            assert process.stdout is not None
            async with asyncio.timeout(_START_S):
                line = (await process.stdout.readline()).decode()
            listens = _LISTENS.fullmatch(line)
            if listens is None:
                assert process.stderr is not None
                stderr = await process.stderr.read()
                raise AssertionError(f"it does not listen: {line}{stderr.decode()}")
            yield Serving(process=process, port=int(listens[1]))
        finally:
            await _end(process)

    async def _start(
        self,
        *words: str,
        env: Mapping[str, str],
        wrapper: tuple[str, ...] = (),
        stdin: int = asyncio.subprocess.DEVNULL,
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *wrapper,
            sys.executable,
            "-m",
            "core",
            *words,
            env=self.env | dict(env),
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()
