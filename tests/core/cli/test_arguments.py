"""From words to a verb and its arguments, or to a sentence that says what does not fit."""

from typing import Any

import pytest

from core.cli.arguments import parse
from core.domain.errors import CoreError, ExitCode


def given(words: str) -> dict[str, Any]:
    """What was typed, without what was not."""
    return {n: v for n, v in parse(words.split()).items() if v not in (None, False)}


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        pytest.param("", {}, id="nothing at all"),
        pytest.param("status", {"verb": "status"}, id="a verb"),
        pytest.param("--json status", {"verb": "status", "json": True}, id="--json before it"),
        pytest.param("status --json", {"verb": "status", "json": True}, id="and after it"),
        pytest.param("--json status --json", {"verb": "status", "json": True}, id="and both"),
        pytest.param("--version", {"verb": "version"}, id="--version is the verb"),
        pytest.param("use #2", {"verb": "use", "account": "#2"}, id="a positional"),
        pytest.param("stay a --for 2h", {"verb": "stay", "account": "a", "for": "2h"}, id="a text"),
        pytest.param("log --last 5", {"verb": "log", "last": 5}, id="a number"),
        pytest.param("log -f", {"verb": "log", "follow": True}, id="a flag in short"),
        pytest.param("import --dry-run", {"verb": "import", "dry_run": True}, id="a flag"),
        pytest.param("bind diff", {"verb": "bind", "action": "diff"}, id="an action"),
        pytest.param(
            "serve --idle-exit 10m", {"verb": "serve", "idle_exit": "10m"}, id="a process"
        ),
        pytest.param("demo --serve", {"verb": "demo", "serve": True}, id="another process"),
        pytest.param(
            "config set proxy.port 80",
            {"verb": "config", "action": "set", "key": "proxy.port", "value": "80"},
            id="three words",
        ),
    ],
)
def test_what_was_typed_is_read(words: str, typed: dict[str, Any]) -> None:
    assert given(words) == typed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param("stauts", "There is no verb stauts. Did you mean status?", id="a slip"),
        pytest.param("accuonts --json", "Did you mean accounts?", id="a slip with an option"),
        pytest.param("--json frobnicate", "There is no verb frobnicate.$", id="nothing near"),
        pytest.param("status extra", "Unrecognized arguments: extra", id="a word too many"),
        pytest.param("status --jso", "Unrecognized arguments: --jso", id="half an option"),
        pytest.param("--frob", "Unrecognized arguments: --frob", id="an unknown option"),
        pytest.param("use", "required: ACCOUNT", id="a word too few"),
        pytest.param(
            "bind sideways", "“sideways” is none of status, diff\\.$", id="no such action"
        ),
        pytest.param("account renam a b", "Did you mean rename\\?", id="a letter too few"),
        pytest.param("log --last many", "“many” is no whole number, as --last", id="no number"),
        pytest.param(
            "account reserve a --week 20%", "“20%” is no whole number, as --week", id="per cent"
        ),
        pytest.param("stay a --for", "expected one argument", id="an option without its value"),
    ],
)
def test_what_does_not_fit_is_told(words: str, told: str) -> None:
    with pytest.raises(CoreError, match=told) as error:
        parse(words.split())

    assert error.value.exit_code is ExitCode.USAGE
    assert error.value.code == "usage"
    assert "--help" in error.value.hint


def test_a_word_too_many_leads_to_the_help_of_its_verb() -> None:
    with pytest.raises(CoreError) as error:
        parse(["budget", "set", "--week", "3"])

    assert error.value.hint == "`turntable budget --help` says more."


def test_what_the_face_fills_in_cannot_be_typed() -> None:
    with pytest.raises(CoreError, match="Unrecognized"):
        parse(["import", "--passphrase", "fake"])


@pytest.mark.parametrize("words", [["--help"], ["stay", "--help"], ["config", "-h"]])
def test_help_is_printed_and_ends_well(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)

    assert ended.value.code == 0
    assert "usage: turntable" in capsys.readouterr().out


def test_the_help_says_whose_program_this_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])

    assert "not OpenAI’s" in capsys.readouterr().out
