"""The command line's grammar, made from the table of verbs."""

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from core.cli.completion import SHELLS
from core.control.commands import VERBS
from core.control.verb import Kind, Parameter, Verb
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence

PROLOGUE = """\
Every Codex account you own, on one tray icon; work never stops at a limit.

`turntable` alone starts the tray app, or the server where there is no desktop.
"""
EPILOGUE = """\
An independent project, not OpenAI’s; for accounts that you own or may use.
Exit codes: 0 done, 1 failed, 2 usage, 3 nothing can serve, 4 sign-in needed, 5 not running,
6 left alone because someone else changed it, 7 locked.
"""


_PROCESSES = ("serve", "setup", "demo", "monitor", "completion", "version")
"""Words that are no verbs of the table: each is a process, or needs none."""

_NO_CHOICE = re.compile(
    r"argument [^:]+: invalid choice: '(?P<typed>.*)' \(choose from (?P<choices>.*)\)", re.DOTALL
)
_NO_NUMBER = re.compile(
    r"argument (?P<option>[^:]+): invalid int value: '(?P<typed>.*)'", re.DOTALL
)
_MISSING = re.compile(r"the following arguments are required: (?P<words>.*)", re.DOTALL)
_NO_VALUE = re.compile(r"argument (?P<option>[^:]+): expected (at least )?one argument")

type _Verbs = argparse._SubParsersAction[Any]  # noqa: SLF001 - argparse gives its type no other name


class _Parser(argparse.ArgumentParser):
    """Raises instead of leaving the process, so that `--json` holds for usage errors too."""

    def error(self, message: str) -> NoReturn:
        hint = Sentence("`{program} --help` says more.", program=self.prog)
        raise CoreError("usage", _in_our_words(message), hint, exit_code=ExitCode.USAGE)


def _in_our_words(message: str) -> str:
    """What argparse says of a word, without the names that only the grammar knows."""
    if choice := _NO_CHOICE.fullmatch(message):
        choices = choice["choices"].replace("'", "")
        near = get_close_matches(choice["typed"], choices.split(", "), n=1)
        meant = Sentence(" Did you mean {meant}?", meant=near[0]) if near else ""
        return Sentence(
            "“{typed}” is none of {choices}.{meant}",
            typed=choice["typed"],
            choices=choices,
            meant=meant,
        )
    if number := _NO_NUMBER.fullmatch(message):
        return Sentence(
            "“{typed}” is no whole number, as {option} takes one.",
            typed=number["typed"],
            option=number["option"],
        )
    if missing := _MISSING.fullmatch(message):
        return Sentence("The following arguments are required: {words}.", words=missing["words"])
    if valueless := _NO_VALUE.fullmatch(message):
        return Sentence("Argument {option}: expected one argument.", option=valueless["option"])
    return f"{message[:1].upper()}{message[1:]}."


def parse(words: Sequence[str]) -> dict[str, Any]:
    """What was typed: `verb` (None for none), `json`, and the verb's own arguments.

    Raises:
        CoreError: exit code usage, with what does not fit.
        SystemExit: help was asked for, and printed.
    """
    words, rest = _apart_from_codex(words)
    first = next((word for word in words if not word.startswith("-")), None)
    grammar = parser()
    if first is not None and first not in _PROCESSES and first not in VERBS:
        raise _no_verb(first)
    known, unknown = grammar.parse_known_args(list(words))
    if unknown:
        raise _unrecognized(first, unknown)
    typed = vars(known)
    if typed.pop("version"):
        typed["verb"] = "version"
    return typed if rest is None else {**typed, "words": rest}


