"""`report`: one page that a person can keep, each part as its own verb shows it."""

import json
import os
from pathlib import Path

import pytest

from tests.core.cli.test_main import Typed

HEADINGS = ["How it stands", "What is to be expected", "The last seven days", "Budgets", "Health"]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


def test_a_page_has_a_heading_for_each_part(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "report", TURNTABLE_UPSTREAM_BASE_URL="http://127.0.0.1:9")
    lines = typed.out.splitlines()
    assert lines[0].startswith("# Turntable, ")
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS
    assert "    There is no budget. `turntable budget set` makes one." in lines


def test_it_is_written_into_a_new_file_and_over_none(tmp_path: Path) -> None:
    back_end = {"TURNTABLE_UPSTREAM_BASE_URL": "http://127.0.0.1:9"}
    page = tmp_path / "page.md"
    typed = Typed(tmp_path, "report", "--out", str(page), **back_end)
    assert (typed.exit_code, typed.out) == (0, f"The report is in {page}.{os.linesep}")
    assert page.read_text("utf-8").startswith("# Turntable, ")
    page.write_text("mine", "utf-8")
    again = Typed(tmp_path, "report", "--out", str(page), **back_end)
    assert (again.exit_code, page.read_text("utf-8")) == (1, "mine")
    assert again.err.startswith(f"error: {page} is there already; nothing was written.")


def test_programs_get_every_part_as_its_verb_answers(tmp_path: Path) -> None:
    typed = Typed(tmp_path, "report", "--json", TURNTABLE_UPSTREAM_BASE_URL="http://127.0.0.1:9")
    parts = json.loads(typed.out)
    assert list(parts) == ["at", "status", "forecast", "usage", "budget", "doctor"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    back_end = {"TURNTABLE_UPSTREAM_BASE_URL": "http://127.0.0.1:9"}
    typed = Typed(tmp_path, "report", "--out", str(tmp_path / "no" / "page.md"), **back_end)
    assert typed.exit_code == 1
    assert "cannot be written (No such file or directory)" in typed.err
