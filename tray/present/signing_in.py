"""A sign-in as a dialog shows it: one picture for each step of the verb `login`."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.errors import CoreError
from core.words.speech import Speech
from tray.present.answer import Answer


class Stage(StrEnum):
    """Where it stands."""

    BEGINNING = "beginning"
    VISIT = "visit"
    TYPE_CODE = "type_code"
    WARNING = "unproven"
    REDEEMING = "redeeming"
    JOINED = "joined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the dialog shows.

    Attributes:
        stage: where it stands.
        text: what happens, or what to do.
        address: the issuer's page, to be opened or copied; empty when there is none.
        code: what is typed there; empty when there is none.
        secret: the recovery code, shown this once; empty when there is none.
        over: whether nothing more comes.
    """

    stage: Stage
    text: str
    address: str = ""
    code: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    over: bool = False


def beginning(speech: Speech) -> Picture:
    """Before the first answer."""
    return Picture(stage=Stage.BEGINNING, text=speech.say("One moment…"))


def picture(answer: Answer | CoreError, shown: Picture, *, way: str, speech: Speech) -> Picture:
    """What an answer makes of what is shown; `waiting` changes nothing."""
    if isinstance(answer, CoreError):
        text = f"{answer.message} {answer.hint}".strip()
        return Picture(stage=Stage.FAILED, text=text, over=True)
    said = " ".join(answer.texts("messages"))
    match answer.text("step"):
        case "visit":
            return Picture(stage=Stage.VISIT, text=_visit(way, speech), address=answer.text("url"))
        case "type_code":
            return Picture(
                stage=Stage.TYPE_CODE,
                text=speech.say("Open this page in any browser and type the code."),
                address=answer.text("url"),
                code=answer.text("user_code"),
            )
        case "unproven":
            return Picture(stage=Stage.WARNING, text=said)
        case "redeeming":
            text = speech.say("You have agreed; the login is being fetched.")
            return Picture(stage=Stage.REDEEMING, text=text)
        case "joined":
            return Picture(
                stage=Stage.JOINED, text=said, secret=answer.text("recovery_code"), over=True
            )
        case "ended":
            text = speech.say("The sign-in was ended; nothing was changed.")
            return Picture(stage=Stage.FAILED, text=text, over=True)
        case _:
            return shown


def _visit(way: str, speech: Speech) -> str:
    if way == "paste":
        return speech.say(
            "Open this page in a browser, wherever it is. At the end it cannot open an address: "
            "paste that address here."
        )
    return speech.say("Go on in your browser. If it did not open, copy this address into it.")
