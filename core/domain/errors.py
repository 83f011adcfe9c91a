"""The one error that crosses packages: what happened, what was kept, what to do next.

Imports a sentence and nothing else, so that any file may raise it. Foreign errors (SQLite, OS,
HTTP, keyring) are translated into it where they enter; in the request path failure is a value
instead (`core.domain.outcome`).
"""

from enum import IntEnum

from core.domain.sentence import Sentence


class ExitCode(IntEnum):
    """What a verb's process ends with; a contract for scripts."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOTHING_CAN_SERVE = 3
    SIGN_IN_NEEDED = 4
    OWNER_NOT_RUNNING = 5
    LEFT_ALONE = 6
    LOCKED = 7


class CoreError(Exception):
    """A failure that a person is told about.

    Attributes:
        code: a stable word for scripts, e.g. `config_invalid`.
        message: one sentence that says what happened and what was kept; in English until a face
            says it again (`core.words.trouble`).
        hint: one sentence that says what to do next; empty when there is nothing to do.
        exit_code: what the verb ends with.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", *, exit_code: ExitCode = ExitCode.FAILED
    ) -> None:
        """The sentences must not hold a secret: they are logged and printed."""
        super().__init__(message)
        self.code = code
        self.message = Sentence(message)
        self.hint = Sentence(hint)
        self.exit_code = exit_code

    def __str__(self) -> str:
        """The message alone; the hint is printed on a line of its own."""
        return self.message
