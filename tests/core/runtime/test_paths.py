"""Where things lie, and that nobody else may look."""

import stat
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.runtime.paths import Home, turntable_home


def test_the_environment_names_the_data_folder(tmp_path: Path) -> None:
    assert turntable_home({"TURNTABLE_HOME": str(tmp_path / "t")}).root == tmp_path / "t"


def test_a_relative_name_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert turntable_home({"TURNTABLE_HOME": "t"}).root == tmp_path / "t"


def test_a_tilde_is_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert turntable_home({"TURNTABLE_HOME": "~/t"}).root == tmp_path / "t"


@pytest.mark.parametrize("environment", [{}, {"TURNTABLE_HOME": ""}])
def test_else_it_is_the_platforms_folder(environment: dict[str, str]) -> None:
    root = turntable_home(environment).root

    assert root.is_absolute()
    assert root.name == "turntable"


def test_naming_a_path_makes_nothing(tmp_path: Path) -> None:
    home = Home(root=tmp_path / "t")

    named = {home.settings, home.vault, home.ledger, home.owner_lock, home.bind_lock, home.control}

    assert all(path.is_relative_to(home.root) for path in named)
    assert not home.root.exists()


def test_the_folders_are_made_for_us_alone(tmp_path: Path) -> None:
    home = Home(root=tmp_path / "a" / "t")
    home.create()
    home.log.chmod(0o755)
    home.create()

    for folder in (home.root, home.binds, home.run, home.log):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    home = Home(root=tmp_path / "shared")
    home.create()

    assert stat.S_IMODE(home.root.stat().st_mode) == 0o1777
    assert stat.S_IMODE(home.run.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a file", "utf-8")

    with pytest.raises(CoreError, match="cannot be made or used") as error:
        Home(root=tmp_path / "t").create()

    assert error.value.code == "home_not_usable"
    assert "TURNTABLE_HOME" in error.value.hint
