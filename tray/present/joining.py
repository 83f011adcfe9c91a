"""The ways in which an account comes here."""

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.entries import Choice, Perform


def ways_to_join(report: StatusReport, *, speech: Speech) -> tuple[Choice, ...]:
    """The most usual first; nothing can be added to logins that are locked."""
    return (
        Choice(
            id="add.codex",
            text=speech.say("&Import from Codex"),
            action=Perform(verb="import", arguments={"from": "codex"}),
            enabled=not report.vault.locked,
        ),
    )
