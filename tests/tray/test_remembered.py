"""How the window was left survives a restart, and nothing else depends on it."""

from pathlib import Path

import pytest

from tray.remembered import Left, read_left, write_left

LEFT = Left(geometry="00ff", page="health", told_goes_on=True, welcomed=True)


def test_what_was_written_is_read_and_nobody_else_may(tmp_path: Path) -> None:
    write_left(tmp_path, LEFT)
    assert read_left(tmp_path) == LEFT
    assert (tmp_path / "window.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"geometry": 7, "page": null}', "\x00", '{"geometry": "' + "f" * 20_000],
)
def test_what_cannot_be_read_is_a_fresh_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "window.json").write_text(text)
    assert read_left(tmp_path) == Left()


def test_first_start_remembers_nothing(tmp_path: Path) -> None:
    assert read_left(tmp_path / "missing") == Left()
