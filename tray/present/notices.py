"""What a person is told by a message of the desktop: a title and a text."""

from dataclasses import dataclass

from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Choice, Perform


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of the desktop.

    Attributes:
        title: one short line.
        text: what happened, and the next step.
        trouble: whether something failed.
        actions: what can be done about it, at once.
    """

    title: str
    text: str
    trouble: bool
    actions: tuple[Choice, ...] = ()


def failure(error: CoreError) -> Notice:
    """A wish that was not granted: what happened, what was kept, what to do next."""
    text = f"{error.message}\n{error.hint}" if error.hint else error.message
    return Notice(title="Turntable", text=text, trouble=True)


def granted(answer: Answer, undo: Perform | None, *, speech: Speech) -> Notice | None:
    """A wish that was granted, in the verb's own sentences; None when it says nothing."""
    text = " ".join(answer.texts("messages"))
    if not text:
        return None
    actions: tuple[Choice, ...] = ()
    if undo is not None:
        actions = (Choice(id="undo", text=speech.say("Und&o"), action=undo),)
    return Notice(title="Turntable", text=text, trouble=False, actions=actions)


def defect(speech: Speech) -> Notice:
    """A wish that ended in an error of ours; the log has the rest."""
    return Notice(
        title="Turntable",
        text=speech.say("That did not work, by a defect of Turntable. The log says more."),
        trouble=True,
    )


def goes_on(speech: Speech) -> Notice:
    """The window was closed for the first time."""
    return Notice(
        title=speech.say("Turntable goes on"),
        text=speech.say("Its icon is here in the tray; Quit is in its menu."),
        trouble=False,
    )


def no_tray(speech: Speech) -> Notice:
    """There is no place for an icon; the window stands in for it."""
    return Notice(
        title="Turntable",
        text=speech.say(
            "Your desktop shows no tray icons, so Turntable is here. Closing this window keeps it "
            "running; start Turntable again to see it."
        ),
        trouble=False,
    )


def between_engines(speech: Speech) -> Notice:
    """A wish at the moment at which one engine has ended and the next is not there yet."""
    return Notice(
        title="Turntable",
        text=speech.say("The engine is starting; nothing was changed. Choose again in a moment."),
        trouble=False,
    )
