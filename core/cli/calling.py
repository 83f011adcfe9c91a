"""One verb from the command line: performed by the owner where one runs, else here."""

import asyncio
import signal
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.asking import QUESTIONS, agreed, ask
from core.cli.waiting import tell_wait
from core.codex_home.find import home_in_force
from core.control.facade import JsonValue
from core.control.remote import RemoteFacade
from core.control.speaking import speech_of
from core.control.verb import Access, Verb
from core.domain.errors import CoreError, ExitCode
from core.runtime.passphrase import take_further
from core.runtime.paths import turntable_home

if TYPE_CHECKING:
    from core.app import App


def call(
    verb: Verb,
    typed: Mapping[str, JsonValue],
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    may_ask: bool,
) -> dict[str, JsonValue]:
    """Perform `verb`; where only a passphrase or a yes is missing and a person is there, ask.

    Raises:
        CoreError: what happened.
    """
    arguments = _arguments(verb, typed, environment, passphrase)
    taken = {parameter.name for parameter in verb.parameters}
    while True:
        try:
            return asyncio.run(_perform(verb, arguments, environment, passphrase))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except CoreError as error:
            question, speech = QUESTIONS.get(error.code), speech_of(environment)
            asks = question is not None and may_ask and sys.stdin.isatty()
            if not asks or question is None or question.parameter not in taken - set(arguments):
                raise
            if question.agrees:
                print(speech.retell(error.message), file=sys.stderr)  # noqa: T201 - to a person
                if not agreed(speech, sys.stderr):
                    raise _nothing_done() from None
                arguments[question.parameter] = True
                continue
            given = ask(question, speech)
            arguments[question.parameter] = given
            passphrase = given if question.parameter == "passphrase" else passphrase


def _nothing_done() -> CoreError:
    return CoreError(
        "not_confirmed", "Nothing was done.", "Type the verb again.", exit_code=ExitCode.USAGE
    )


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
    _end_gently(app)
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


def _end_gently(app: "App") -> None:
    """A signal that ends it is like Ctrl-C: what must not be cut comes to its end, and is named."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    assert this is not None  # noqa: S101 - a task asks

    tell_wait(app, sys.stderr, is_ending=lambda: bool(this.cancelling()))
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`
                loop.add_signal_handler(number, this.cancel)


def _arguments(
    verb: Verb,
    typed: Mapping[str, JsonValue],
    environment: MutableMapping[str, str],
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
    for name in names & {"file", "trace", "folder", "cwd", "project"}:
        if isinstance(arguments.get(name), str):
            arguments[name] = str(Path(str(arguments[name])).expanduser().absolute())
    if "passphrase" in names and passphrase is not None:
        arguments["passphrase"] = passphrase
    further = take_further(environment)
    arguments.update({name: secret for name, secret in further.items() if name in names})
    return arguments
