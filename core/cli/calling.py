"""One verb from the command line: performed by the owner where one runs, else here."""

import asyncio
import getpass
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from core.codex_home.find import home_in_force
from core.control.facade import JsonValue
from core.control.remote import RemoteFacade
from core.control.verb import Access, Verb
from core.domain.errors import CoreError, ExitCode
from core.runtime.paths import turntable_home

_ASKS_FOR_PASSPHRASE = frozenset({"locked", "no_key_slot"})


def call(
    verb: Verb,
    typed: Mapping[str, JsonValue],
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    may_ask: bool,
) -> dict[str, JsonValue]:
    """Perform `verb`; where only a passphrase is missing and a person is there, ask for it.

    Raises:
        CoreError: what happened.
    """
    arguments = _arguments(verb, typed, environment, passphrase)
    try:
        return asyncio.run(_perform(verb, arguments, environment, passphrase))
    except CoreError as error:
        takes_one = any(parameter.name == "passphrase" for parameter in verb.parameters)
        asks = takes_one and may_ask and passphrase is None and sys.stdin.isatty()
        if not asks or error.code not in _ASKS_FOR_PASSPHRASE:
            raise
        given = _ask_passphrase(new=error.code == "no_key_slot")
        again = {**arguments, "passphrase": given}
        return asyncio.run(_perform(verb, again, environment, given))


async def _perform(
    verb: Verb,
    arguments: Mapping[str, JsonValue],
    environment: MutableMapping[str, str],
    passphrase: str | None,
) -> dict[str, JsonValue]:
    checked = verb.check(arguments)
    remote = RemoteFacade(turntable_home(environment).control)
    try:
        return await remote.perform(verb.name, arguments)
    except CoreError as error:
        if error.code != "owner_not_running" or verb.needs(checked) is Access.OWNER:
            raise
    from core.control.local import LocalFacade
    from core.control.owner import make_app

    app = make_app(environment, passphrase=passphrase)
    try:
        match verb.needs(checked):
            case Access.READ:
                app.read()
            case Access.WRITE:
                await app.hold(verb.name)
            case Access.FILES | Access.OWNER:
                pass
        return await LocalFacade(app).perform(verb.name, arguments)
    finally:
        await app.close()


def _arguments(
    verb: Verb,
    typed: Mapping[str, JsonValue],
    environment: Mapping[str, str],
    passphrase: str | None,
) -> dict[str, JsonValue]:
    """What was typed, and what the caller's own place adds: its folders, its passphrase."""
    arguments: dict[str, JsonValue] = {
        name: value for name, value in typed.items() if value is not None and value is not False
    }
    names = {parameter.name for parameter in verb.parameters}
    if "codex_home" in names:
        # Said also where no variable names it: the owner may have been started with another.
        arguments["codex_home"] = str(home_in_force(environment, Path.home()))
    for name in names & {"file", "trace"}:
        if isinstance(arguments.get(name), str):
            arguments[name] = str(Path(str(arguments[name])).expanduser().absolute())
    if "passphrase" in names and passphrase is not None:
        arguments["passphrase"] = passphrase
    return arguments


def _ask_passphrase(*, new: bool) -> str:
    """Ask on the terminal; a new one twice.

    Raises:
        CoreError: exit code usage; they differ, or nothing was typed.
    """
    if new:
        print(  # noqa: T201 - a question to a person at a terminal
            "There is no keyring here. A passphrase will seal your logins; it is not stored.",
            file=sys.stderr,
        )
    given = getpass.getpass("Passphrase: ")
    if new and given and getpass.getpass("Once more: ") != given:
        raise _not_taken("The two passphrases differ.")
    if not given:
        raise _not_taken("No passphrase was typed.")
    return given


def _not_taken(why: str) -> CoreError:
    return CoreError(
        "usage", f"{why} Nothing was changed.", "Type the verb again.", exit_code=ExitCode.USAGE
    )
