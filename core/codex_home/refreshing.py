"""Has Codex renew its own login, and never stops it in the middle.

A refresh token is single use: between the issuer's answer and Codex's write to auth.json the only
valid one is in Codex's memory, and a Codex that ends then has lost its owner's login. Observed with
0.169.0, and the reason for each thing done here:

- The end of its input ends Codex at once, also in the middle of a refresh. So its input comes
  through a small pipe that stays open for a while after we have closed ours, or are gone.
- asyncio kills the processes that it has started when its loop goes. So this one is started and
  talked to on a thread of its own, which is a daemon.
- `account/read {refreshToken:true}` refreshes whether it must or not, and a second time when the
  old access token is refused meanwhile. With `false` Codex looks its login up at the back end, and
  refreshes once if the token has run out or is refused.
- It holds no lock while it refreshes. Two Codexes that do so at the same moment present the same
  token; whoever asks makes sure first that no other is at it (`core.oauth.elsewhere`).
"""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
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
from core.domain.sentence import Sentence

REFRESH_S = 30.0
"""How long we wait for it, in seconds; Codex itself is not hurried."""
LINGER_S = 20.0
"""How long its input stays open after ours has ended."""
_END_S = 10.0
# Passes on what we say, and holds Codex's input open for `$0` seconds after that.
_HOLDING = 'cat; exec sleep "$0"'


async def renew_login(
    program: Path,
    *,
    home: Path,
    env: Mapping[str, str],
    timeout_s: float = REFRESH_S,
    linger_s: float = LINGER_S,
) -> None:
    """Have Codex look after the login in `home`; what came of it stands in the file afterwards.

    That is so whether this returns or raises. Cancelling ends the waiting and nothing else.

    Raises:
        CoreError: `codex_not_started`, `codex_refused` with Codex's own sentence, `codex_silent`.
    """
    conversation = _Conversation(program, environment(env, home), linger_s=linger_s)
    answer = asyncio.wrap_future(conversation.begin())
    # Whoever is cancelled does not hear it; that is no mistake to be logged.
    answer.add_done_callback(lambda heard: heard.cancelled() or heard.exception())
    try:
        async with asyncio.timeout(timeout_s):
            await asyncio.shield(answer)
    except TimeoutError:
        conversation.let_go()
        raise silent(Sentence("did not answer within {seconds:g} s", seconds=timeout_s)) from None


class _Conversation:
    """One app-server, on a thread that sees it out."""

    def __init__(self, program: Path, env: Mapping[str, str], *, linger_s: float) -> None:
        self._program = program
        self._env = env
        self._linger_s = linger_s
        self._input: IO[bytes] | None = None

    def begin(self) -> Future[None]:
        """Start it; resolved by its answer, or failed with a `CoreError`."""
        answer: Future[None] = Future()
        thread = threading.Thread(target=self._run, args=(answer,), name="codex", daemon=True)
        thread.start()
        return answer

    def let_go(self) -> None:
        """Nobody waits for it any more: its input ends, after a while."""
        if self._input is not None:
            _close(self._input)

    def _run(self, answer: Future[None]) -> None:
        try:
            with _started(self._program, self._env, linger_s=self._linger_s) as (said, heard):
                self._input = said
                _converse(said, heard, answer)
        except CoreError as error:
            answer.set_exception(error)


@contextmanager
def _started(
    program: Path, env: Mapping[str, str], *, linger_s: float
) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A running app-server: what we say to it, what we hear from it. Seen out on leaving."""
    with ExitStack() as stack:
        try:
            holder = None
            reads: IO[bytes] | int = subprocess.PIPE
            if sys.platform != "win32":
                # Codex's PATH need not lead to the system's own programs.
                plain = {**env, "PATH": f"{env.get('PATH', '')}:/usr/bin:/bin"}
                holder = _spawn(["/bin/sh", "-c", _HOLDING, f"{linger_s:g}"], plain)
                stack.callback(_end_holder, holder)
                reads = _pipe(holder.stdout)
            codex = _spawn([program, "app-server"], env, stdin=reads)
        except OSError as error:
            message = Sentence(
                "{program} could not be started: {why}.",
                program=program,
                why=error.strerror or Sentence("the system refused"),
            )
            hint = "Check that Codex is installed and its home exists."
            raise CoreError("codex_not_started", message, hint) from None
        said = _pipe(codex.stdin if holder is None else holder.stdin)
        if holder is not None:
            # Codex alone reads from the holder now, and sees when it ends.
            _pipe(holder.stdout).close()
        heard = _pipe(codex.stdout)
        try:
            yield said, heard
        finally:
            _close(said)
            with suppress(subprocess.TimeoutExpired):  # it is left to itself, and never killed
                codex.wait(linger_s + _END_S)
            _close(heard)


def _spawn(
    command: list[str | Path], env: Mapping[str, str], *, stdin: IO[bytes] | int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=env["CODEX_HOME"],
        env=env,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **own_group(),
    )


def _end_holder(holder: subprocess.Popen[bytes]) -> None:
    """It holds nothing of value once Codex has ended, or was left to itself."""
    _close(_pipe(holder.stdin))
    _close(_pipe(holder.stdout))
    if holder.poll() is None:
        holder.kill()
    holder.wait()


def _converse(said: IO[bytes], heard: IO[bytes], answer: Future[None]) -> None:
    """Greet, ask, hear; `answer` is resolved by the last, or failed."""
    try:
        _ask(said, heard, 1, *INITIALIZE)
        _tell(said, INITIALIZED)
        _ask(said, heard, 2, "account/read", {"refreshToken": False})
    except CoreError as error:
        answer.set_exception(error)
    except (OSError, ValueError):
        # A pipe that broke, or that was closed because nobody waits any more.
        answer.set_exception(silent(Sentence("ended before it had answered")))
    else:
        answer.set_result(None)


def _ask(said: IO[bytes], heard: IO[bytes], number: int, method: str, params: Fields) -> None:
    _tell(said, request_line(number, method, params))
    while answer_in(heard.readline(LONGEST_LINE), number, method) is None:
        pass  # something that it said unasked


def _tell(said: IO[bytes], line: bytes) -> None:
    said.write(line)
    said.flush()


def _close(pipe: IO[bytes]) -> None:
    with suppress(OSError):  # the other end may have gone first
        pipe.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", pipe)
