"""workspaces: where an account’s user works, and which of these are accounts here."""

from dataclasses import dataclass

from core.accounts.find import find_account
from core.accounts.look import Workspace, list_workspaces
from core.app import App
from core.control.granting import granting
from core.control.verb import Arguments
from core.control.verbs.rotation import use
from core.domain.account import Account, AccountId, Identity
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.proxy.upstream import base_of
from core.runtime.net import connector


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceEntry:
    """One workspace; `account` is our id where it is an account here."""

    id: str
    name: str
    account: AccountId | None
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces:
    """The answer of `workspaces`.

    Attributes:
        workspaces: all that the back end names for this user.
        chosen: our id of the account that was chosen.
        messages: the same, in sentences.
    """

    workspaces: tuple[WorkspaceEntry, ...]
    chosen: AccountId | None
    messages: tuple[str, ...]


async def workspaces(app: App, arguments: Arguments) -> Workspaces:
    """Ask the back end for the workspaces of an account’s user; prefer one of them."""
    account = find_account(app.state, arguments.required("account"))
    found = await _asked(app, account, arguments.text("passphrase"))
    entries = tuple(_entry(app, account, one) for one in found)
    wanted = arguments.text("workspace")
    if wanted is None:
        return Workspaces(
            workspaces=entries,
            chosen=None,
            messages=tuple(_told(app, entry) for entry in entries),
        )
    chosen = _choose(account, wanted, entries)
    steered = await use(app, Arguments({"account": chosen}))
    return Workspaces(workspaces=entries, chosen=chosen, messages=steered.messages)


async def _asked(app: App, account: Account, passphrase: str | None) -> tuple[Workspace, ...]:
    upstream = app.settings.upstream
    async with granting(app, passphrase) as authoriser:
        grant = await authoriser.authorise(account.id)
    if grant is None:
        message = Sentence(
            "{label} needs a new sign-in before its workspaces can be asked for.",
            label=account.label,
        )
        hint = Sentence("`turntable login --again '#{number}'`", number=account.number)
        raise CoreError("sign_in_needed", message, hint, exit_code=ExitCode.SIGN_IN_NEEDED)
    found: tuple[Workspace, ...] | None = None
    if base_of(upstream.base_url, allow_custom=upstream.allow_custom) is not None:
        base_url = upstream.base_url.rstrip("/")
        found = await list_workspaces(connector(upstream), base_url, grant)
    if found is None:
        message = Sentence(
            "The back end could not be asked for the workspaces of {label}.", label=account.label
        )
        raise CoreError("back_end_unreachable", message, "`turntable doctor` looks for the reason.")
    return found


def _entry(app: App, account: Account, one: Workspace) -> WorkspaceEntry:
    known = app.state.find(Identity(user=account.identity.user, workspace=one.id))
    return WorkspaceEntry(
        id=one.id,
        name=one.name,
        account=None if known is None else known.id,
        number=None if known is None else known.number,
    )


def _choose(account: Account, wanted: str, entries: tuple[WorkspaceEntry, ...]) -> AccountId:
    """The account in the workspace of that id or name."""
    entry = next((one for one in entries if wanted in (one.id, one.name)), None)
    if entry is None:
        raise CoreError(
            "no_such_workspace",
            Sentence("“{wanted}” is no workspace of {label}.", wanted=wanted, label=account.label),
            Sentence("`turntable workspaces '#{number}'` lists them.", number=account.number),
            exit_code=ExitCode.USAGE,
        )
    if entry.account is None:
        raise CoreError(
            "workspace_not_signed_in",
            Sentence(
                "{name} is no account here yet; a login counts for one workspace.",
                name=entry.name or entry.id,
            ),
            Sentence("`turntable login --workspace {id}` adds it.", id=entry.id),
            exit_code=ExitCode.SIGN_IN_NEEDED,
        )
    return entry.account


def _told(app: App, entry: WorkspaceEntry) -> str:
    name = entry.name or app.speech.say("without a name")
    if entry.number is None:
        return app.speech.say("{id}  {name}  not signed in here", id=entry.id, name=name)
    return app.speech.say("{id}  {name}  #{n}", id=entry.id, name=name, n=entry.number)
