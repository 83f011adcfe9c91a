"""accounts and import."""

from dataclasses import dataclass
from pathlib import Path

from core.app import App
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode
from core.domain.report import AccountReport


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """Every account as it stands."""

    accounts: tuple[AccountReport, ...]


async def accounts(app: App, arguments: Arguments) -> AccountList:
    """Every account, in the order of its numbers."""
    return AccountList(accounts=(await app.status(app.codex_home(None))).accounts)


async def import_login(app: App, arguments: Arguments) -> object:
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
    await app.unlock(arguments.text("passphrase"))
    return await app.import_login(path, dry_run=arguments.flag("dry_run"))
