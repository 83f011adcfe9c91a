"""Links, folders, pipes and files that are not ours: followed, or named and not touched."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.binding.codex_toml import KEY
from core.binding.config_file import (
    canonical,
    find_config,
    loses_group,
    remove_config,
    replace_config,
)
from core.binding.durable import Disk
from core.domain.binding import BindState, UndoResult
from tests.core.binding.homes import PORT, TYPICAL, Place, refusal


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_file_is_replaced_or_removed_only_as_it_was_read(place: Place) -> None:
    read = find_config(canonical(place.home))
    place.config.write_bytes(b"later = 1\n")
    assert not replace_config(Disk(), read, b"ours = 1\n", mode=0o600, bind_id="x")
    assert not remove_config(Disk(), read)
    assert place.files() == {"config.toml": (b"later = 1\n", 0o644)}
    now = find_config(canonical(place.home))
    assert replace_config(Disk(), now, b"ours = 1\n", mode=0o600, bind_id="x")
    assert place.files() == {"config.toml": (b"ours = 1\n", 0o600)}


@pytest.mark.parametrize(
    ("group", "user", "inherited", "lost"),
    [
        pytest.param(100, 1000, None, False, id="the user's own group"),
        pytest.param(27, 1000, None, False, id="one that the user is in"),
        pytest.param(33, 1000, None, True, id="another's group"),
        pytest.param(33, 1000, 33, False, id="another's, which new files in the folder get"),
        pytest.param(33, 1000, 34, True, id="another's, in a folder that gives a third"),
        pytest.param(33, 0, None, False, id="root may give any"),
    ],
)
def test_a_group_that_could_not_be_given_back_is_seen_before(
    group: int, user: int, inherited: int | None, lost: bool
) -> None:
    assert loses_group(group, user=user, groups={100, 27}, inherited=inherited) is lost


class TestLinks:
    """Config files that live in somebody's dotfiles."""

    def test_a_link_stays_a_link_and_its_target_is_changed(self, tmp_path: Path) -> None:
        place = Place(tmp_path, config=None)
        real = tmp_path / "dotfiles" / "codex.toml"
        real.parent.mkdir()
        real.write_bytes(TYPICAL)
        (tmp_path / "dotfiles" / "hop").symlink_to("codex.toml")
        place.config.symlink_to("../dotfiles/hop")
        before = place.files()
        receipt = place.binder().bind(place.home, PORT)
        assert receipt.config == real
        assert place.config.is_symlink()
        assert place.address()
        assert place.binder().status(place.home).state is BindState.BOUND
        place.binder().unbind(place.home)
        assert place.files() == before
        assert real.read_bytes() == TYPICAL
        assert sorted(path.name for path in real.parent.iterdir()) == ["codex.toml", "hop"]

    def test_a_link_turned_into_a_file_is_given_back_in_both_places(self, tmp_path: Path) -> None:
        place = Place(tmp_path, config=None)
        real = tmp_path / "real.toml"
        real.write_bytes(TYPICAL)
        place.config.symlink_to(real)
        place.binder().bind(place.home, PORT)
        content = place.config.read_bytes()
        place.config.unlink()
        place.config.write_bytes(content)
        place.binder().unbind(place.home)
        assert place.config.read_bytes() == TYPICAL
        assert real.read_bytes() == TYPICAL

    def test_a_home_reached_by_a_link_is_the_same_home(self, place: Place) -> None:
        alias = place.root / "alias"
        alias.symlink_to(place.home)
        first = place.binder().bind(alias, PORT)
        assert not place.binder().bind(place.home, PORT).changed
        assert first.codex_home == place.home
        assert place.binder().unbind(alias).result is UndoResult.RESTORED


def _invalid(place: Place) -> None:
    place.config.write_text("a = 1\nb = \n")


def _not_text(place: Place) -> None:
    place.config.write_bytes(b"a = '\xff'\n")


def _folder(place: Place) -> None:
    place.config.unlink()
    place.config.mkdir()


