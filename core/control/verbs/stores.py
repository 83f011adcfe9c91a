"""import: logins of Codex's own file and of other tools' stores, and what `export` wrote."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.accounts.store_imports import Skipped, SkippedEntry, StoreImport
from core.accounts.stores.files import read_text
from core.accounts.stores.places import Tool, places_of
from core.accounts.stores.recognise import Form, form_of
from core.app import App
from core.control.verb import Arguments
from core.control.verbs.backup import Exported, import_export
from core.control.verbs.logins import Import, described, import_login, ways_in
from core.control.verbs.vault import first_recovery_code, told_code
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A login that did not come in; `why` is a word for programs."""

    name: str
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What an import of stores did, or would do.

    Attributes:
        imported: one for each login.
        skipped: those that did not come in.
        taken: our ids of the accounts that are ours now and left their store.
        renewed_meanwhile: our ids of those whose tool renewed the login before it could be taken.
        copies: files beside the store that still hold a login that was taken.
        dry_run: nothing was written.
        messages: the same, in sentences.
        recovery_code: made with the first login, and shown this once.
        exit_code: 1 when none came in.
    """

    imported: tuple[Import, ...]
    skipped: tuple[Passed, ...]
    taken: tuple[AccountId, ...]
    renewed_meanwhile: tuple[AccountId, ...]
    copies: tuple[str, ...]
    dry_run: bool
    messages: tuple[str, ...]
    recovery_code: str | None
    exit_code: int


async def import_logins(app: App, arguments: Arguments) -> Import | Imports | Exported:
    """Take the logins that a file holds, whatever wrote it; its form is known by its content."""
    named, tool = arguments.text("file"), arguments.text("from")
    if named is not None and tool is not None:
        raise _usage("Name a file, or --from and a tool, not both.")
    if named is not None and await asyncio.to_thread(_is_export, Path(named)):
        return await import_export(app, Path(named), dry_run=arguments.flag("dry_run"))
    had_key = bool(app.folder.vault.slots)
    paths = await asyncio.to_thread(_paths, app, arguments)
    answer: Import | Imports
    if paths:
        answer = await _import_stores(app, arguments, paths)
    elif arguments.flag("take"):
        raise CoreError(
            "take_live_login",
            "--take never removes a login of Codex’s own; nothing was changed.",
            "Import it without --take: it stays Codex’s. Or sign in with `turntable login`.",
            exit_code=ExitCode.USAGE,
        )
    else:
        answer = await import_login(app, arguments)
    code = None if had_key else await first_recovery_code(app)
    if code is None:
        return answer
    messages = (*answer.messages, *told_code(app, code))
    return replace(answer, messages=messages, recovery_code=code)


def _paths(app: App, arguments: Arguments) -> tuple[Path, ...]:
    """The files to read as stores; none where Codex's own login is meant. Blocks."""
    named, tool = arguments.text("file"), arguments.text("from")
    if named is not None:
        return _store_file(Path(named))
    if tool in (None, "codex"):
        return ()
    places = places_of(
        Tool(tool),
        codex_home=app.codex_home(arguments.text("codex_home")),
        user_home=app.user_home,
        environment=app.environment,
    )
    present = places.present()
    if not present:
        hint = "Name the file, if it lies elsewhere: `turntable import FILE`."
        message = Sentence(
            "{path}: there is no such file; {tool} keeps its logins there.",
            path=places.expected,
            tool=tool,
        )
        raise CoreError("store_missing", message, hint)
    return present


def _is_export(path: Path) -> bool:
    try:
        return form_of(read_text(path)) is Form.OUR_EXPORT
    except CoreError:
        return False


def _store_file(path: Path) -> tuple[Path, ...]:
    """The file, if it is another tool's store; none if Codex's reader shall judge it."""
    try:
        form = form_of(read_text(path))
    except CoreError:
        return ()  # missing, or no text: the reader of auth.json says so in its own words
    match form:
        case Form.AUTH_JSON:
            return ()
        case Form.OUR_BACKUP:
            hint = Sentence("`turntable restore {name}` merges it.", name=path.name)
            raise CoreError(
                "is_a_backup", Sentence("{path} is a backup of Turntable.", path=path), hint
            )
        case _:
            return (path,)


async def _import_stores(app: App, arguments: Arguments, paths: tuple[Path, ...]) -> Imports:
    result = await ways_in(app, arguments.text("passphrase")).stores.import_stores(
        paths,
        passphrase=arguments.text("file_passphrase"),
        take=arguments.flag("take"),
        dry_run=arguments.flag("dry_run"),
    )
    ones = tuple(described(app, one) for one in result.imported)
    return Imports(
        imported=ones,
        skipped=tuple(
            Passed(name=one.name, why=one.why.value, source=str(one.source))
            for one in result.skipped
        ),
        taken=result.taken,
        renewed_meanwhile=result.renewed_meanwhile,
        copies=tuple(str(copy) for copy in result.copies),
        dry_run=arguments.flag("dry_run"),
        messages=tuple(_told(app, arguments, result, ones)),
        recovery_code=None,
        exit_code=int(ExitCode.DONE if result.imported or result.taken else ExitCode.FAILED),
    )


_WHY = {
    Skipped.DAMAGED: "{name} was left out: a part of it is not what its tool writes there.",
    Skipped.NO_ACCESS_TOKEN: (
        "{name} was left out: only its refresh token is there, and that is its tool’s to spend. "
        "Let the tool renew it, or sign in with `turntable login`."
    ),
    Skipped.NO_REFRESH_TOKEN: "{name} was left out: it has no refresh token.",
    Skipped.NO_IDENTITY: "{name} was left out: it does not say whose it is.",
    Skipped.TWICE: "{name} was left out: the same account stands there with a newer login.",
    Skipped.REVOKED: "{name} was left out: the back end does not take it any more.",
}


def _told(
    app: App, arguments: Arguments, result: StoreImport, ones: tuple[Import, ...]
) -> Iterator[str]:
    say = app.speech.say
    for one in ones:
        yield from one.messages
    yield from (_told_skipped(app, one) for one in result.skipped)
    labels = {account.id: account.label for account in app.state.accounts.values()}
    if arguments.flag("take"):
        for account in result.taken:
            yield say(
                "{label} is Turntable’s now; its store holds it no more.", label=labels[account]
            )
        for account in result.renewed_meanwhile:
            yield say(
                "{label} was renewed by its tool this moment and stays the tool’s; "
                "quit the tool, then import again.",
                label=labels[account],
            )
        for copy in result.copies:
            yield say("A copy of a login that was taken lies in {copy}; delete it.", copy=copy)
        if result.taken:
            yield say("If the tool runs, restart it: it may still hold the old list in memory.")
    elif any(one.outcome != "unchanged" for one in ones):
        yield say(
            "These logins live in two places now. Only their tool renews them; Turntable never "
            "spends their refresh tokens. `import --take` makes them Turntable’s and removes them "
            "there."
        )
    if not ones and not result.skipped:
        yield say("There is no login in it.")


def _told_skipped(app: App, one: SkippedEntry) -> str:
    return app.speech.say(_WHY[one.why], name=one.name)


def _usage(message: str) -> CoreError:
    hint = "`turntable import --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
