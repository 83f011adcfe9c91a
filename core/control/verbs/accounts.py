"""accounts: the list of them."""

from dataclasses import dataclass

from core.app import App
from core.control.verb import Arguments
from core.domain.report import AccountReport


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """Every account as it stands."""

    accounts: tuple[AccountReport, ...]


async def accounts(app: App, arguments: Arguments) -> AccountList:
    """Every account, in the order of its numbers."""
    return AccountList(accounts=(await app.status(app.codex_home(None))).accounts)
