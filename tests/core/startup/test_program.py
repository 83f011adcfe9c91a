"""This copy of the program, started again."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.startup.program import start_in_background, this_program


def test_this_copy_answers_to_its_own_words(tmp_path: Path) -> None:
    ran = subprocess.run(
        [*this_program(), "version"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stdout.startswith("turntable ")


def test_a_packaged_copy_is_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/turntable/turntable")
    assert this_program() == ("/opt/turntable/turntable",)


def test_what_a_server_says_before_it_listens_is_our_error(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    with pytest.raises(CoreError) as raised:
        start_in_background(
            "serve", environment={"TURNTABLE_HOME": str(home)}, passphrase="fake passphrase"
        )
    assert raised.value.code == "home_not_usable"
