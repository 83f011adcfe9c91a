"""Pages that have nothing to show: why, and the one next step."""

from dataclasses import dataclass

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.entries import Choice, Local
from tray.present.joining import ways_to_join


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptiness:
    """What stands in place of a page's table.

    Attributes:
        title: how it is.
        text: why, and what comes next.
        actions: the next step first.
    """

    title: str
    text: str
    actions: tuple[Choice, ...] = ()


def no_accounts(report: StatusReport, *, speech: Speech) -> Emptiness | None:
    """In place of the accounts; None when there are some."""
    if report.accounts:
        return None
    if report.vault.locked:
        return Emptiness(
            title=speech.say("Your logins are locked"),
            text=speech.say("Unlock the keyring, or type your passphrase."),
            actions=(Choice(id="unlock", text=speech.say("&Unlock…"), action=Local.UNLOCK),),
        )
    return Emptiness(
        title=speech.say("No account yet"),
        text=speech.say(
            "Add the accounts that are yours. Their logins are sealed on this machine and shown "
            "to nobody but the back end."
        ),
        actions=ways_to_join(report, speech=speech),
    )


def no_requests(*, speech: Speech) -> Emptiness:
    """In place of the record of requests."""
    return Emptiness(
        title=speech.say("Nothing yet"),
        text=speech.say("Each request of Codex is listed here, with who served it and why."),
    )


def no_messages(*, speech: Speech) -> Emptiness:
    """In place of the list of messages."""
    return Emptiness(
        title=speech.say("No messages"),
        text=speech.say("What Turntable tells you is kept here while it runs."),
    )


def not_answered(message: str, hint: str, *, speech: Speech) -> Emptiness:
    """In place of anything that could not be had."""
    return Emptiness(title=speech.say("That could not be read"), text=f"{message}\n{hint}".strip())
