"""The command line speaks the person's language: as the system does, or as `ui.language` says."""

import json
from pathlib import Path

import pytest

from core.cli.reader import columns, table
from core.control.speaking import speech_of
from tests.core.cli.test_main import Typed

WRONG = ("config", "set", "proxy.port", "0")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        pytest.param(
            "de_DE.UTF-8",
            "Fehler: proxy.port: 0 liegt nicht zwischen 1 und 65535.\n"
            "Hinweis: `turntable config explain proxy.port` sagt, was dort stehen darf.\n",
            id="German",
        ),
        pytest.param(
            "zh_CN.UTF-8",
            "错误：proxy.port：0 不在 1 到 65535 之间。\n"
            "提示：`turntable config explain proxy.port` 说明可填的内容。\n",
            id="Chinese",
        ),
        pytest.param(
            "fr_FR.UTF-8",
            "error: proxy.port: 0 is not between 1 and 65535.\n"
            "hint: `turntable config explain proxy.port` says what may stand there.\n",
            id="one that we do not speak",
        ),
    ],
)
def test_an_error_is_in_the_language_of_the_system(
    tmp_path: Path, language: str, said: str
) -> None:
    assert Typed(tmp_path, *WRONG, LANG=language).err == said


def test_the_setting_wins_over_the_system(tmp_path: Path) -> None:
    assert Typed(tmp_path, "config", "set", "ui.language", "de", LANG="zh_CN").exit_code == 0

    assert "läuft nicht" in Typed(tmp_path, "status", LANG="zh_CN").out
    assert Typed(tmp_path, "nonsense", LANG="zh_CN").err.startswith("Fehler: ")


def test_scripts_read_the_same_codes_in_every_language(tmp_path: Path) -> None:
    error = Typed(tmp_path, *WRONG, "--json", LANG="de_DE").error

    assert error["code"] == "bad_setting"
    assert error["message"] == "proxy.port: 0 liegt nicht zwischen 1 und 65535."


def test_answers_are_translated_and_their_words_for_scripts_are_not(tmp_path: Path) -> None:
    answer = json.loads(Typed(tmp_path, "doctor", "port", "--json", LANG="de_DE").out)

    (finding,) = answer["findings"]
    assert (finding["check"], finding["health"]) == ("port", "unknown")
    assert finding["text"] == "Niemand empfängt, also gibt es keinen Port."


def test_settings_that_cannot_be_read_are_complained_about_in_the_system_s_language(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.toml").write_text("[ui]\nlanguage = 7\n", "utf-8")

    typed = Typed(tmp_path, "status", LANG="de_DE")

    assert typed.err.startswith(f"Fehler: {tmp_path / 'settings.toml'}, Zeile 2: ui.language: ")


def test_looking_for_the_language_makes_no_folder(tmp_path: Path) -> None:
    home = tmp_path / "none"

    assert speech_of({"TURNTABLE_HOME": str(home), "LANG": "de_DE"}).say("Accounts") == "Konten"
    assert not home.exists()


def test_columns_are_straight_with_wide_letters() -> None:
    rows = table([("账户", "请求"), ("ada", "1"), ("bela", "12")])

    assert [
        columns(row[: row.index(last)]) for row, last in zip(rows, ("请求", "1", "12"), strict=True)
    ] == [6, 6, 6]
