"""From what a person types to the account that is meant. Pure."""

import difflib
from collections.abc import Iterable

from core.domain.account import Account
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.state import State

_MOST_NAMED = 5


def find_account(state: State, typed: str) -> Account:
    """The account that `typed` names: `#N`, `N`, own id, label, e-mail, user or workspace id.

    A whole name wins over the beginning of one, and what only one account can have (number, own
    id, label) wins over what several may share. Case does not matter.

    Raises:
        CoreError: `no_account_named` or `account_ambiguous`, which name candidates; exit code
            usage.
    """
    wanted = typed.strip().casefold()
    accounts = tuple(state.accounts.values())
    for matches in (
        [a for a in accounts if wanted and wanted in _own(a)],
        [a for a in accounts if wanted and wanted in _shared(a)],
        [a for a in accounts if wanted and _begins(a, wanted)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise _ambiguous(typed, matches)
    raise _unknown(typed, accounts)


def _own(account: Account) -> tuple[str, ...]:
    number = str(account.number)
    return (f"#{number}", number, account.id.casefold(), account.label.casefold())


def _shared(account: Account) -> tuple[str, ...]:
    identity = account.identity
    names = (account.email, identity.user, identity.workspace, account.workspace_name)
    return tuple(name.casefold() for name in names if name)


def _begins(account: Account, wanted: str) -> bool:
    # `#1` is a whole number and not the beginning of `#12`.
    names = (account.id.casefold(), account.label.casefold(), *_shared(account))
    return any(name.startswith(wanted) for name in names)


def _ambiguous(typed: str, matches: list[Account]) -> CoreError:
    return CoreError(
        "account_ambiguous",
        Sentence("“{typed}” fits several accounts: {names}.", typed=typed, names=_named(matches)),
        "Use the number, for example #1, or the whole label.",
        exit_code=ExitCode.USAGE,
    )


def _unknown(typed: str, accounts: tuple[Account, ...]) -> CoreError:
    if not accounts:
        hint = "Add one with `turntable import --from codex` or `turntable login`."
        message = "There is no account yet."
        return CoreError("no_account_named", message, hint, exit_code=ExitCode.USAGE)
    by_name = {name: a for a in accounts for name in (*_own(a)[2:], *_shared(a))}
    close = difflib.get_close_matches(typed.casefold(), list(by_name), n=_MOST_NAMED, cutoff=0.5)
    meant = dict.fromkeys(by_name[name] for name in close)
    hint = (
        Sentence("Did you mean {names}?", names=_named(meant))
        if meant
        else "`turntable accounts` lists all accounts with their numbers."
    )
    message = Sentence("No account is called “{typed}”.", typed=typed)
    return CoreError("no_account_named", message, hint, exit_code=ExitCode.USAGE)


def _named(accounts: Iterable[Account]) -> str:
    named = [f"#{account.number} {account.label}" for account in accounts]
    more = len(named) - _MOST_NAMED
    names = ", ".join(named[:_MOST_NAMED])
    return Sentence("{names} and {more} more", names=names, more=more) if more > 0 else names
