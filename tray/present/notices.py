"""What a person is told by a message of the desktop: a title and a text."""

from dataclasses import dataclass

from core.domain.errors import CoreError
from core.words.speech import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of the desktop.

    Attributes:
        title: one short line.
        text: what happened, and the next step.
        trouble: whether something failed.
    """

    title: str
    text: str
    trouble: bool


def failure(error: CoreError) -> Notice:
    """A wish that was not granted: what happened, what was kept, what to do next."""
    text = f"{error.message}\n{error.hint}" if error.hint else error.message
    return Notice(title="Turntable", text=text, trouble=True)


def defect(speech: Speech) -> Notice:
    """A wish that ended in an error of ours; the log has the rest."""
    return Notice(
        title="Turntable",
        text=speech.say("That did not work, by a defect of Turntable. The log says more."),
        trouble=True,
    )


def running_here(speech: Speech) -> Notice:
    """Somebody started the program again, or asked for its window."""
    return Notice(
        title=speech.say("Turntable is running"),
        text=speech.say("Its icon is here in the tray; the menu is behind it."),
        trouble=False,
    )


def between_engines(speech: Speech) -> Notice:
    """A wish at the moment at which one engine has ended and the next is not there yet."""
    return Notice(
        title="Turntable",
        text=speech.say("The engine is starting; nothing was changed. Choose again in a moment."),
        trouble=False,
    )
