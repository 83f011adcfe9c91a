"""The passphrase is read once and is then nowhere in the environment."""

from pathlib import Path

import pytest

from core.domain.errors import CoreError, ExitCode
from core.runtime.passphrase import take_further, take_passphrase

OTHER = {"PATH": "/bin"}


def test_no_passphrase_is_none() -> None:
    environment = dict(OTHER)

    assert take_passphrase(environment) is None
    assert environment == OTHER


def test_it_is_taken_out_of_the_environment() -> None:
    environment = OTHER | {"TURNTABLE_PASSPHRASE": "fake words"}

    assert take_passphrase(environment) == "fake words"
    assert environment == OTHER


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        pytest.param(b"fake words", "fake words", id="as it is"),
        pytest.param(b"fake words\n", "fake words", id="without the newline of an editor"),
        pytest.param(b"fake words\r\n", "fake words", id="of any editor"),
        pytest.param(b" fake words ", " fake words ", id="blanks belong to it"),
        pytest.param("fäke".encode(), "fäke", id="in UTF-8"),
    ],
)
def test_it_may_lie_in_a_file(tmp_path: Path, content: bytes, passphrase: str) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    environment = OTHER | {"TURNTABLE_PASSPHRASE_FILE": str(file)}

    assert take_passphrase(environment) == passphrase
    assert environment == OTHER


def test_the_variable_goes_before_the_file() -> None:
    environment = {"TURNTABLE_PASSPHRASE": "fake", "TURNTABLE_PASSPHRASE_FILE": "missing"}

    assert take_passphrase(environment) == "fake"
    assert environment == {}


def test_an_empty_variable_is_none_given(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("fake", "utf-8")
    environment = {
        "TURNTABLE_PASSPHRASE": "",
        "TURNTABLE_PASSPHRASE_FILE": str(tmp_path / "p"),
    }

    assert take_passphrase(environment) == "fake"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        pytest.param("missing", None, "FileNotFoundError", id="missing"),
        pytest.param(".", None, "IsADirectoryError", id="a folder"),
        pytest.param("p", b"\xff\xfe", "UnicodeDecodeError", id="no text"),
        pytest.param("p", b"", "it is empty", id="empty"),
        pytest.param("p", b"\n", "it is empty", id="an empty line"),
    ],
)
def test_a_file_that_gives_none_is_named_and_is_taken_out_all_the_same(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    environment = {"TURNTABLE_PASSPHRASE_FILE": str(tmp_path / name)}

    with pytest.raises(CoreError, match=why) as error:
        take_passphrase(environment)

    assert error.value.exit_code is ExitCode.LOCKED
    assert str(tmp_path / name) in error.value.message
    assert environment == {}


def test_secrets_of_single_verbs_are_taken_out_of_the_environment() -> None:
    environment = {
        "TURNTABLE_FILE_PASSPHRASE": "of a file",
        "TURNTABLE_NEW_PASSPHRASE": "",
        "TURNTABLE_RECOVERY_CODE": "code",
        "PATH": "x",
    }
    assert take_further(environment) == {"file_passphrase": "of a file", "recovery_code": "code"}
    assert environment == {"PATH": "x"}
