"""Reads one `auth.json` from disk: a regular file of bounded size, and never more than that.

Blocking; on the loop it is called through an executor.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from core.codex_home.auth_json import CodexLogin, read_login
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

LARGEST = 1024 * 1024
"""More bytes than any login has; a larger file is something else."""
AUTH_FILE = "auth.json"
"""The name of the file in a CODEX_HOME."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLogin:
    """A login and the file that it stands in."""

    path: Path
    login: CodexLogin = field(repr=False)


def read_auth_file(path: Path) -> FoundLogin:
    """Read the login in `path`, whose absolute form is kept as its source.

    Raises:
        CoreError: `login_missing`, `login_unreadable`, or what `read_login` raises; its message
            begins with the path.
    """
    absolute = path.absolute()
    text = _read(absolute)
    try:
        return FoundLogin(path=absolute, login=read_login(text))
    except CoreError as error:
        message = Sentence("{absolute}: {message}", absolute=absolute, message=error.message)
        raise CoreError(error.code, message, error.hint, exit_code=error.exit_code) from None


def _read(path: Path) -> str:
    # Without O_NONBLOCK a named pipe would keep us waiting for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(path, Sentence("it is not a regular file"))
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise CoreError(
            "login_missing",
            Sentence("{path}: there is no login.", path=path),
            "Sign in with `codex login`, or name the auth.json of another CODEX_HOME.",
        ) from None
    except OSError as error:
        raise _unreadable(
            path, (error.strerror or Sentence("the system refused")).lower()
        ) from None
    if len(content) > LARGEST:
        raise _unreadable(path, Sentence("it is larger than {kib} KiB", kib=LARGEST // 1024))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = Sentence(
            "{path}: The file is not whole: byte {byte} is not UTF-8.",
            path=path,
            byte=error.start + 1,
        )
        hint = "Sign in with `codex login`, then import again."
        raise CoreError("login_broken", message, hint) from None


def _unreadable(path: Path, why: str) -> CoreError:
    hint = "Name the auth.json that Codex itself wrote."
    return CoreError(
        "login_unreadable", Sentence("{path}: cannot be read, {why}.", path=path, why=why), hint
    )
