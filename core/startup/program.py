"""How this copy of the program starts itself again, and leaves it behind in the background."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.runtime.passphrase import PASSPHRASE, PASSPHRASE_FILE

_FIRST_LINE = b"Turntable listens on "


def this_program() -> tuple[str, ...]:
    """The words that start this very copy, before its arguments."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    return (sys.executable, "-m", "core")


def typed() -> str:
    """What a person types in another terminal to reach this copy."""
    checkout = (Path(__file__).resolve().parents[2] / "pyproject.toml").is_file()
    return "uv run turntable" if checkout else "turntable"


def start_in_background(
    *words: str, environment: Mapping[str, str], passphrase: str | None
) -> None:
    """Start `turntable WORDS…` apart from this terminal and session; returns when it listens.

    Args:
        words: a verb that serves.
        environment: of the new process.
        passphrase: opens its vault. It goes through a pipe where the system has them: what stands
            in an environment can be read by every later process of this user, Codex's included.

    Raises:
        CoreError: what the new process said, or `not_started`.
    """
    env = {**environment, **_absolute(environment)}
    keys: tuple[int, ...] = ()
    if passphrase is not None:
        keys = hand_over(env, passphrase)
    try:
        process = subprocess.Popen(
            [*this_program(), *words, "--json"],
            env=env,
            # `-m core` finds the package here, and no folder of the user's is kept busy.
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=keys,
            **_apart(),
        )
    except OSError as error:
        raise CoreError(
            "not_started", Sentence("Turntable could not be started ({why}).", why=error.strerror)
        ) from error
    finally:
        for key in keys:
            os.close(key)
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with process.stdout as said:
        line = said.readline()
        if not line.startswith(_FIRST_LINE):
            told = line + said.read()
            process.wait()
            raise what_it_said(told)
    # It is left behind: nobody waits for it, and that is no accident.
    process.returncode = 0


def _absolute(environment: Mapping[str, str]) -> dict[str, str]:
    """Folders that are named from where we stand."""
    names = ("CODEX_HOME", "TURNTABLE_HOME")
    return {n: str(Path(environment[n]).absolute()) for n in names if environment.get(n)}


def _apart() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def hand_over(env: dict[str, str], passphrase: str) -> tuple[int, ...]:
    """Let the new process read the passphrase; the descriptors that it needs for it."""
    if sys.platform == "win32":
        env[PASSPHRASE] = passphrase
        return ()
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(passphrase.encode())
    env[PASSPHRASE_FILE] = f"/dev/fd/{reader}"
    return (reader,)


def what_it_said(said: bytes) -> CoreError:
    """The error of a process that ended before it listened."""
    try:
        error = json.loads(said)["error"]
        return CoreError(str(error["code"]), str(error["message"]), str(error["hint"]))
    except (ValueError, KeyError, TypeError):
        hint = "`turntable serve` in a terminal says why."
        return CoreError(
            "not_started", "Turntable was started, and ended at once.", hint,
            exit_code=ExitCode.OWNER_NOT_RUNNING,
        )  # fmt: skip
