"""Which form a file has, by its content; what stands in it, or the sentence why not. Pure."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

from core.accounts.stores import multi_auth, opencode
from core.accounts.stores.entry import Contents, record_of
from core.accounts.stores.opencode_sealed import (
    DoesNotOpenError,
    is_sealed,
    open_sealed,
    seal_again,
)
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

OURS = "turntable"
"""The key that says of our own files what they are: `backup` or `export`."""


class Form(StrEnum):
    """What a file is."""

    AUTH_JSON = "auth_json"
    """Codex's own, or nothing that we know: its reader says what is wrong with it."""
    LIST = "list"
    ALIASES = "aliases"
    SEALED_ALIASES = "sealed_aliases"
    OUR_BACKUP = "our_backup"
    OUR_EXPORT = "our_export"


def form_of(text: str) -> Form:
    """What kind of file this is; whether it is whole is not looked into."""
    try:
        document = record_of(json.loads(text))
    except (ValueError, RecursionError):
        return Form.AUTH_JSON
    ours = document.get(OURS)
    if ours in ("backup", "export"):
        return Form.OUR_BACKUP if ours == "backup" else Form.OUR_EXPORT
    if is_sealed(document):
        return Form.SEALED_ALIASES
    match document.get("accounts"):
        case list():
            return Form.LIST
        case dict():
            return Form.ALIASES
        case _:
            return Form.AUTH_JSON


def read_store(text: str, *, passphrase: str | None = None) -> Contents:
    """The logins in another tool's store.

    Args:
        text: the file's content.
        passphrase: opens a sealed one.

    Raises:
        CoreError: `store_broken` (line and column), `store_unknown`, `store_version`;
            `store_locked`, exit code locked: sealed, and the passphrase is missing or wrong.
    """
    document, inner = _opened(text, passphrase)
    match form_of(inner):
        case Form.LIST:
            _require_version(document, multi_auth.VERSIONS, "codex-multi-auth")
            return multi_auth.read_list(document)
        case Form.ALIASES:
            _require_version(document, opencode.VERSIONS, "opencode-multi-auth")
            return opencode.read_aliases(document)
        case _:
            raise _unknown()


def without_logins(
    text: str,
    goes: Callable[[str], bool],
    *,
    passphrase: str | None,
    random: Callable[[int], bytes],
) -> str:
    """The store's text without the logins whose refresh token `goes`; sealed as it was.

    Raises:
        CoreError: as `read_store`.
    """
    document, inner = _opened(text, passphrase)
    if form_of(inner) is Form.LIST:
        after: Mapping[str, object] = multi_auth.without_logins(document, goes)
    else:
        after = opencode.without_logins(document, goes)
    written = json.dumps(after, ensure_ascii=False, indent=2)
    if form_of(text) is Form.SEALED_ALIASES:
        sealed = seal_again(written, passphrase or "", random=random)
        return json.dumps(sealed, indent=2)
    return written


def _opened(text: str, passphrase: str | None) -> tuple[Mapping[str, object], str]:
    """The document with the accounts, and the text that it stands in."""
    document = _document(text)
    if not is_sealed(document):
        return document, text
    _require_version(document, frozenset({2}), Sentence("a sealed opencode-multi-auth"))
    if passphrase is None:
        raise _locked("This store is sealed by a passphrase, and none was given.")
    try:
        inner = open_sealed(document, passphrase)
    except DoesNotOpenError:
        raise _locked("This passphrase does not open the store, or the file is damaged.") from None
    return _document(inner), inner


def _document(text: str) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        message = Sentence(
            "The file is not whole: line {line}, column {column}.",
            line=error.lineno,
            column=error.colno,
        )
        raise CoreError("store_broken", message, _NOTHING) from None
    except (ValueError, RecursionError):
        message = Sentence(
            "The file is not whole: it is nested too deeply, or holds an endless number."
        )
        raise CoreError("store_broken", message, _NOTHING) from None
    if not isinstance(document, dict):
        raise _unknown()
    return document


def _require_version(document: Mapping[str, object], known: frozenset[int], whose: str) -> None:
    version = document.get("version", 1)
    if version in known and not isinstance(version, bool):
        return
    named = str(version) if isinstance(version, int) else "unknown"
    message = Sentence(
        "This is a store of {whose}, version {named}, which this Turntable cannot read.",
        whose=whose,
        named=named,
    )
    hint = Sentence(
        "Nothing was changed. Versions that it reads: {versions}.",
        versions=", ".join(map(str, sorted(known))),
    )
    raise CoreError("store_version", message, hint)


_NOTHING = "Nothing was changed. Name the file as the other tool wrote it."


def _unknown() -> CoreError:
    message = "This file is no store of logins that Turntable knows."
    hint = (
        "It reads Codex’s auth.json and the stores of codex-multi-auth, "
        "codex-app-account-router and opencode-multi-auth."
    )
    return CoreError("store_unknown", message, hint)


def _locked(message: str) -> CoreError:
    hint = "Set TURNTABLE_FILE_PASSPHRASE, or type it when you are asked; nothing was changed."
    return CoreError("store_locked", message, hint, exit_code=ExitCode.LOCKED)
