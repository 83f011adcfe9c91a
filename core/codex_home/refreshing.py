"""Lets Codex refresh its own login, and never stops it in the middle.

A refresh token is single use: between the issuer's answer and Codex's write to auth.json the only
valid one is in Codex's memory, and whoever kills it then loses its owner's login. asyncio kills the
processes it has started when its loop goes; so this one is started and talked to on a thread of its
own, which is a daemon. When we go, its input ends, and Codex finishes the refresh that has begun
before it ends (observed with 0.169.0; one that has not begun is not begun any more).
"""

import asyncio
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, cast

from core.codex_home.messages import (
    INITIALIZE,
    INITIALIZED,
    Fields,
    answer_in,
    request_line,
    silent,
)
from core.codex_home.program import LONGEST_LINE, environment, own_group
from core.domain.errors import CoreError
from core.storage.worker import Worker

REFRESH_S = 30.0
"""How long we wait for it, in seconds; Codex itself is not hurried."""
_END_S = 20.0


async def refresh_login(
    program: Path, *, home: Path, env: Mapping[str, str], timeout_s: float = REFRESH_S
) -> None:
    """Ask Codex to refresh the login in `home`; what came of it stands in the file afterwards.

    That is so whether this returns or raises: Codex also looks up the workspace after the refresh,
    and answers with an error if it cannot. Cancelling ends the waiting and nothing else.

    Raises:
        CoreError: `codex_not_started`, `codex_refused` with Codex's own sentence, `codex_silent`.
    """
    worker = Worker("codex refresh")
    try:
        process = await worker.run(partial(_start, program, environment(env, home)))
        try:
            async with asyncio.timeout(timeout_s):
                await worker.run(partial(_converse, process))
        except TimeoutError:
            raise silent(f"did not answer within {timeout_s:g} s") from None
        finally:
            # The end of its input tells it to end; the thread sees it out.
            with suppress(OSError):
                _input(process).close()
    finally:
        worker.stop()


def _start(program: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [program, "app-server"],
            cwd=env["CODEX_HOME"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **own_group(),
        )
    except OSError as error:
        message = f"{program} could not be started: {error.strerror or 'the system refused'}."
        hint = "Check that Codex is installed and its home exists."
        raise CoreError("codex_not_started", message, hint) from None


def _converse(process: subprocess.Popen[bytes]) -> None:
    """Greet, ask, hear the answer; blocking."""
    try:
        _ask(process, 1, *INITIALIZE)
        _tell(process, INITIALIZED)
        _ask(process, 2, "account/read", {"refreshToken": True})
    except (OSError, ValueError):
        # A pipe that broke, or that was closed because nobody waits any more.
        raise silent("ended before it had answered") from None
    finally:
        _see_out(process)


def _ask(process: subprocess.Popen[bytes], number: int, method: str, params: Fields) -> None:
    _tell(process, request_line(number, method, params))
    while answer_in(_output(process).readline(LONGEST_LINE), number, method) is None:
        pass  # something that it said unasked


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    _input(process).write(line)
    _input(process).flush()


def _see_out(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):  # it may have ended before us
        _input(process).close()
    with suppress(subprocess.TimeoutExpired):  # it is left to itself, and never killed
        process.wait(_END_S)
    _output(process).close()


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", process.stdin)


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)
