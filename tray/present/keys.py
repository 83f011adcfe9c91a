"""The keys of the list of accounts, as they are explained when somebody asks with `?`."""

from core.words.speech import Speech
from tray.present.account_actions import KEYS


def explained(speech: Speech) -> tuple[tuple[str, str], ...]:
    """Each key, and what it does."""
    return (
        ("↑ ↓", speech.say("go through the list")),
        ("Shift ↑ ↓", speech.say("select several")),
        ("Enter", speech.say("to the buttons of the account")),
        ("1 – 9", speech.say("use this account")),
        (KEYS["use"], speech.say("use the selected account")),
        (KEYS["pause"], speech.say("pause it, or let it take part again")),
        (KEYS["sign_in"], speech.say("sign in again")),
        (KEYS["remove"], speech.say("remove it; the line at the top brings it back")),
        ("/", speech.say("search")),
        ("?", speech.say("these keys")),
        ("Ctrl 1 – 7", speech.say("turn the page")),
    )
