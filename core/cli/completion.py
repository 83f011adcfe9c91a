"""`turntable completion SHELL`: a script that completes verbs, actions and options.

Static, made from the grammar itself, so it knows what `--help` knows and starts nothing while a
person types. Labels of accounts are not in it: they change.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

PROGRAM = "turntable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a verb.

    Attributes:
        names: `--by`, or also a short one.
        help: one sentence.
        takes: whether a value follows.
        choices: the only values; empty: any.
    """

    names: tuple[str, ...]
    help: str
    takes: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One verb.

    Attributes:
        name: what is typed.
        help: one line.
        options: in the order of `--help`.
        actions: the words that may follow it; empty where anything may.
    """

    name: str
    help: str
    options: tuple[Option, ...]
    actions: tuple[str, ...]


def words_of(grammar: argparse.ArgumentParser) -> tuple[Word, ...]:
    """Every verb of a grammar, in its order."""
    for action in grammar._actions:  # noqa: SLF001 - argparse names its parts nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            return tuple(_word(name, verb) for name, verb in action.choices.items())
    return ()


def script(shell: str, words: Iterable[Word]) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    return _SCRIPTS[shell](tuple(words))


def _word(name: str, grammar: argparse.ArgumentParser) -> Word:
    actions = grammar._actions  # noqa: SLF001 - as above
    options = tuple(
        Option(
            names=tuple(action.option_strings),
            help=action.help or "",
            takes=action.nargs != 0,
            choices=tuple(str(choice) for choice in action.choices or ()),
        )
        for action in actions
        if action.option_strings
    )
    positional = next((action for action in actions if not action.option_strings), None)
    choices = positional.choices if positional is not None else None
    return Word(
        name=name,
        help=grammar.description or "",
        options=options,
        actions=tuple(str(choice) for choice in choices or ()),
    )


# -- bash: values of an option first, then what the verb knows; else names of files ---------------


def _bash(words: tuple[Word, ...]) -> str:
    names = " ".join(word.name for word in words)
    values = [
        f'        {word.name}:{name}) words="{" ".join(option.choices)}" ;;'
        for word in words
        for option in word.options
        if option.takes
        for name in option.names
    ]
    known = [f'            {word.name}) words="{_all(word)}" ;;' for word in words]
    return "\n".join(
        [
            f"# {PROGRAM} completion bash",
            f"_{PROGRAM}() {{",
            "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
            '    local verb="" words="" at',
            "    for ((at = 1; at < COMP_CWORD; at++)); do",
            '        case "${COMP_WORDS[at]}" in',
            "            -*) ;;",
            '            *) verb="${COMP_WORDS[at]}"; break ;;',
            "        esac",
            "    done",
            '    case "$verb:$before" in',
            *values,
            '        *) case "$verb" in',
            f'            "") words="{names} --json --help --version" ;;',
            *known,
            "        esac ;;",
            "    esac",
            '    COMPREPLY=($(compgen -W "$words" -- "$current"))',
            "}",
            f"complete -o default -F _{PROGRAM} {PROGRAM}",
        ]
    )


def _all(word: Word) -> str:
    return " ".join([*word.actions, *(name for option in word.options for name in option.names)])


# -- zsh ------------------------------------------------------------------------------------------


def _zsh(words: tuple[Word, ...]) -> str:
    verbs = [f"        {_quoted(f'{word.name}:{word.help}')}" for word in words]
    cases = [line for word in words for line in _zsh_case(word)]
    return "\n".join(
        [
            f"#compdef {PROGRAM}",
            f"# {PROGRAM} completion zsh",
            f"_{PROGRAM}() {{",
            "    local -a verbs",
            "    verbs=(",
            *verbs,
            "    )",
            "    if (( CURRENT == 2 )); then",
            "        _describe verb verbs",
            "        return",
            "    fi",
            "    local verb=$words[2]",
            "    shift words",
            "    (( CURRENT-- ))",
            "    case $verb in",
            *cases,
            "    esac",
            "}",
            # Sourced, it registers itself; from a folder of $fpath, it is called.
            f"if [[ $funcstack[1] == _{PROGRAM} ]]; then",
            f'    _{PROGRAM} "$@"',
            "else",
            f"    compdef _{PROGRAM} {PROGRAM}",
            "fi",
        ]
    )


def _zsh_case(word: Word) -> tuple[str, ...]:
    specs = []
    for option in word.options:
        value = ""
        if option.takes:
            value = f":value:({' '.join(option.choices)})" if option.choices else ":value:_files"
        specs += [_quoted(f"{name}[{_zsh_text(option.help)}]{value}") for name in option.names]
    if word.actions:
        specs.append(_quoted(f"1:action:({' '.join(word.actions)})"))
    specs.append(_quoted("*:file:_files"))
    return (f"        {word.name}) _arguments {' '.join(specs)} ;;",)


def _zsh_text(text: str) -> str:
    """Brackets and colons mean something in a specification."""
    return "".join(f"\\{letter}" if letter in "[]:\\" else letter for letter in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# -- fish -----------------------------------------------------------------------------------------


def _fish(words: tuple[Word, ...]) -> str:
    lines = [f"# {PROGRAM} completion fish"]
    for word in words:
        lines.append(
            f"complete -c {PROGRAM} -n __fish_use_subcommand -f"
            f" -a {word.name} -d {_fish_text(word.help)}"
        )
        seen = f"complete -c {PROGRAM} -n '__fish_seen_subcommand_from {word.name}'"
        if word.actions:
            lines.append(f"{seen} -f -a {_fish_text(' '.join(word.actions))}")
        lines += [
            f"{seen} {_fish_option(option)} -d {_fish_text(option.help)}" for option in word.options
        ]
    return "\n".join(lines)


def _fish_option(option: Option) -> str:
    names = [
        f"-l {name.removeprefix('--')}" if name.startswith("--") else f"-s {name[1:]}"
        for name in option.names
    ]
    if option.choices:
        names.append(f"-x -a {_fish_text(' '.join(option.choices))}")
    elif option.takes:
        names.append("-r")
    return " ".join(names)


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SCRIPTS: Mapping[str, Callable[[tuple[Word, ...]], str]] = MappingProxyType(
    {"bash": _bash, "zsh": _zsh, "fish": _fish}
)
SHELLS = tuple(_SCRIPTS)
"""Those that there is a script for."""
