"""From the words that were typed to an exit code. What a verb does is not decided here."""

import asyncio
import errno
import itertools
import json
import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from core.cli.arguments import parse
from core.cli.reader import Reader
from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.speaking import speech_of
from core.control.wire import error_to_json
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.version import VERSION
from core.runtime.clock import SystemClock
from core.runtime.passphrase import take_passphrase
from core.words.trouble import error_line, hint_line, retold

INTERRUPTED = 130
"""As shells have it: 128 and the number of SIGINT."""
_OUTPUT_FAILS = frozenset({errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT})


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
    as_json = "--json" in itertools.takewhile("--".__ne__, arguments)
    try:
        typed = parse(arguments)
        as_json = bool(typed.pop("json"))
        passphrase = take_passphrase(environment)
        return _dispatch(typed, environment, passphrase, as_json=as_json, out=out, err=err)
    except CoreError as error:
        _print_error(error, environment, as_json=as_json, out=out, err=err)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED


def main() -> int:
    """The program's entry point; it leaves the process with what standard output can still take."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # A terminal that cannot show a character gets a question mark, not a traceback.
                stream.reconfigure(errors="replace")
        code = run(sys.argv[1:], os.environ, out=sys.stdout, err=sys.stderr)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us (`| head`) has seen enough.
        _forget_output()
        return int(ExitCode.DONE)
    except OSError as error:
        if error.errno not in _OUTPUT_FAILS:
            raise
        _forget_output()
        speech = speech_of(os.environ)
        sys.stderr.write(f"{error_line(_unwritten(error), speech)}\n")
        return int(ExitCode.FAILED)
    return code


def _unwritten(error: OSError) -> CoreError:
    why = error.strerror or type(error).__name__
    return CoreError("not_written", Sentence("The answer could not be written ({why}).", why=why))


def _forget_output() -> None:
    """What is still buffered goes nowhere: the interpreter must not try it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(
    typed: dict[str, Any],
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    as_json: bool,
    out: TextIO,
    err: TextIO,
) -> int:
    verb = typed.pop("verb")
    match verb:
        case None:
            from core.cli.faces import start_desktop

            return start_desktop(environment, passphrase, out=out, err=err)
        case "version" | "completion":
            _print(verb, _told(verb, typed), environment, as_json=as_json, out=out)
            return int(ExitCode.DONE)
        case "serve":
            from core.cli.serving import serve

            return serve(
                environment,
                passphrase,
                idle_exit=typed["idle_exit"],
                keep_bound=typed["keep_bound"],
                out=out,
            )
        case "demo":
            from core.cli.demo import demo

            return demo(environment, serve=typed["serve"] is True, out=out, err=err)
        case "login":
            from core.cli.login import run_login

            if as_json:
                _speak_utf8(out)
            return run_login(environment, passphrase, typed, as_json=as_json, out=out)
        case "setup":
            from core.cli.setup import run_setup

            return run_setup(
                environment,
                passphrase,
                device=typed["device"],
                startup=not typed["no_startup"],
                yes=typed["yes"],
                out=out,
            )
        case "launcher" if typed["action"] == "open":
            from core.cli.launching import open_codex_app

            home = Path.home()
            return open_codex_app(environment, passphrase, user_home=home, err=err)
        case "codex":
            from core.cli.codex_run import run_codex

            return run_codex(
                environment,
                passphrase,
                account=typed["account"],
                direct=typed["direct"],
                words=typed["words"],
            )
        case "monitor" | "log" if verb == "monitor" or typed["follow"]:
            if as_json:
                _speak_utf8(out)
            return asyncio.run(_live(str(verb), typed, environment, as_json=as_json, out=out))
        case _:
            return _perform(str(verb), typed, environment, passphrase, as_json=as_json, out=out)


async def _live(
    verb: str, typed: dict[str, Any], environment: Mapping[str, str], *, as_json: bool, out: TextIO
) -> int:
    """What goes on for as long as the owner runs."""
    if verb == "log":
        from core.cli.follow import follow_log

        return await follow_log(environment, last=typed["last"], as_json=as_json, out=out)
    from core.cli.monitor import monitor

    return await monitor(environment, as_json=as_json, out=out)


def _told(verb: str, typed: dict[str, Any]) -> dict[str, JsonValue]:
    """What needs nothing but the program itself."""
    if verb == "version":
        return {"version": VERSION}
    from core.cli.arguments import parser
    from core.cli.completion import script, words_of

    return {"messages": [script(typed["shell"], words_of(parser()))]}


def _perform(
    verb: str,
    typed: dict[str, Any],
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    as_json: bool,
    out: TextIO,
) -> int:
    """A verb of the table, and what a terminal adds to some."""
    if verb == "resume-stopped" and typed["thread"] and not as_json:
        from core.cli.resuming import resume

        return resume(environment, passphrase, typed)
    if verb == "uninstall" and not typed["dry_run"]:
        from core.cli.ending import end_owner

        end_owner(environment)
    typed.pop("follow", None)
    into = typed.pop("out", None)
    from core.cli.calling import call

    result = call(VERBS[verb], typed, environment, passphrase, may_ask=not as_json)
    if into is not None:
        from core.cli.into_file import write_into

        into = write_into(into, _text(verb, result, environment, as_json=as_json))
        print(speech_of(environment).say("The report is in {file}.", file=into), file=out)
        return int(ExitCode.DONE)
    _print(verb, result, environment, as_json=as_json, out=out)
    return exit_code_of(result)


def exit_code_of(result: dict[str, JsonValue]) -> int:
    """A verb that ends well may still say 6: left alone because someone else changed it."""
    code = result.get("exit_code")
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _print(
    verb: str,
    result: dict[str, JsonValue],
    environment: Mapping[str, str],
    *,
    as_json: bool,
    out: TextIO,
) -> None:
    if as_json:
        _speak_utf8(out)
    if text := _text(verb, result, environment, as_json=as_json):
        print(text, file=out)


def _text(
    verb: str, result: dict[str, JsonValue], environment: Mapping[str, str], *, as_json: bool
) -> str:
    if as_json:
        return json.dumps(result, ensure_ascii=False, indent=2)
    from core.cli.render import render

    return render(verb, result, Reader(speech=speech_of(environment), now=SystemClock().now()))


def _speak_utf8(out: TextIO) -> None:
    """JSON is UTF-8, whatever the terminal's own encoding is."""
    if isinstance(out, TextIOWrapper):
        out.reconfigure(encoding="utf-8")


def _print_error(
    error: CoreError,
    environment: Mapping[str, str],
    *,
    as_json: bool,
    out: TextIO,
    err: TextIO,
) -> None:
    speech = speech_of(environment)
    if as_json:
        told = error_to_json(retold(error, speech))
        del told["exit_code"]
        _speak_utf8(out)
        print(json.dumps({"error": told}, ensure_ascii=False, indent=2), file=out)
        return
    print(error_line(error, speech), file=err)
    if hint := hint_line(error, speech):
        print(hint, file=err)
