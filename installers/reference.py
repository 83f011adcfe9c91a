"""The reference pages, made from the code, so that they cannot tell another story than it.

python -m installers.reference            write docs/reference/settings.md and verbs.md
python -m installers.reference --check    say which of them are out of date; writes nothing
"""

import argparse
import sys
from collections.abc import Iterator, Mapping

from core.cli.arguments import parser
from core.control.commands import VERBS
from core.control.verb import Access, Verb
from core.domain.errors import ExitCode
from core.domain.settings import Declaration, Settings, Value, declarations, value_of
from core.storage.settings_file import variable
from installers.bootstrap import ROOT

_MADE = "<!-- Made by `python -m installers.reference`; change the code, then run it again. -->\n"

_SETTINGS_HEAD = """\
# Settings

{made}
Nothing has to be set. The later of these wins: a setting’s default, `settings.toml` in the data
folder (`turntable config path` says where), its environment variable.

`turntable config explain KEY` prints a setting’s value, where it comes from, its default and its
range. `config set KEY VALUE` writes settings.toml and keeps your comments; `config unset KEY` takes
the line out again. In a variable a list is written with commas, and yes or no as `true` or `false`.
"""

_VERBS_HEAD = """\
# Verbs

{made}
`turntable VERB --help` says the same. `--json` works with every verb, before it or after it: the
answer, also an error, is then JSON on standard output. Without it errors go to standard error as
`error: …` and `hint: …`.

`ACCOUNT` is an account’s number (`#1`, quoted in a shell; it stays the account’s for good), its
label, e-mail, user, workspace or own id, or the beginning of one that fits no other account.

Where a Turntable runs in the same data folder, verbs are performed there; what each does without
one stands beside it. `turntable` alone starts the tray app, and without a desktop it serves.
"""

_EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed; the sentence says what was kept",
    ExitCode.USAGE: "what was typed does not fit; nothing was done",
    ExitCode.NOTHING_CAN_SERVE: "nothing can serve: no account, or all are waiting",
    ExitCode.SIGN_IN_NEEDED: "a sign-in is needed",
    ExitCode.OWNER_NOT_RUNNING: "Turntable is not running, and the verb needs it",
    ExitCode.LEFT_ALONE: "left alone, because someone else changed it",
    ExitCode.LOCKED: "the logins are locked",
}

_ALONE: Mapping[Access, str] = {
    Access.FILES: "it works on files alone, even while the logins are locked",
    Access.READ: "it reads what was last known",
    Access.WRITE: "it owns the data folder for the moment",
    Access.OWNER: "it ends with exit code 5",
}


def pages() -> dict[str, str]:
    """Each page's path below the project's root, and its text."""
    return {
        "docs/reference/settings.md": settings_page(),
        "docs/reference/verbs.md": verbs_page(),
    }


def settings_page() -> str:
    """Every setting, a table a section."""
    parts = [_SETTINGS_HEAD.format(made=_MADE)]
    section = ""
    for key, declaration in declarations().items():
        if key.partition(".")[0] != section:
            section = key.partition(".")[0]
            parts.append(
                f"\n## {section}\n\n"
                "| setting | what it is | type | default | may be | variable |\n"
                "|---|---|---|---|---|---|\n"
            )
        parts.append(_setting_row(key, declaration))
    return "".join(parts)


def _setting_row(key: str, declaration: Declaration) -> str:
    default = value_of(Settings(), key)
    by = "settings.toml only" if declaration.file_only else f"`{variable(key)}`"
    cells = (
        f"`{key}`",
        declaration.help,
        _type_of(default),
        f"`{_as_toml(default)}`",
        _limits(declaration),
        by,
    )
    return _row(cells)


def _type_of(value: Value) -> str:
    match value:
        case bool():
            return "true or false"
        case int():
            return "whole number"
        case float():
            return "number"
        case str():
            return "text"
        case _:
            return "list of texts"


def _as_toml(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(_as_toml(part) for part in value) + "]"
        case _:
            return str(value)


def _limits(declaration: Declaration) -> str:
    if declaration.choices:
        return ", ".join(f"`{choice}`" for choice in declaration.choices)
    if declaration.minimum is None or declaration.maximum is None:
        return ""
    return f"{_number(declaration.minimum)} to {_number(declaration.maximum)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def verbs_page() -> str:
    """Every verb of the command line's own grammar, and the exit codes."""
    parts = [_VERBS_HEAD.format(made=_MADE)]
    parts.append("\n| exit code | means |\n|---|---|\n")
    parts.extend(_row((str(int(code)), _EXIT_CODES[code])) for code in ExitCode)
    for name, summary, grammar in _grammars():
        parts.append(_verb_section(name, summary, grammar))
    return "".join(parts)


def _verb_section(name: str, summary: str, grammar: argparse.ArgumentParser) -> str:
    arguments = [action for action in _actions(grammar) if _says_something(action)]
    typed = " ".join([f"turntable {name}", *(_typed(action) for action in arguments)])
    section = f"\n## {name}\n\n    {typed}\n\n{summary}\n{_alone(VERBS.get(name))}"
    if arguments:
        section += "\n| argument | what it is |\n|---|---|\n"
        section += "".join(_row((f"`{_named(it)}`", it.help or "")) for it in arguments)
    return section


def _alone(verb: Verb | None) -> str:
    """What a verb of the table does without an owner; `serve`, `demo` and `version` are none."""
    if verb is None:
        return ""
    but = "; some of its forms need more, or less" if verb.access_of else ""
    return f"Without a running Turntable {_ALONE[verb.access]}{but}.\n"


def _grammars() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Each verb with its summary and its own grammar, in the order of `--help`."""
    for action in _actions(parser()):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - it has no other name
            for name, grammar in action.choices.items():
                yield name, grammar.description or "", grammar


def _actions(grammar: argparse.ArgumentParser) -> list[argparse.Action]:
    return grammar._actions  # noqa: SLF001 - argparse tells what it knows in no other way


def _says_something(action: argparse.Action) -> bool:
    return not {"--help", "--json"}.intersection(action.option_strings)


def _named(action: argparse.Action) -> str:
    """An argument as a person speaks of it: `ACCOUNT`, `--for TIME`, `status|diff`."""
    value = "|".join(map(str, action.choices)) if action.choices else action.metavar
    if not action.option_strings:
        return str(value or action.dest.upper())
    options = ", ".join(action.option_strings)
    if action.nargs == 0:
        return options
    return f"{options} {value or action.dest.upper()}"


def _typed(action: argparse.Action) -> str:
    """An argument as it stands on the command line: in brackets where it may be left out."""
    named = _named(action).rpartition(", ")[2]
    if action.nargs in {"*", "+"}:
        named += "…"
    return named if action.required else f"[{named}]"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def stale(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The pages that `texts` (path → what stands there) has otherwise, or does not have."""
    return tuple(path for path, text in pages().items() if texts.get(path) != text)


def _written() -> dict[str, str]:
    paths = (path for path in pages() if (ROOT / path).is_file())
    return {path: (ROOT / path).read_text("utf-8") for path in paths}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if arguments == ["--check"]:
        found = stale(_written())
        for path in found:
            print(f"{path} is out of date: run `python -m installers.reference`")
        return 1 if found else 0
    for path, text in pages().items():
        (ROOT / path).write_text(text, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
