"""What a person at a terminal is asked: for passphrases, and whether something shall be done."""

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TextIO

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.words.speech import Speech


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
    prompt: str = "Passphrase:"
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
        "store_locked": Question(parameter="file_passphrase", prompt="Passphrase of the file:"),
        "backup_locked": Question(parameter="file_passphrase", prompt="Passphrase of the file:"),
        "file_passphrase_needed": Question(
            parameter="file_passphrase",
            prompt="Passphrase of the file:",
            new=True,
            before="Whoever has this passphrase and the file can read your logins.",
        ),
        "recovery_code_needed": Question(parameter="recovery_code", prompt="Recovery code:"),
        "new_passphrase_needed": Question(
            parameter="new_passphrase",
            prompt="New passphrase:",
            new=True,
            before="It will open your logins; it is not stored.",
        ),
        "confirmation_needed": Question(parameter="yes", agrees=True),
    }
)
"""By the error's code."""


def ask(question: Question, speech: Speech) -> str:
    """Ask on the terminal; a new one twice.

    Raises:
        CoreError: exit code usage; they differ, or nothing was typed.
    """
    if question.before:
        print(speech.say(question.before), file=sys.stderr)  # noqa: T201 - to a person at a terminal
    given = getpass.getpass(_prompt(speech.say(question.prompt)))
    if question.new and given and getpass.getpass(_prompt(speech.say("Once more:"))) != given:
        raise _not_taken("The two passphrases differ.")
    if not given:
        raise _not_taken("No passphrase was typed.")
    return given


def agreed(speech: Speech, out: TextIO) -> bool:
    """Whether the person wants what stands above; no answer is no."""
    question = speech.say("Go on? [y/N]")
    print(_prompt(question), end="", file=out, flush=True)
    # The letters in the brackets are those of the language; the English ones count everywhere.
    yes = question.rpartition("[")[2].partition("/")[0].strip().lower()
    return sys.stdin.readline().strip().lower() in {yes, "y", "yes"}


def _prompt(text: str) -> str:
    return f"{text} "


def _not_taken(why: str) -> CoreError:
    return CoreError(
        "usage",
        Sentence("{why} Nothing was changed.", why=Sentence(why)),
        "Type the verb again.",
        exit_code=ExitCode.USAGE,
    )
