"""What failed, said to the person who wished it."""

from core.domain.errors import CoreError
from core.words.speech import Speech


def retold(error: CoreError, speech: Speech) -> CoreError:
    """The same error in the person's language; code and exit code are the same in all of them."""
    return CoreError(
        error.code,
        speech.retell(error.message),
        speech.retell(error.hint),
        exit_code=error.exit_code,
    )


def error_line(error: CoreError, speech: Speech) -> str:
    """What happened, as a line of a terminal."""
    return speech.say("error: {message}", message=speech.retell(error.message))


def hint_line(error: CoreError, speech: Speech) -> str:
    """What to do next, as the line below; empty when there is nothing to do."""
    return speech.say("hint: {hint}", hint=speech.retell(error.hint)) if error.hint else ""


def whole(error: CoreError, speech: Speech) -> str:
    """What happened and what to do next, one after the other."""
    return f"{speech.retell(error.message)} {speech.retell(error.hint)}".rstrip()
