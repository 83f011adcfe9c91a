"""The vault's passphrase, as the environment gives it: read once, then gone from there.

What we start later (Codex, a browser) inherits our environment and must not find it.
"""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import MappingProxyType

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

PASSPHRASE = "TURNTABLE_PASSPHRASE"
PASSPHRASE_FILE = "TURNTABLE_PASSPHRASE_FILE"
FURTHER: Mapping[str, str] = MappingProxyType(
    {
        "file_passphrase": "TURNTABLE_FILE_PASSPHRASE",
        "new_passphrase": "TURNTABLE_NEW_PASSPHRASE",
        "recovery_code": "TURNTABLE_RECOVERY_CODE",
    }
)


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
        raise _unreadable(named, Sentence("it is empty"))
    return text


def take_further(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Secrets that single verbs ask for, by the name of their argument; removed from `environment`.

    The passphrase of a file that is read or written, a new one for the vault, a recovery code.
    """
    found = {name: environment.pop(variable, "") for name, variable in FURTHER.items()}
    return {name: secret for name, secret in found.items() if secret}


def _unreadable(named: str, why: str) -> CoreError:
    return CoreError(
        "passphrase_file",
        Sentence(
            "The passphrase file {named} cannot be used ({why}). Nothing was changed.",
            named=named,
            why=why,
        ),
        Sentence("Put one line into it, or set {variable}.", variable=PASSPHRASE),
        exit_code=ExitCode.LOCKED,
    )
