"""The launcher that entries point at: it finds the program again after an upgrade."""

import os
import subprocess
from pathlib import Path

import pytest

from core.startup.files import write_whole
from core.startup.launcher import (
    launcher_answers,
    launcher_of,
    make_launcher,
    programs_here,
    remove_launcher,
)

NOTES = '#!/bin/sh\n[ "$1" = version ] || echo "$0" "$TURNTABLE_HOME" "$@"\n'
GONE = "#!/nowhere/python3.12\n"


def program(path: Path, text: str = NOTES) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def launched(root: Path, user: Path, *words: str, path: str = "/usr/bin:/bin") -> str:
    ran = subprocess.run(
        [launcher_of(root), *words],
        env={"HOME": str(user), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout or str(ran.returncode)


def test_it_starts_the_program_in_its_data_folder_with_every_word(tmp_path: Path) -> None:
    root = tmp_path / "it's data"
    here = program(tmp_path / "a b" / "turntable")
    make_launcher(root, (here,))
    assert launched(root, tmp_path, "serve", "x y") == f"{here} {root} serve x y\n"


@pytest.mark.parametrize(
    "left", [pytest.param(None, id="it moved"), pytest.param(GONE, id="its Python is gone")]
)
def test_after_an_upgrade_it_finds_the_program_where_tools_put_it(
    tmp_path: Path, left: str | None
) -> None:
    old = tmp_path / "old" / "turntable"
    if left is not None:
        program(old, left)
    make_launcher(tmp_path / "data", (str(old),))
    new = program(tmp_path / ".local" / "bin" / "turntable")
    assert launched(tmp_path / "data", tmp_path, "serve").startswith(f"{new} ")


def test_it_finds_the_program_on_the_path(tmp_path: Path) -> None:
    make_launcher(tmp_path / "data", (str(tmp_path / "gone"),))
    found = program(tmp_path / "bin" / "turntable")
    said = launched(tmp_path / "data", tmp_path, path=f"{tmp_path}/bin:/usr/bin:/bin")
    assert said.startswith(found)


async def test_nowhere_is_127_and_no_answer(tmp_path: Path) -> None:
    make_launcher(tmp_path / "data", (str(tmp_path / "gone"),))
    assert launched(tmp_path / "data", tmp_path) == "127"


async def test_it_answers_when_a_copy_is_there(tmp_path: Path) -> None:
    root = tmp_path / "data"
    assert not await launcher_answers(root), "there is none"
    make_launcher(root, (program(tmp_path / "turntable"),))
    assert await launcher_answers(root)


def test_made_twice_it_is_made_once_and_goes_again(tmp_path: Path) -> None:
    assert make_launcher(tmp_path / "data", ("/a",))
    assert not make_launcher(tmp_path / "data", ("/a",))
    assert make_launcher(tmp_path / "data", ("/b",))
    assert launcher_of(tmp_path / "data").stat().st_mode & 0o777 == 0o700
    remove_launcher(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_tool_managers_name_for_us_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = program(tmp_path / "tools" / "turntable" / "bin" / "turntable")
    monkeypatch.setattr("sys.executable", str(Path(ours).with_name("python")))
    shim = tmp_path / "bin" / "turntable"
    shim.parent.mkdir()
    shim.symlink_to(ours)
    program(tmp_path / "other" / "turntable")
    path = os.pathsep.join([str(tmp_path / "other"), str(shim.parent)])
    assert programs_here({"PATH": path}) == (str(shim), ours)


def test_an_appimage_is_its_file(tmp_path: Path) -> None:
    assert programs_here({"APPIMAGE": "/home/u/Turntable.AppImage"}) == (
        "/home/u/Turntable.AppImage",
    )


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "folder" / "file").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "folder" / "file", "text")
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["file"]
