"""Completion scripts know what `--help` knows; bash is asked itself what it would offer."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from core.cli.arguments import parser
from core.cli.completion import SHELLS, Option, Word, script, words_of
from core.control.commands import VERBS
from tests.core.cli.test_main import Typed

WORDS = words_of(parser())
BASH = shutil.which("bash")
AWKWARD = Word(
    name="odd",
    help="It’s [odd]: what's \\ this",
    options=(Option(names=("--say",), help="A 'word' [x]: y", takes=True, choices=()),),
    actions=(),
)


def offered(folder: Path, *typed: str) -> set[str]:
    """What bash offers after these words, the last of which is being typed."""
    assert BASH is not None
    written = folder / "completion.bash"
    written.write_text(script("bash", WORDS), encoding="utf-8")
    words = " ".join(f"'{word}'" for word in ("turntable", *typed))
    asked = f"""
        source {written}
        COMP_WORDS=({words}); COMP_CWORD={len(typed)}
        _turntable
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    ran = subprocess.run(
        [BASH, "--norc", "--noprofile", "-u", "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    assert ran.stderr == ""
    return set(ran.stdout.split())


def test_every_verb_is_a_word() -> None:
    assert {word.name for word in WORDS} >= {*VERBS, "serve", "setup", "completion"}
    assert all(word.help for word in WORDS)


def test_bash_offers_verbs_first(tmp_path: Path) -> None:
    assert {"status", "budget", "serve", "--json"} <= offered(tmp_path, "")
    assert offered(tmp_path, "resu") == {"resume-stopped"}
    assert offered(tmp_path, "--json", "verif") == {"verify"}


def test_bash_offers_what_a_verb_knows(tmp_path: Path) -> None:
    assert {"list", "set", "remove", "--account"} <= offered(tmp_path, "budget", "")
    assert offered(tmp_path, "budget", "set", "--re") == {"--requests"}
    assert offered(tmp_path, "budget", "set", "--per", "") == {"hour", "day", "week", "month"}
    assert offered(tmp_path, "usage", "--by", "pro") == {"project"}
    assert offered(tmp_path, "completion", "") >= set(SHELLS)


def test_bash_leaves_free_words_to_itself(tmp_path: Path) -> None:
    assert offered(tmp_path, "report", "--out", "") == set()
    assert offered(tmp_path, "nonsense", "") == set()


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_names_every_verb_and_option(shell: str) -> None:
    text = script(shell, WORDS)
    for word in WORDS:
        assert word.name in text
        for option in word.options:
            for name in option.names:
                assert (name if shell != "fish" else name.lstrip("-")) in text


def test_what_a_shell_would_take_for_its_own_is_quoted() -> None:
    assert "'--say[A '\\''word'\\'' \\[x\\]\\: y]:value:_files'" in script("zsh", [AWKWARD])
    assert "-d 'It’s [odd]: what\\'s \\\\ this'" in script("fish", [AWKWARD])


def test_it_is_printed_for_a_shell_and_for_a_program(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "completion", "fish")
    assert typed.exit_code == 0
    assert typed.out.startswith("# turntable completion fish\n")
    (text,) = json.loads(Typed(tmp_path, "completion", "fish", "--json").out)["messages"]
    assert text + "\n" == typed.out
    assert Typed(tmp_path, "completion", "csh").exit_code == 2
