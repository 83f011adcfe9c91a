"""The Windows installer compiles, here with a made-up payload; nobody has seen Windows run it."""

import subprocess
from pathlib import Path

import pytest

from installers.windows import make_installer, makensis_command

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    app = tmp_path / "a folder" / "turntable"
    (app / "_internal").mkdir(parents=True)
    for name in ("turntable.exe", "turntablew.exe", "_internal/python312.dll"):
        (app / name).write_bytes(b"MZ")
    return app


def test_the_script_compiles_without_a_warning(payload: Path, tmp_path: Path) -> None:
    installer = make_installer(payload, tmp_path, version="1.2.3")
    assert installer.name == "turntable-1.2.3-setup.exe"
    assert installer.read_bytes()[:2] == b"MZ"


def test_a_payload_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    command = makensis_command(
        tmp_path / "gone", tmp_path / "x.exe", version="1.2.3", makensis="makensis"
    )
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0
