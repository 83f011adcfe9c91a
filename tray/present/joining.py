"""The ways in which an account comes here."""

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.entries import Choice, Perform, SignIn

FROM_CODEX = "add.codex"


def ways_to_join(report: StatusReport, *, speech: Speech) -> tuple[Choice, ...]:
    """The most usual first; nothing can be added to logins that are locked."""
    ways = (
        ("add.browser", speech.say("Sign in with the &browser…"), "browser"),
        ("add.device", speech.say("Sign in with a co&de…"), "device"),
        ("add.paste", speech.say("&Paste an address…"), "paste"),
    )
    able = not report.vault.locked
    return (
        *(Choice(id=i, text=text, action=SignIn(way=way), enabled=able) for i, text, way in ways),
        Choice(
            id=FROM_CODEX,
            text=speech.say("&Import from Codex"),
            action=Perform(verb="import", arguments={"from": "codex"}),
            enabled=able,
        ),
    )
