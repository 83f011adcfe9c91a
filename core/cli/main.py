"""From the words that were typed to an exit code. What a verb does is not decided here."""

import asyncio
import json
import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import TextIO

from core.cli.arguments import parser
from core.cli.render import Reader, render
from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.wire import error_to_json
from core.domain.errors import CoreError, ExitCode
from core.domain.version import VERSION
from core.runtime.clock import SystemClock
from core.runtime.language import local_speech
from core.runtime.passphrase import take_passphrase


def run(
    arguments: Sequence[str],
    environment: MutableMapping[str, str],
    *,
    out: TextIO,
    err: TextIO,
) -> int:
    """Do what was typed.

    Args:
        arguments: the words after the program's name.
        environment: the process's own; the passphrase is taken out of it.
        out: where answers go.
        err: where errors go (with `--json` they are answers, and go to `out`).

    Returns:
        An exit code of `ExitCode`, or the desktop's own.
    """
    as_json = "--json" in arguments
    try:
        typed = vars(parser().parse_args(list(arguments)))
        as_json = bool(typed.pop("json"))
        passphrase = take_passphrase(environment)
        return _dispatch(typed, environment, passphrase, as_json=as_json, out=out)
    except CoreError as error:
        _print_error(error, as_json=as_json, out=out, err=err)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us (`| head`) has seen enough; nothing may be written to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)


def main() -> int:
    """The program's entry point."""
    return run(sys.argv[1:], os.environ, out=sys.stdout, err=sys.stderr)


def _dispatch(
    typed: dict[str, JsonValue],
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    as_json: bool,
    out: TextIO,
) -> int:
    verb = typed.pop("verb")
    match verb:
        case None:
            from core.cli.faces import start_desktop

            return start_desktop(environment, passphrase, out=out)
        case "version":
            _print(verb, {"version": VERSION}, as_json=as_json, out=out)
            return int(ExitCode.DONE)
        case "serve":
            from core.cli.serving import serve

            return serve(environment, passphrase, idle_exit=typed["idle_exit"], out=out)
        case "demo":
            from core.cli.demo import demo

            return demo(environment, serve=typed["serve"] is True, out=out)
        case "log" if typed.pop("follow"):
            from core.cli.follow import follow_log

            return asyncio.run(follow_log(environment, as_json=as_json, out=out))
        case _:
            from core.cli.calling import call

            result = call(VERBS[str(verb)], typed, environment, passphrase, may_ask=not as_json)
            _print(str(verb), result, as_json=as_json, out=out)
            return exit_code_of(result)


def exit_code_of(result: dict[str, JsonValue]) -> int:
    """A verb that ends well may still say 6: left alone because someone else changed it."""
    code = result.get("exit_code")
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _print(verb: str, result: dict[str, JsonValue], *, as_json: bool, out: TextIO) -> None:
    if as_json:
        text = json.dumps(result, ensure_ascii=False, indent=2)
    else:
        text = render(verb, result, Reader(speech=local_speech(), now=SystemClock().now()))
    if text:
        print(text, file=out)


def _print_error(error: CoreError, *, as_json: bool, out: TextIO, err: TextIO) -> None:
    if as_json:
        told = error_to_json(error)
        del told["exit_code"]
        print(json.dumps({"error": told}, ensure_ascii=False, indent=2), file=out)
        return
    print(f"error: {error.message}", file=err)
    if error.hint:
        print(f"hint: {error.hint}", file=err)
