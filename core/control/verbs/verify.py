"""verify: whether everything that is kept is whole, and whether this disk survives a power cut."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from core.app import App
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode
from core.storage.crash_test import crash_test
from core.storage.looking_over import (
    damaged_backups,
    logins_that_do_not_open,
    look_over_database,
    newest_backup,
    sealed_rows,
    unreadable_rows,
)
from core.storage.rows import DamagedRow
from core.storage.settings_file import read_configuration


class Health(StrEnum):
    """How a part is."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """It could not be looked into."""
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One part: `code` is a word for programs, empty when it is good."""

    part: str
    health: str
    code: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer of `verify`; `exit_code` 1: something is bad."""

    health: str
    parts: tuple[Verified, ...]
    messages: tuple[str, ...]
    exit_code: int


type Look = Callable[[App, Arguments], Awaitable[str]]
"""Looks at one part; what is good about it, or a `CoreError` that says what is not."""


class _UnknownError(Exception):
    """A part that cannot be looked into just now; the text says why."""


async def verify(app: App, arguments: Arguments) -> Verification:
    """Look at each part in turn; one that is bad does not hide the next. Nothing is changed.

    With `proxy`, one turn is asked through a proxy of its own, of a made-up back end.
    """
    looks = {**_PARTS, **({"proxy": _proxy} if arguments.flag("proxy") else {})}
    parts = tuple([await _verified(app, arguments, part, look) for part, look in looks.items()])
    bad = [part for part in parts if part.health == Health.BAD]
    lines: list[str] = []
    for part in parts:
        lines.append(f"{_SIGNS[Health(part.health)]} {part.text}")
        if part.hint:
            lines.append(f"    {part.hint}")
    return Verification(
        health=(Health.BAD if bad else Health.GOOD).value,
        parts=parts,
        messages=tuple(lines),
        exit_code=int(ExitCode.FAILED if bad else ExitCode.DONE),
    )


async def _verified(app: App, arguments: Arguments, part: str, look: Look) -> Verified:
    try:
        text = await look(app, arguments)
    except _UnknownError as why:
        return Verified(part=part, health=Health.UNKNOWN, code="unknown", text=str(why), hint="")
    except CoreError as error:
        return Verified(
            part=part,
            health=Health.BAD,
            code=error.code,
            text=app.speech.retell(error.message),
            hint=app.speech.retell(error.hint),
        )
    return Verified(part=part, health=Health.GOOD, code="", text=text, hint="")


async def _settings(app: App, arguments: Arguments) -> str:
    configuration = await asyncio.to_thread(
        read_configuration, app.home.settings, environment=app.environment
    )
    if configuration.warnings:
        return " ".join(map(app.speech.retell, configuration.warnings))
    return app.speech.say("The settings are whole.")


async def _vault_file(app: App, arguments: Arguments) -> str:
    path = app.home.vault
    try:
        there = await asyncio.to_thread(look_over_database, path)
        rows = await asyncio.to_thread(unreadable_rows, path) if there else ()
    except CoreError as error:
        raise await _with_backups(app, error) from None
    if rows:
        raise _rows_damaged(app, rows)
    if not there:
        return app.speech.say("There are no accounts yet.")
    return app.speech.say("{path} is whole.", path=path)


def _rows_damaged(app: App, rows: tuple[DamagedRow, ...]) -> CoreError:
    """The sentence about entries that no value can be read from, or another than was written."""
    lost = [row for row in rows if not row.counts]
    kinds = ", ".join(sorted({row.kind for row in lost or rows}))
    if not lost:
        message = app.speech.counted(
            len(rows),
            "1 entry of {path} is not as it was written ({kinds}); it counts as it stands.",
            "{count} entries of {path} are not as they were written ({kinds}); "
            "they count as they stand.",
            path=app.home.vault,
            kinds=kinds,
        )
        hint = app.speech.say(
            "Look at them with `turntable accounts`; what you set once more is written whole."
        )
    else:
        message = app.speech.counted(
            len(lost),
            "1 entry of {path} cannot be read ({kinds}); it was left as it is.",
            "{count} entries of {path} cannot be read ({kinds}); they were left as they are.",
            path=app.home.vault,
            kinds=kinds,
        )
        hint = app.speech.say("`turntable restore` brings accounts back from a backup.")
    return CoreError("rows_damaged" if lost else "rows_altered", message, hint)


async def _ledger_file(app: App, arguments: Arguments) -> str:
    path = app.home.ledger
    try:
        there = await asyncio.to_thread(look_over_database, path)
    except CoreError as error:
        hint = app.speech.say("It holds only history: it may be deleted while nothing runs.")
        raise CoreError(error.code, error.message, hint) from None
    if not there:
        return app.speech.say("There is no history yet.")
    return app.speech.say("{path} is whole.", path=path)


async def _logins(app: App, arguments: Arguments) -> str:
    path = app.home.vault
    try:
        count = len(await asyncio.to_thread(sealed_rows, path))
    except CoreError:
        raise _UnknownError(app.speech.say("The logins could not be looked at.")) from None
    if not count:
        return app.speech.say("There is no login yet.")
    key = await _key(app, arguments)
    broken = await asyncio.to_thread(logins_that_do_not_open, path, key)
    if not broken:
        return app.speech.counted(
            count, "The one sealed login opens.", "All {count} sealed logins open."
        )
    labels = {account.id: account.label for account in app.state.accounts.values()}
    named = ", ".join(labels.get(account, account) for account in broken)
    raise CoreError(
        "login_damaged",
        app.speech.say("These sealed logins are damaged: {named}.", named=named),
        app.speech.say("Sign in again to them, or `turntable restore` a backup."),
    )


async def _key(app: App, arguments: Arguments) -> bytes:
    """The vault's key; owned for the moment where no owner runs."""
    try:
        if app.serving is None:
            # Who owns the folder puts a damaged history aside; looking must not.
            await asyncio.to_thread(look_over_database, app.home.ledger)
            await app.hold("verify")
        await app.unlock(arguments.text("passphrase"))
        return app.folder.vault.opened_key()
    except CoreError as error:
        raise _UnknownError(
            app.speech.say("The logins could not be opened: {why}", why=error.message)
        ) from None


