"""What tests of several pages begin with."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from tests.tray.shown import Shown


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    """A window, taken down at once: a thousand forgotten ones make every later test slow."""
    del qapp
    made = Shown()
    yield made
    made.window.close_for_good()
    delete(made.window)
