"""What is said at the end of the program, when it cannot end at once."""

from core.words.speech import Speech


def renewal_awaited(speech: Speech) -> str:
    """Why it is there still: the answer to a renewal is the only copy of the next login."""
    return speech.say(
        "A login is being renewed, and the answer must not be lost: Turntable ends as soon as it "
        "has come, within a minute at the latest."
    )