def _pipe(place: Place) -> None:
    place.config.unlink()
    os.mkfifo(place.config)


def _dangling(place: Place) -> None:
    place.config.unlink()
    place.config.symlink_to("nowhere.toml")


def _circular(place: Place) -> None:
    place.config.unlink()
    place.config.symlink_to("config.toml")


def _read_only_file(place: Place) -> None:
    place.config.chmod(0o444)


def _read_only_folder(place: Place) -> None:
    place.home.chmod(0o555)


def _home_is_a_file(place: Place) -> None:
    place.config.unlink()
    place.home.rmdir()
    place.home.write_text("")


def _home_is_nowhere(place: Place) -> None:
    place.home = place.root / "not" / "there"


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        pytest.param(
            _invalid,
            "config_invalid",
            "config.toml is not valid TOML at line 2, column 5",
            id="invalid",
        ),
        pytest.param(_not_text, "config_invalid", "line 1, column 6", id="not UTF-8"),
        pytest.param(_folder, "config_not_a_file", "not a file", id="a folder"),
        pytest.param(_pipe, "config_not_a_file", "not a file", id="a pipe"),
        pytest.param(_dangling, "config_dangling", "nowhere.toml", id="a dangling link"),
        pytest.param(_circular, "config_dangling", "link", id="a link to itself"),
        pytest.param(_read_only_file, "config_read_only", "may not write", id="a read-only file"),
        pytest.param(
            _read_only_folder, "config_read_only", "may not write", id="a read-only folder"
        ),
        pytest.param(_home_is_a_file, "home_not_a_folder", "not a folder", id="home is a file"),
        pytest.param(_home_is_nowhere, "home_missing", "does not exist", id="home is nowhere"),
    ],
)
def test_what_cannot_be_bound_is_named_and_not_touched(
    place: Place, spoil: Callable[[Place], None], code: str, says: str
) -> None:
    spoil(place)
    try:
        for act in (place.binder().bind, place.binder().plan):
            refused = refusal(lambda act=act: act(place.home, PORT))  # type: ignore[misc]
            assert refused.code == code
            assert says in refused.message
            assert "nothing was changed" in refused.message
        assert place.notes() == []
    finally:
        if place.home.is_dir():
            place.home.chmod(0o755)


def test_a_file_that_changes_between_reading_and_writing_keeps_the_change(place: Place) -> None:
    changes = iter([b"# one\n", b"# two\n"])

    def meanwhile(act: str) -> None:
        if act == "config: sync" and (line := next(changes, None)) is not None:
            place.config.write_bytes(place.config.read_bytes() + line)

    place.binder(step=meanwhile).bind(place.home, PORT)
    assert place.address()
    changes = iter([b"# three\n"])
    place.binder(step=meanwhile).unbind(place.home)
    assert place.config.read_bytes() == TYPICAL + b"# one\n# two\n# three\n"
    assert list(place.home.iterdir()) == [place.config]


def test_a_file_that_never_stands_still_is_left_alone(place: Place) -> None:
    def meanwhile(act: str) -> None:
        if act == "config: sync":
            place.config.write_bytes(place.config.read_bytes() + b"#\n")

    refused = refusal(lambda: place.binder(step=meanwhile).bind(place.home, PORT))
    assert refused.code == "config_busy"
    assert place.address() is None
    assert place.notes() == []
    place.binder().bind(place.home, PORT)
    refused = refusal(lambda: place.binder(step=meanwhile).unbind(place.home))
    assert refused.code == "config_busy"
    assert place.binder().unbind(place.home).result is UndoResult.RESTORED


def test_a_file_removed_before_the_rename_is_not_brought_back_with_old_content(
    place: Place,
) -> None:
    removed: list[str] = []

    def meanwhile(act: str) -> None:
        if act == "config: sync" and not removed:
            removed.append(act)
            place.config.unlink()

    place.binder(step=meanwhile).bind(place.home, PORT)
    assert place.config.read_text().startswith(KEY)
    place.binder().unbind(place.home)
    assert not place.config.exists()
