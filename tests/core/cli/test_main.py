"""Answers go to standard output, errors to standard error, and the exit code says which."""

import io
import json
from pathlib import Path

import pytest

from core.cli.main import run
from core.domain.version import VERSION


class Typed:
    """What became of one line that was typed."""

    def __init__(self, home: Path, *words: str, **environment: str) -> None:
        self.environment = {
            "TURNTABLE_HOME": str(home),
            "CODEX_HOME": str(home / "codex"),
            "TURNTABLE_BIND_WATCH": "false",
            "PATH": "",
            **environment,
        }
        out, err = io.StringIO(), io.StringIO()
        self.exit_code = run(list(words), self.environment, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def error(self) -> dict[str, str]:
        (error,) = json.loads(self.out).values()
        assert self.err == ""
        return dict(error)


def test_the_version_in_words_and_in_json(tmp_path: Path) -> None:
    assert Typed(tmp_path, "version").out == f"turntable {VERSION}\n"
    assert json.loads(Typed(tmp_path, "version", "--json").out) == {"version": VERSION}


def test_an_error_is_two_lines_for_people(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "config", "set", "proxy.port", "0")

    assert typed.exit_code == 2
    assert typed.out == ""
    assert typed.err == (
        "error: proxy.port: 0 is not between 1 and 65535.\n"
        "hint: `turntable config explain proxy.port` says what may stand there.\n"
    )


def test_an_error_is_an_answer_in_json(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "config", "set", "proxy.port", "0", "--json")

    assert typed.exit_code == 2
    assert typed.error == {
        "code": "bad_setting",
        "message": "proxy.port: 0 is not between 1 and 65535.",
        "hint": "`turntable config explain proxy.port` says what may stand there.",
    }


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        pytest.param(["stauts", "--json"], 2, "usage", id="an unknown verb"),
        pytest.param(["--json", "use"], 2, "usage", id="a word too few"),
        pytest.param(["stop", "--json"], 5, "owner_not_running", id="nobody to stop"),
        pytest.param(["show", "--json"], 5, "owner_not_running", id="nobody to show"),
        pytest.param(["bind", "--json"], 5, "owner_not_running", id="no proxy to bind to"),
        pytest.param(["log", "-f", "--json"], 5, "owner_not_running", id="nobody to follow"),
        pytest.param(["log", "-f", "--last", "0", "--json"], 2, "usage", id="nothing to follow"),
        pytest.param(["log", "--last", "0", "--json"], 2, "usage", id="no request is too few"),
        pytest.param(["log", "--last=-1", "--json"], 2, "usage", id="less than none"),
        pytest.param(["config", "get", "x.y", "--json"], 2, "unknown_setting", id="no setting"),
        pytest.param(["config", "set", "--json"], 2, "usage", id="set what"),
        pytest.param(["serve", "--idle-exit", "soon", "--json"], 2, "usage", id="no time"),
    ],
)
def test_what_cannot_be_done_says_why_in_its_exit_code(
    tmp_path: Path, words: list[str], exit_code: int, code: str
) -> None:
    typed = Typed(tmp_path, *words)

    assert (typed.exit_code, typed.error["code"]) == (exit_code, code)
    assert typed.error["hint"]


def test_looking_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "t"
    (home / "codex").mkdir(parents=True)
    looks = (["status"], ["accounts"], ["log"], ["config", "explain"], ["bind", "diff"])

    for words in looks:
        typed = Typed(home, *words)
        assert (typed.exit_code, typed.err) == (0, ""), words
        assert typed.out

    assert [path.name for path in home.rglob("*") if path.is_file()] == []


def test_status_without_an_owner_is_an_answer_and_no_error(tmp_path: Path) -> None:
    typed = Typed(tmp_path / "t", "status", "--json")

    status = json.loads(typed.out)

    assert typed.exit_code == 0
    assert status["running"] is False
    assert status["accounts"] == []
    assert status["vault"] == {"backend": "none", "locked": False}


def test_a_setting_is_set_explained_and_unset(tmp_path: Path) -> None:
    assert Typed(tmp_path, "config", "set", "proxy.port", "9000").exit_code == 0
    explained = Typed(tmp_path, "config", "explain", "proxy.port").out
    diff = Typed(tmp_path, "bind", "diff").out
    unset = Typed(tmp_path, "config", "unset", "proxy.port").out

    assert explained.startswith("proxy.port = 9000\n")
    assert "from settings.toml; default 8791; may be 1 to 65535" in explained
    assert "http://127.0.0.1:9000/c/••••/" in diff
    assert unset == "proxy.port = 8791\n"


def test_a_variable_that_says_otherwise_is_mentioned(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "config", "set", "log.level", "debug", TURNTABLE_LOG_LEVEL="error")

    assert typed.out == 'log.level = "error"\nAn environment variable says otherwise, and wins.\n'


def test_the_passphrase_is_taken_out_of_the_environment(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "status", TURNTABLE_PASSPHRASE="fake words")

    assert "TURNTABLE_PASSPHRASE" not in typed.environment
    assert "fake words" not in typed.out


def test_a_home_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a file", "utf-8")

    typed = Typed(tmp_path / "t", "auto")

    assert typed.exit_code == 1
    assert typed.err.startswith(f"error: The folder {tmp_path / 't'} cannot be made or used")
    assert "TURNTABLE_HOME" in typed.err


def test_a_broken_settings_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[proxy]\nport = 'x'\n", "utf-8")

    typed = Typed(tmp_path, "status")

    assert typed.exit_code == 2
    assert f"{tmp_path / 'settings.toml'}, line 2" in typed.err
    assert Typed(tmp_path, "config", "unset", "proxy.port").exit_code == 0
    assert Typed(tmp_path, "status").exit_code == 0
