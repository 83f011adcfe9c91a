"""`turntable` alone: the desktop's face is found by its name, and without a desktop it serves."""

import signal
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.core.control.apps import free_port
from tests.journeys.turntable import Turntable
from tray.__main__ import main as desktop


def test_the_desktops_face_is_found_by_its_name() -> None:
    (face,) = entry_points(group="turntable.faces", name="desktop")

    assert face.load() is desktop


@pytest.mark.timeout(30)
def test_without_a_desktop_the_first_line_is_the_address_all_the_same(tmp_path: Path) -> None:
    turntable = Turntable(tmp_path / "t", {"TURNTABLE_PROXY_PORT": str(free_port())})
    process = subprocess.Popen(
        [sys.executable, "-m", "core"],
        env=turntable.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()

    assert first.startswith("Turntable listens on http://127.0.0.1:")
    assert "There is no desktop here; running as `turntable serve`." in said
