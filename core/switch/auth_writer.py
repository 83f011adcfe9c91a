"""Replaces an auth.json under Codex's own locks, only while it still holds what was read.

Codex writes it under `flock(auth.lock)`, then `flock(auth.json.lock)`, through `.auth-XXXXXX` and a
rename (observed with 0.169.0). Held longer than 5 s, Codex repeats its refresh: so do we give up.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.binding.bind_lock import try_lock
from core.codex_home.auth_file import AUTH_FILE, LARGEST
from core.domain.errors import CoreError
from core.domain.sentence import Sentence

PATIENCE_S = 5.0
_LOOK_S = 0.02
_PRIVATE = 0o600


def content_of(home: Path) -> bytes | None:
    """The file as it is; None when there is none.

    Raises:
        CoreError: `login_unreadable`.
    """
    path = home / AUTH_FILE
    try:
        if path.exists() and not path.is_file():
            raise _unusable(path, Sentence("it is not a regular file"))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from error
    if len(content) > LARGEST:
        raise _unusable(path, Sentence("it is too large"))
    return content


def replace_login(
    home: Path,
    *,
    expected: bytes | None,
    content: bytes | None,
    patience_s: float = PATIENCE_S,
    step: Callable[[str], None] = lambda _: None,
) -> bool:
    """Put `content` in the place of `expected`, whole or not at all. Blocks.

    Args:
        home: the Codex home.
        expected: what the file holds; None: there is none.
        content: what it shall hold; None: it goes.
        patience_s: how long Codex may keep its locks.
        step: called before each durable act.

    Returns:
        False: the file holds something else by now; nothing was changed.

    Raises:
        CoreError: `login_busy` (Codex keeps its lock) or `login_unreadable`; nothing was changed.
    """
    path = Path(os.path.realpath(home / AUTH_FILE))
    with _locked(home, patience_s):
        if content_of(home) != expected:
            return False
        try:
            if content is None:
                step("remove")
                path.unlink(missing_ok=True)
            else:
                _write(path, content, step)
            _flush_folder(path.parent)
        except OSError as error:
            raise _unusable(path, error.strerror or type(error).__name__) from error
    return True


def _write(path: Path, content: bytes, step: Callable[[str], None]) -> None:
    step("create")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".auth-")  # 0600
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            step("write")
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.chmod(_PRIVATE)
        step("rename")
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(home: Path, patience_s: float) -> Iterator[None]:
    end = time.monotonic() + patience_s
    with ExitStack() as held:
        for name in ("auth.lock", "auth.json.lock"):
            path = home / name
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE)
            except OSError as error:
                raise _unusable(path, error.strerror or type(error).__name__) from error
            held.callback(os.close, descriptor)
            while not try_lock(descriptor):
                if time.monotonic() > end:
                    raise CoreError(
                        "login_busy",
                        Sentence(
                            "Codex has been changing its login in {home} for {seconds:g} s; "
                            "nothing was changed.",
                            home=home,
                            seconds=patience_s,
                        ),
                        "Try again in a moment.",
                    )
                time.sleep(_LOOK_S)
        yield


def _flush_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unusable(path: Path, why: str) -> CoreError:
    return CoreError(
        "login_unreadable",
        Sentence("{path} cannot be used ({why}); nothing was changed.", path=path, why=why),
        "Look at what lies there.",
    )
