"""Reads a store's file, and takes logins out of it while its own tool is kept away. Blocks."""

import hashlib
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from core.accounts.stores.entry import Contents
from core.accounts.stores.recognise import Form, form_of, read_store, without_logins
from core.codex_home.auth_file import FoundLogin
from core.domain.account import Identity
from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.storage.folders import write_private

LARGEST = 16 * 1024 * 1024
"""More bytes than any store has."""
_COPY_LARGEST = 1024 * 1024
_MOST_COPIES = 200
_LOCKS = {
    Form.LIST: ".write-lock",
    Form.ALIASES: ".lock",
    Form.SEALED_ALIASES: ".lock",
}
"""The folder that each tool makes beside its file while it writes."""


def read_text(path: Path) -> str:
    """The content of a regular file of bounded size.

    Raises:
        CoreError: `store_missing` or `store_unreadable`, with the path.
    """
    try:
        if not path.is_file() and path.exists():
            raise _unreadable(path, Sentence("it is not a regular file"))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = "Name the file that holds the logins."
        raise CoreError(
            "store_missing", Sentence("{path}: there is no such file.", path=path), hint
        ) from None
    except OSError as error:
        raise _unreadable(
            path, (error.strerror or Sentence("the system refused")).lower()
        ) from None
    if len(content) > LARGEST:
        raise _unreadable(
            path, Sentence("it is larger than {mib} MiB", mib=LARGEST // 1024 // 1024)
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(
            path, Sentence("byte {byte} is not UTF-8", byte=error.start + 1)
        ) from None


def read_store_file(path: Path, passphrase: str | None) -> Contents:
    """The logins in the store at `path`.

    Raises:
        CoreError: as `read_text` and `read_store`; the message begins with the path.
    """
    return _about(path, lambda: read_store(read_text(path), passphrase=passphrase))


def login_in_store(path: Path, identity: Identity) -> FoundLogin | None:
    """The login of one account in a store that is not sealed; None when it is not there any more.

    Raises:
        CoreError: as `read_store_file`.
    """
    entry = read_store_file(path, None).find(identity)
    return None if entry is None else FoundLogin(path=path, login=entry.login)


def take_out(
    path: Path,
    refresh_tokens: Set[str],
    *,
    passphrase: str | None,
    random: Callable[[int], bytes] = os.urandom,
) -> frozenset[str]:
    """Remove logins from a store for good; the refresh tokens that it held, and holds no more.

    One that is not there was renewed by its own tool meanwhile: it is spent, and nobody's gain.
    The file is replaced at once and keeps its mode; a symbolic link stays one.

    Raises:
        CoreError: `store_busy`; as `read_store_file`; as the disk fails. The file is as it was.
    """
    gone: set[str] = set()

    def goes(token: str) -> bool:
        if token in refresh_tokens:
            gone.add(token)
        return token in refresh_tokens

    def rewritten() -> str:
        return without_logins(read_text(path), goes, passphrase=passphrase, random=random)

    lock = path.with_name(path.name + _LOCKS.get(form_of(read_text(path)), ".lock"))
    with _locked(lock):
        text = _about(path, rewritten)
        if gone:
            _replace(path, text)
    return frozenset(gone)


def copies_beside(path: Path, refresh_tokens: Set[str]) -> tuple[Path, ...]:
    """Other files of the store (last known good, journals, backups) with one of these tokens."""
    wanted = [token.encode() for token in refresh_tokens]
    beside = sorted(path.parent.glob(f"{path.name}*")) + sorted(path.parent.glob("backups/*"))
    found = []
    for copy in beside[:_MOST_COPIES]:
        try:
            if copy == path or not copy.is_file() or copy.stat().st_size > _COPY_LARGEST:
                continue
            content = copy.read_bytes()
        except OSError:
            continue  # what we may not read is not ours to report on
        if any(token in content for token in wanted):
            found.append(copy)
    return tuple(found)


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777
    try:
        write_private(path, text.encode())
        if mode & 0o077 == 0:
            path.resolve().chmod(mode)
    except OSError as error:
        raise _unreadable(
            path, (error.strerror or Sentence("the system refused")).lower()
        ) from None


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold the tool's own lock: a folder that appears with its owner's name in it, at once.

    The name is made as codex-multi-auth makes it, so that it clears the lock away if we die.
    """
    host = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16]
    owner = f"{host}.{os.getpid()}.{uuid.uuid4()}"
    try:
        candidate = Path(tempfile.mkdtemp(prefix=f"{lock.name}.candidate-", dir=lock.parent))
    except OSError as error:
        raise _unreadable(
            lock.parent, (error.strerror or Sentence("the system refused")).lower()
        ) from None
    try:
        (candidate / owner).touch(mode=0o600)
        try:
            candidate.rename(lock)
        except OSError:
            raise CoreError(
                "store_busy",
                Sentence(
                    "{parent}: another program is writing its logins; nothing was changed.",
                    parent=lock.parent,
                ),
                Sentence("Quit it and try again. If it is not running, remove {lock}.", lock=lock),
            ) from None
        try:
            yield
        finally:
            shutil.rmtree(lock, ignore_errors=True)
    finally:
        shutil.rmtree(candidate, ignore_errors=True)


def _about[T](path: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except CoreError as error:
        if str(path) in error.message:
            raise
        message = Sentence("{path}: {message}", path=path, message=error.message)
        raise CoreError(error.code, message, error.hint, exit_code=error.exit_code) from None


def _unreadable(path: Path, why: str) -> CoreError:
    hint = "Nothing was changed. Name the file as the other tool wrote it."
    return CoreError(
        "store_unreadable",
        Sentence("{path}: cannot be read or written, {why}.", path=path, why=why),
        hint,
    )