async def _backups(app: App, arguments: Arguments) -> str:
    count, bad = await asyncio.to_thread(damaged_backups, app.home.backups)
    if bad:
        named = ", ".join(path.name for path, _ in bad)
        raise CoreError(
            "backup_damaged",
            app.speech.say(
                "Damaged backups, {bad} of {count}: {named}.",
                bad=len(bad),
                count=count,
                named=named,
            ),
            app.speech.say("Delete them; the others are whole."),
        )
    if not count:
        return app.speech.say("There is no backup yet.")
    return app.speech.counted(
        count,
        "The one backup of Turntable’s own is whole.",
        "{count} backups of Turntable’s own are whole.",
    )


async def _journal(app: App, arguments: Arguments) -> str:
    if not app.home.root.is_dir():
        raise _UnknownError(app.speech.say("There is no data folder yet."))
    await crash_test(app.home.run / "crash-test")
    return app.speech.say("This disk gives back what was committed when it is cut off.")


async def _proxy(app: App, arguments: Arguments) -> str:
    from core.control.path_trial import try_path
    from core.standin.server import StandIn

    async with StandIn(now=app.clock.now) as back_end:
        seconds = await try_path(back_end, clock=app.clock, speech=app.speech)
    return app.speech.say(
        "A turn went through a proxy of its own to a made-up back end and back in {ms} ms.",
        ms=round(seconds * 1000),
    )


async def _with_backups(app: App, error: CoreError) -> CoreError:
    """The error, with the backup that would mend it."""
    found = await asyncio.to_thread(newest_backup, app.home.backups)
    if found is None or error.code != "data_damaged":
        return error
    hint = app.speech.say(
        "Move it and its -wal and -shm files to a safe place, then `turntable restore {file}`.",
        file=found,
    )
    return CoreError(error.code, error.message, hint, exit_code=error.exit_code)


_SIGNS = {Health.GOOD: "✓", Health.UNKNOWN: "·", Health.BAD: "✗"}

_PARTS: dict[str, Look] = {
    "settings": _settings,
    "vault": _vault_file,
    "ledger": _ledger_file,
    "logins": _logins,
    "backups": _backups,
    "journal": _journal,
}
