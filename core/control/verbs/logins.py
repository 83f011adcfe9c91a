"""import: logins that come in from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.accounts.assembly import Entrance, entrance
from core.accounts.imports import Imported
from core.accounts.roster import Outcome
from core.app import App
from core.codex_home.auth_file import AUTH_FILE
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did, or would do.

    Attributes:
        outcome: `added`, `updated` or `unchanged`.
        account: our id of it.
        number: the `#N` to type.
        label: what it is called.
        source: the file that was read, and is read again for newer tokens.
        checked: whether the back end took the login just now.
        dry_run: nothing was written.
        messages: the same, in sentences.
        recovery_code: made with the first login, and shown this once.
    """

    outcome: str
    account: str
    number: int
    label: str
    source: str
    checked: bool
    dry_run: bool
    messages: tuple[str, ...]
    recovery_code: str | None = None


async def import_login(app: App, arguments: Arguments) -> Import:
    """Take the login of an auth.json; the file itself is only read."""
    named = arguments.text("file")
    if named is not None and arguments.text("from") is not None:
        raise CoreError(
            "usage",
            "Name a file, or --from codex, not both.",
            "`turntable import --help` says more.",
            exit_code=ExitCode.USAGE,
        )
    home = app.codex_home(arguments.text("codex_home"))
    path = home / "auth.json" if named is None else Path(named)
    ways = ways_in(app, arguments.text("passphrase"))
    imported = await ways.importer.import_login(path, dry_run=arguments.flag("dry_run"))
    return described(app, imported)


def ways_in(app: App, passphrase: str | None) -> Entrance:
    """What takes logins in, over the folder that the app owns; `passphrase` opens the vault."""
    app.offer(passphrase)
    return entrance(
        app.joining.roster, app.folder.store, clock=app.clock, upstream=app.settings.upstream
    )


def described(app: App, imported: Imported) -> Import:
    """One login that came in, or would."""
    return Import(
        outcome=imported.outcome.value,
        account=imported.account.id,
        number=imported.account.number,
        label=imported.account.label,
        source=str(imported.source),
        checked=imported.checked,
        dry_run=imported.dry_run,
        messages=tuple(_told(app, imported)),
    )


def _told(app: App, imported: Imported) -> Iterator[str]:
    account, say = imported.account, app.speech.say
    done, planned = {
        Outcome.ADDED: ("Added #{n} {label} ({plan}).", "Would add #{n} {label} ({plan})."),
        Outcome.UPDATED: ("Updated #{n} {label} ({plan}).", "Would update #{n} {label} ({plan})."),
        Outcome.UNCHANGED: ("#{n} {label} is here already.", "#{n} {label} is here already."),
    }[imported.outcome]
    sentence = planned if imported.dry_run else done
    yield say(sentence, n=account.number, label=account.label, plan=account.plan or "plan unknown")
    if imported.run_out:
        yield say(
            "Its access token has run out; Codex is asked to renew it when it is needed."
            if imported.source.name == AUTH_FILE
            else "Its access token has run out; it is read again as soon as its tool renews it."
        )
    elif not imported.checked:
        yield say("The back end could not be asked whether it takes this login.")
    if imported.outcome is not Outcome.UNCHANGED and imported.source.name == AUTH_FILE:
        yield say(
            "Its login stays Codex’s: only Codex spends its refresh token, "
            "and {source} is read again for newer ones.",
            source=imported.source,
        )
