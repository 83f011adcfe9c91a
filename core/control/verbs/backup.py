"""backup, restore, export: what is kept, what comes back, and what travels without logins."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.accounts.export import Export, read_export, to_export, wish
from core.accounts.export_budgets import take_budgets
from core.accounts.export_rules import settled_here
from core.accounts.find import find_account
from core.accounts.merge import Merge, Step
from core.accounts.restore import Restorer
from core.accounts.stores.files import read_text
from core.app import App
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.profiles import IN_USE, NONE
from core.domain.rules import PoolId
from core.domain.ruling import replace_rules
from core.domain.sentence import Sentence
from core.domain.settings import Settings, Value, parse_value, with_value
from core.domain.state import Change
from core.storage.backups import write_new
from core.storage.kept_backups import made_at
from core.storage.settings_edits import put_profile, set_in_file
from core.storage.slots import SlotKind
from core.words.speech import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """The answer of `backup`; `opened_by` is what opens the file: slots of the vault, or more."""

    file: str
    accounts: int
    logins: int
    opened_by: tuple[str, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneRestored:
    """One account of a backup: `added`, `login` (it got the backup's login), or `unchanged`."""

    outcome: str
    id: AccountId
    number: int
    label: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The answer of `restore`; without a file `available` lists our own, newest first."""

    file: str | None
    made_at: datetime | None
    accounts: tuple[OneRestored, ...]
    available: tuple[str, ...]
    dry_run: bool
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The answer of `export`, and of an `import` of what it wrote."""

    file: str
    settings: tuple[str, ...]
    accounts: int
    messages: tuple[str, ...]


async def backup(app: App, arguments: Arguments) -> BackedUp:
    """Write accounts and logins, sealed, to a new file."""
    path = Path(arguments.required("file"))
    held = app.folder.vault
    if not held.slots:
        message = "There is no login yet, and so nothing to back up."
        raise CoreError("no_login_yet", message, "Add one with `turntable import`.")
    passphrase = arguments.text("file_passphrase")
    if arguments.flag("with_passphrase") and passphrase is None:
        message = "The backup needs a passphrase; nothing was written."
        hint = "Type it when you are asked, or set TURNTABLE_FILE_PASSPHRASE."
        raise CoreError("file_passphrase_needed", message, hint, exit_code=ExitCode.USAGE)
    await app.unlock(arguments.text("passphrase"))
    kept = await app.folder.backups.write(path, passphrase=passphrase)
    more = {SlotKind.PASSPHRASE} if passphrase is not None else set()
    kinds = tuple(kind.value for kind in SlotKind if kind in held.slots | more)
    say = app.speech.say
    lines = [
        say(
            "{accounts} and {logins} are in {file}.",
            accounts=_accounts(len(kept.accounts), app.speech),
            logins=app.speech.counted(len(kept.logins), "1 login", "{count} logins"),
            file=path,
        )
    ]
    if not {SlotKind.PASSPHRASE.value, SlotKind.RECOVERY.value} & set(kinds):
        lines.append(
            say(
                "Only this system’s keyring opens it; `backup --with-passphrase` makes one that "
                "opens anywhere."
            )
        )
    return BackedUp(
        file=str(path),
        accounts=len(kept.accounts),
        logins=len(kept.logins),
        opened_by=kinds,
        messages=tuple(lines),
    )


async def restore(app: App, arguments: Arguments) -> Restored:
    """Merge a backup with what is here; without a file, name our own."""
    trusted, named = arguments.text("only_copy"), arguments.text("file")
    if trusted is not None:
        return await _confirm(app, trusted)
    if named is None:
        return await _available(app)
    if app.folder.vault.slots:
        await app.unlock(arguments.text("passphrase"))
    opened, kept = await app.folder.backups.open(
        Path(named), passphrase=arguments.text("file_passphrase") or arguments.text("passphrase")
    )
    dry_run = arguments.flag("dry_run")
    steps = await _restorer(app, arguments.text("passphrase")).restore(kept, dry_run=dry_run)
    return Restored(
        file=named,
        made_at=opened.made_at,
        accounts=tuple(
            OneRestored(
                outcome=step.merge.value,
                id=step.account.id,
                number=step.account.number,
                label=step.account.label,
                unverified=step.unverified,
            )
            for step in steps
        ),
        available=(),
        dry_run=dry_run,
        messages=tuple(_told(app, steps, dry_run=dry_run)),
    )


async def export(app: App, arguments: Arguments) -> Exported:
    """Write settings, labels and what was decided about accounts to a new file; no login."""
    path = Path(arguments.required("file"))
    configuration = app.configuration
    accounts = tuple(app.state.accounts.values())
    text = to_export(
        configuration.in_file,
        app.state,
        profiles=configuration.profiles.values(),
        made_at=app.clock.now(),
    )
    await asyncio.to_thread(write_new, path, text.encode())
    settings = tuple(read_export(text).settings)
    say = app.speech.say
    line = say(
        "{settings} and what you decided about {accounts} are in {file}; no login is.",
        settings=_settings(len(settings), app.speech),
        accounts=_accounts(len(accounts), app.speech),
        file=path,
    )
    return Exported(file=str(path), settings=settings, accounts=len(accounts), messages=(line,))


async def import_export(app: App, path: Path, *, dry_run: bool) -> Exported:
    """Let settings and accounts be as an export says. All of it is checked before any of it counts.

    Raises:
        CoreError: the file is damaged, or a value of it does not count here; nothing was changed.
    """
    wishes = read_export(await asyncio.to_thread(read_text, path))
    for key, value in wishes.settings.items():
        with_value(Settings(), key, parse_value(key, _typed(value)))
    _require_profile(app, wishes)
    here = {account.identity for account in app.state.accounts.values()}
    known = [one for one in wishes.accounts if one.identity in here]
    ruled = _ruled(app, wishes)
    if not dry_run:
        if ruled is not None:
            await app.folder.store.change(ruled)
        await app.folder.store.change(wish(wishes.accounts))
        await app.folder.store.change(take_budgets(wishes.budgets))
        for profile in wishes.profiles:
            put_profile(app.home.settings, profile)
        for key, value in wishes.settings.items():
            set_in_file(app.home.settings, key, _typed(value))
        app.reload_settings()
    say = app.speech.say
    lines = [
        say(
            "{settings} and what you decided about {accounts} count here now."
            if not dry_run
            else "{settings} and what you decided about {accounts} would count.",
            settings=_settings(len(wishes.settings), app.speech),
            accounts=_accounts(len(known), app.speech),
        )
    ]
    if wishes.rules is not None and (wishes.rules.pools or wishes.rules.rules):
        lines.append(
            say(
                "Its pools ({pools}) and rules ({rules}) take the place of those that are here.",
                pools=len(wishes.rules.pools),
                rules=len(wishes.rules.rules),
            )
        )
    if wishes.budgets:
        lines.append(
            say(
                "Its budgets ({count}) count as far as what they are about is here.",
                count=len(wishes.budgets),
            )
        )
    if absent := len(wishes.accounts) - len(known):
        lines.append(
            app.speech.counted(
                absent,
                "1 account of the file is not here; sign in to it first.",
                "{count} accounts of the file are not here; sign in to them first.",
            )
        )
    lines += [say("{key} was left as it is: no file may set it.", key=key) for key in wishes.left]
    return Exported(
        file=str(path),
        settings=tuple(wishes.settings),
        accounts=len(known),
        messages=tuple(lines),
    )


def _ruled(app: App, wishes: Export) -> Change | None:
    """Pools and rules of the file in the place of ours, checked; None: it has none.

    Raises:
        CoreError: they cannot count here.
    """
    sent = wishes.rules
    if sent is None or not (sent.pools or sent.rules):
        return None
    pools, rules = settled_here(sent, app.state, lambda: PoolId(f"pool_{secrets.token_hex(6)}"))
    change = replace_rules(pools, rules)
    change(app.state)
    return change


def _require_profile(app: App, wishes: Export) -> None:
    """See that the profile which the file wants used is there by then."""
    wanted = wishes.settings.get(IN_USE, "")
    there = {*app.configuration.profiles, *(one.name for one in wishes.profiles), "", NONE}
    if wanted not in there:
        message = Sentence(
            "The file wants the profile {wanted}, which is in no place; nothing was changed.",
            wanted=wanted,
        )
        raise CoreError("no_such_profile", message, exit_code=ExitCode.USAGE)


def _restorer(app: App, passphrase: str | None) -> Restorer:
    return Restorer(
        store=app.folder.store,
        vault=app.folder.vault,
        unlock=lambda: app.unlock(passphrase),
        landed=app.joining.landed,
    )


async def _available(app: App) -> Restored:
    ours = await app.folder.backups.ours()
    say = app.speech.say
    lines = []
    for path in ours:
        moment = made_at(path.name)
        stamp = "" if moment is None else app.speech.stamp(moment, app.clock.now())
        lines.append(say("{stamp}  {file}", stamp=stamp, file=path))
    return Restored(
        file=None,
        made_at=None,
        accounts=(),
        available=tuple(str(path) for path in ours),
        dry_run=True,
        messages=tuple(lines) or (say("There is no backup yet."),),
    )


async def _confirm(app: App, typed: str) -> Restored:
    """The user says that no other copy of a restored login is in use."""
    account = find_account(app.state, typed)
    done = await _restorer(app, None).confirm(account)
    sentence = (
        "{label} is Turntable’s again: its login is renewed here."
        if done
        else "{label} was not restored from a backup; there is nothing to say about it."
    )
    return Restored(
        file=None,
        made_at=None,
        accounts=(),
        available=(),
        dry_run=False,
        messages=(app.speech.say(sentence, label=account.label),),
    )


def _told(app: App, steps: tuple[Step, ...], *, dry_run: bool) -> Iterator[str]:
    say = app.speech.say
    done, planned = (
        {
            Merge.ADDED: "Added #{n} {label}.",
            Merge.LOGIN: "#{n} {label} has the backup’s login.",
            Merge.UNCHANGED: "#{n} {label} is here already, with a login as good or newer.",
        },
        {
            Merge.ADDED: "Would add #{n} {label}.",
            Merge.LOGIN: "#{n} {label} would get the backup’s login.",
            Merge.UNCHANGED: "#{n} {label} is here already, with a login as good or newer.",
        },
    )
    for step in steps:
        sentence = (planned if dry_run else done)[step.merge]
        yield say(sentence, n=step.account.number, label=step.account.label)
    if any(step.unverified for step in steps):
        yield say(
            "Logins that were signed in with Turntable serve as long as their access tokens live. "
            "They are not renewed, because another copy may be in use. If there is none, say so: "
            "`turntable restore --only-copy ACCOUNT`."
        )
    if not steps:
        yield say("The backup holds no account.")


def _typed(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _accounts(count: int, speech: Speech) -> str:
    return speech.counted(count, "1 account", "{count} accounts")


def _settings(count: int, speech: Speech) -> str:
    return speech.counted(count, "1 setting", "{count} settings")
