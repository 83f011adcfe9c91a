"""unlock: the logins of a running Turntable opened, by the keyring or by a passphrase."""

from core.app import App
from core.control.verb import Arguments
from core.domain.events import VaultOpened


async def unlock(app: App, arguments: Arguments) -> dict[str, list[str]]:
    """Open the vault for as long as the engine runs."""
    was_locked = app.folder.vault.locked
    await app.unlock(arguments.text("passphrase"))
    if was_locked:
        app.bus.publish(VaultOpened())
    return {"messages": [app.speech.say("Your logins are open.")]}
