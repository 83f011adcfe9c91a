"""An engine in a process of its own, for a face that does not want to share its loop with it.

It is reached like a server that runs, and is ours all the same: its standard input is a pipe that
nobody writes to, and when that ends, however we ended, it gives Codex back and ends too.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, MutableMapping
from pathlib import Path

from core.control.remote import RemoteFacade
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.paths import turntable_home
from core.startup.program import hand_over, this_program, what_it_said

ENGINE_PROCESS = "engine-process"
"""The first word that makes this program such an engine; it is no verb."""
NOT_STARTED = "not_started"
"""The code of a process that did not come to answer, for no reason that it said."""
FIRST_LINE = b"Turntable listens on "
START_S = 30.0
"""How long it may take until it answers."""
STOP_S = 3.0
"""How long it may take to give Codex back; the guard does it for one that takes longer."""
RENEWAL_S = 45.0
"""How long beyond that, when it says that it waits for the answer to a renewal."""
_ENDS_S = 1.0
_ROOT = Path(__file__).resolve().parents[2]


class Child:
    """A running engine process.

    Attributes:
        facade: how it is reached.
    """

    def __init__(self, process: asyncio.subprocess.Process, facade: RemoteFacade) -> None:
        """`process` answers already."""
        self.facade = facade
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def broke(self) -> bool:
        """Whether it has ended although nobody asked it to."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDS_S):
                await self._process.wait()
        return self._process.returncode not in (None, int(ExitCode.DONE))

    async def stop(self, waits: Callable[[], None]) -> None:
        """Let it give Codex back and end; one that does not is killed, and the guard does it.

        `waits` is told when it takes longer, because of a renewal that must not be cut.
        """
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S) as patience:
                # After its first line it has nothing to say but this.
                while await self._process.stdout.readline():
                    patience.reschedule(asyncio.get_running_loop().time() + RENEWAL_S)
                    waits()
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


async def start_child(environment: MutableMapping[str, str], *, passphrase: str | None) -> Child:
    """Start the engine beside this process; returns when it answers.

    Raises:
        CoreError: what it said, as `Owner.start`; or `not_started`.
    """
    env = dict(environment)
    keys = () if passphrase is None else hand_over(env, passphrase)
    try:
        process = await asyncio.create_subprocess_exec(
            *this_program(),
            ENGINE_PROCESS,
            env=env,
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=keys,
        )
    except OSError as error:
        raise CoreError(
            NOT_STARTED,
            Sentence("The engine’s process could not be started ({why}).", why=error.strerror),
        ) from error
    finally:
        for key in keys:
            os.close(key)
    await _until_it_answers(process)
    return Child(process, RemoteFacade(turntable_home(environment).control))


async def _until_it_answers(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    line = b""
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
            if not line.startswith(FIRST_LINE):
                line += await process.stdout.read()
                await process.wait()
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise what_it_said(b"") from None
        raise
    if not line.startswith(FIRST_LINE):
        raise what_it_said(line)
