"""logout: a login ended here, and on request at the issuer too."""

from dataclasses import dataclass

from core.accounts.find import find_account
from core.app import App
from core.control.granting import granting
from core.control.verb import Arguments
from core.domain.account import Account, AccountId, Refresher
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """The answer of `logout`.

    Attributes:
        accounts: our ids of the accounts that were signed out.
        revoked: our ids of those whose login was ended at the issuer.
        messages: the same, in sentences.
    """

    accounts: tuple[AccountId, ...]
    revoked: tuple[AccountId, ...]
    messages: tuple[str, ...]


async def logout(app: App, arguments: Arguments) -> Logout:
    """Sign out of one account or of all; with `revoke` the issuer is told before."""
    chosen, revoke = _chosen(app, arguments), arguments.flag("revoke")
    if revoke:
        _require_ours(chosen)
    messages = []
    async with granting(app, arguments.text("passphrase")) as authoriser:
        for account in chosen:
            await authoriser.sign_out(account, revoke=revoke)
            messages.append(_told(app, account, revoked=revoke))
    ids = tuple(account.id for account in chosen)
    if not chosen:
        messages.append(app.speech.say("There is no account to sign out of."))
    return Logout(accounts=ids, revoked=ids if revoke else (), messages=tuple(messages))


def _chosen(app: App, arguments: Arguments) -> tuple[Account, ...]:
    named, every = arguments.text("account"), arguments.flag("all")
    if (named is None) is not every:
        raise CoreError(
            "usage",
            "Name an account, or --all.",
            "`turntable logout --help` says more.",
            exit_code=ExitCode.USAGE,
        )
    if named is not None:
        return (find_account(app.state, named),)
    return tuple(app.state.accounts.values())


def _require_ours(chosen: tuple[Account, ...]) -> None:
    """Before anything is done: of several, none is revoked unless all may be."""
    for account in chosen:
        if account.refresher is not Refresher.TURNTABLE:
            raise CoreError(
                "not_ours_to_revoke",
                Sentence(
                    "#{number} {label} was imported: its login is not Turntable’s to revoke. "
                    "Nothing was changed.",
                    number=account.number,
                    label=account.label,
                ),
                "Sign out where it lives, for example with `codex logout`; or leave --revoke out.",
                exit_code=ExitCode.LEFT_ALONE,
            )


def _told(app: App, account: Account, *, revoked: bool) -> str:
    if revoked:
        sentence = "{label} is signed out, and its login was ended at the issuer."
    elif account.refresher is Refresher.TURNTABLE:
        sentence = "{label} is signed out; `turntable login --again '#{n}'` signs in again."
    else:
        sentence = "{label} is signed out here; the login that it was imported from lives on."
    return app.speech.say(sentence, label=account.label, n=account.number)
