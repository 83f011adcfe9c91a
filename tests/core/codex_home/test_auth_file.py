"""The file behind a login: read only when it is one, and never more of it than a login has."""

import json
import os
from pathlib import Path

import pytest

from core.codex_home.auth_file import LARGEST, read_auth_file
from core.domain.errors import CoreError
from core.standin.people import make_login


def test_the_login_comes_with_the_absolute_path_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auth.json").write_text(json.dumps(make_login("A").auth_json))
    monkeypatch.chdir(tmp_path)
    found = read_auth_file(Path("auth.json"))
    assert found.path == tmp_path / "auth.json"
    assert found.login.identity.user == "user-A"


def _refused(path: Path) -> CoreError:
    with pytest.raises(CoreError) as caught:
        read_auth_file(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    assert _refused(tmp_path / "auth.json").code == "login_missing"
    assert _refused(tmp_path / "no" / "folder" / "auth.json").code == "login_missing"


def test_a_folder_is_no_login(tmp_path: Path) -> None:
    assert _refused(tmp_path).code == "login_unreadable"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "auth.json")
    error = _refused(tmp_path / "auth.json")
    assert (error.code, "not a regular file" in error.message) == ("login_unreadable", True)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b" " * (LARGEST + 1))
    error = _refused(path)
    assert (error.code, "1024 KiB" in error.message) == ("login_unreadable", True)


def test_a_file_of_other_bytes_says_which_byte(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b'{"tokens": "\xff"}')
    error = _refused(path)
    assert (error.code, "byte 13" in error.message) == ("login_broken", True)


def test_what_is_wrong_inside_names_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_text('{"OPENAI_API_KEY": "sk-fake"}')
    assert _refused(path).code == "login_api_key"
