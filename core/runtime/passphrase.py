"""The vault's passphrase, as the environment gives it: read once, then gone from there.

What we start later (Codex, a browser) inherits our environment and must not find it.
"""

from collections.abc import MutableMapping
from pathlib import Path

from core.domain.errors import CoreError, ExitCode

PASSPHRASE = "TURNTABLE_PASSPHRASE"
PASSPHRASE_FILE = "TURNTABLE_PASSPHRASE_FILE"


def take_passphrase(environment: MutableMapping[str, str]) -> str | None:
    """The passphrase, removed from `environment`; None when it names none.

    Raises:
        CoreError: `passphrase_file`, when the file cannot be read or is empty.
    """
    given = environment.pop(PASSPHRASE, None)
    named = environment.pop(PASSPHRASE_FILE, None)
    if given:
        return given
    if not named:
        return None
    try:
        text = Path(named).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(named, type(error).__name__) from None
    if not text:
        raise _unreadable(named, "it is empty")
    return text


def _unreadable(named: str, why: str) -> CoreError:
    return CoreError(
        "passphrase_file",
        f"The passphrase file {named} cannot be used ({why}). Nothing was changed.",
        f"Put one line into it, or set {PASSPHRASE}.",
        exit_code=ExitCode.LOCKED,
    )