def _apart_from_codex(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
    """Our own words, and what `turntable codex` hands on: everything after the first `--`."""
    before = words[: words.index("--")] if "--" in words else words
    if next((word for word in before if not word.startswith("-")), None) != "codex":
        return words, None
    return before, words[len(before) + 1 :]


def _unrecognized(verb: str | None, words: Sequence[str]) -> CoreError:
    program = "turntable" if verb is None else f"turntable {verb}"
    return CoreError(
        "usage",
        Sentence("Unrecognized arguments: {words}.", words=" ".join(words)),
        Sentence("`{program} --help` says more.", program=program),
        exit_code=ExitCode.USAGE,
    )


def _no_verb(word: str) -> CoreError:
    near = get_close_matches(word, (*_PROCESSES, *VERBS), n=1)
    message = Sentence("There is no verb {verb}.", verb=word)
    if near:
        message = Sentence(
            "There is no verb {verb}. Did you mean {meant}?", verb=word, meant=near[0]
        )
    return CoreError("usage", message, "`turntable --help` lists them.", exit_code=ExitCode.USAGE)


def parser() -> argparse.ArgumentParser:
    """The whole grammar: the verbs of the table, and those that are a process of their own."""
    whole = _Parser(
        prog="turntable",
        description=PROLOGUE,
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--json", action="store_true", help="Answer in JSON.")
    whole.add_argument("--version", action="store_true", help="Print the version.")
    verbs = whole.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)
    _add_processes(verbs)
    for verb in VERBS.values():
        _add_verb(verbs, verb)
    return whole


def _add_processes(verbs: _Verbs) -> None:
    serve = _sub(verbs, "serve", "Run the engine without a desktop, until it is stopped.")
    serve.add_argument(
        "--idle-exit", metavar="TIME", help="End after this long without a request: 10m, 2h."
    )
    serve.add_argument(
        "--keep-bound",
        action="store_true",
        help="For a restart: leave Codex bound for two minutes; then the guard gives it back.",
    )
    setup = _sub(verbs, "setup", "Sign in, route Codex, start at login: everything in one go.")
    setup.add_argument("--device", action="store_true", help="Sign in by a code.")
    setup.add_argument("--no-startup", action="store_true", help="Do not start at login.")
    setup.add_argument("--yes", action="store_true", help="Ask nothing.")
    demo = _sub(verbs, "demo", "Show it all without an account: made-up people, nothing real.")
    demo.add_argument("--serve", action="store_true", help="Without a desktop.")
    _sub(verbs, "monitor", "Show everything live in the terminal; ? shows the keys.")
    completion = _sub(verbs, "completion", "Print a script that completes what you type.")
    completion.add_argument("shell", choices=SHELLS, help="Which shell is to read it.")
    _sub(verbs, "version", "Print the version.")


def _add_verb(verbs: _Verbs, verb: Verb) -> None:
    sub = _sub(verbs, verb.name, verb.summary)
    for parameter in verb.parameters:
        if not parameter.hidden:
            _add_parameter(sub, parameter)
    if verb.name == "report":
        sub.add_argument("--out", metavar="FILE", help="Into this new file instead.")
    if verb.name == "log":
        sub.add_argument(
            "-f",
            "--follow",
            action="store_true",
            help="Go on with each request as it ends; needs a running Turntable.",
        )


def _sub(verbs: _Verbs, name: str, summary: str) -> argparse.ArgumentParser:
    sub: argparse.ArgumentParser = verbs.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    # SUPPRESS: an absent `--json` after the verb must not undo one before it.
    sub.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="Answer in JSON."
    )
    if name == "codex":
        sub.usage = "turntable codex [--account ACCOUNT | --direct] -- ARGS…"
        sub.epilog = "Everything after -- is Codex’s own: turntable codex -- exec 'say hi'"
    return sub


def _add_parameter(sub: argparse.ArgumentParser, parameter: Parameter) -> None:
    choices = parameter.choices or None
    if parameter.positional:
        several = "*" if parameter.kind is Kind.REST else "?"
        sub.add_argument(
            parameter.name,
            help=parameter.help,
            choices=choices,
            nargs=None if parameter.required else several,
            metavar=None if choices else parameter.metavar or parameter.name.upper(),
        )
        return
    name = "--" + parameter.name.replace("_", "-")
    if parameter.kind is Kind.FLAG:
        sub.add_argument(name, dest=parameter.name, action="store_true", help=parameter.help)
        return
    sub.add_argument(
        name,
        dest=parameter.name,
        action="append" if parameter.kind is Kind.REST else "store",
        help=parameter.help,
        choices=choices,
        type=int if parameter.kind is Kind.NUMBER else str,
        metavar=None if choices else parameter.metavar,
    )
