"""What a person at a terminal is asked: for passphrases, and whether something shall be done."""

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.domain.errors import CoreError, ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked when a verb ends with an error that an answer would mend.

    Attributes:
        parameter: the verb's argument that the answer becomes.
        prompt: what stands before the cursor.
        new: it is made now, so it is typed twice.
        before: a sentence that says what it is for.
        agrees: no secret is wanted, but a yes to what the error says.
    """

    parameter: str
    prompt: str = "Passphrase: "
    new: bool = False
    before: str = ""
    agrees: bool = False


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "locked": Question(parameter="passphrase"),
        "no_key_slot": Question(
            parameter="passphrase",
            new=True,
            before=(
                "There is no keyring here. A passphrase will seal your logins; it is not stored."
            ),
        ),
        "store_locked": Question(parameter="file_passphrase", prompt="Passphrase of the file: "),
        "backup_locked": Question(parameter="file_passphrase", prompt="Passphrase of the file: "),
        "file_passphrase_needed": Question(
            parameter="file_passphrase",
            prompt="Passphrase of the file: ",
            new=True,
            before="Whoever has this passphrase and the file can read your logins.",
        ),
        "recovery_code_needed": Question(parameter="recovery_code", prompt="Recovery code: "),
        "new_passphrase_needed": Question(
            parameter="new_passphrase",
            prompt="New passphrase: ",
            new=True,
            before="It will open your logins; it is not stored.",
        ),
        "confirmation_needed": Question(parameter="yes", agrees=True),
    }
)
"""By the error's code."""


def ask(question: Question) -> str:
    """Ask on the terminal; a new one twice.

    Raises:
        CoreError: exit code usage; they differ, or nothing was typed.
    """
    if question.before:
        print(question.before, file=sys.stderr)  # noqa: T201 - to a person at a terminal
    given = getpass.getpass(question.prompt)
    if question.new and given and getpass.getpass("Once more: ") != given:
        raise _not_taken("The two passphrases differ.")
    if not given:
        raise _not_taken("No passphrase was typed.")
    return given


def agreed(error: CoreError) -> bool:
    """Whether the person wants what the error says; no answer is no."""
    print(error.message, file=sys.stderr)  # noqa: T201 - to a person at a terminal
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - the same
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _not_taken(why: str) -> CoreError:
    return CoreError(
        "usage", f"{why} Nothing was changed.", "Type the verb again.", exit_code=ExitCode.USAGE
    )
