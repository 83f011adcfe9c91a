"""What can be done with one account, wherever it is shown: each a verb, with its key."""

from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode
from core.words.speech import Speech
from tray.present.entries import Choice, Perform


def account_actions(
    account: AccountReport, report: StatusReport, *, speech: Speech
) -> tuple[Choice, ...]:
    """The actions, the most usual first; what is in force already cannot be chosen again."""
    named = {"account": account.id}
    steering = report.rotation
    preferred = steering.mode == RotationMode.USE and steering.account == account.id
    forced = steering.mode == RotationMode.STAY and steering.account == account.id
    return (
        Choice(
            id="use",
            text=speech.say("&Use"),
            action=Perform(verb="use", arguments=named),
            enabled=not preferred,
            checked=preferred,
        ),
        Choice(
            id="stay",
            text=speech.say("&Stay on it"),
            action=Perform(verb="stay", arguments=named),
            enabled=not forced,
            checked=forced,
        ),
        Choice(
            id="check",
            text=speech.say("&Ask again"),
            action=Perform(verb="check", arguments=named),
            enabled=not report.vault.locked,
        ),
    )
