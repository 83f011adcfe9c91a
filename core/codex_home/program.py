"""Starts the `codex` program so that it ends with us: own session, own group, clean environment."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.errors import CoreError
from core.domain.sentence import Sentence

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of one line that the program may say."""
_LEAVE_S = 2.0
_NOT_PASSED_ON = frozenset(
    {
        # They bypass the login of the home that is asked about (PROTOCOL §2).
        "CODEX_API_KEY",
        "CODEX_ACCESS_TOKEN",
        # Ours alone.
        "TURNTABLE_PASSPHRASE",
        "TURNTABLE_PASSPHRASE_FILE",
    }
)


NO_REFRESH = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": "urn:turntable:no-refresh"}
"""Leads Codex's refreshes nowhere: no address, so nothing is sent (a hook of the release binary).

For a Codex that is only asked something. It begins to refresh by itself where a token has run out,
and would end in the middle when we have our answer: its owner's login would be lost.
"""


def environment(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of a Codex that works in `home` with that home's own login."""
    passed = {name: value for name, value in env.items() if name not in _NOT_PASSED_ON}
    return passed | {"CODEX_HOME": str(home)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The pipes of a running program."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader


@asynccontextmanager
async def running(
    program: Path, *arguments: str, env: Mapping[str, str]
) -> AsyncIterator[Conversation]:
    """Run `program`; on leaving, its input is closed, it gets 2 s to end, then its group is killed.

    What it says on standard error is not kept.

    Raises:
        CoreError: `codex_not_started`.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            cwd=env.get("CODEX_HOME"),
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
            **own_group(),
        )
    except OSError as error:
        message = Sentence(
            "{program} could not be started: {why}.",
            program=program,
            why=error.strerror or Sentence("the system refused"),
        )
        hint = "Check that Codex is installed and its home exists."
        raise CoreError("codex_not_started", message, hint) from None
    try:
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise CoreError(
                "codex_not_started",
                Sentence("{program} was started without its pipes.", program=program),
            )
        yield Conversation(stdin=stdin, stdout=stdout)
    finally:
        await _end(process)


def own_group() -> dict[str, Any]:
    """Arguments that start a program apart from us: a signal to our group does not reach it."""
    if sys.platform == "win32":
        # A console program must not flash a window.
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    return {"start_new_session": True}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await _wait(process.wait())
    finally:
        _kill(process)
        await _wait(process.communicate())


async def _wait(ending: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(_LEAVE_S):
            await ending
    except TimeoutError:
        pass  # it is killed next, or a stranger holds its pipes


def _kill(process: asyncio.subprocess.Process) -> None:
    """The program and whatever it started; npm's launcher is a parent of the real one."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # all of them have ended
