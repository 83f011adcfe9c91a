"""Loads the chart library when a chart is first wished for, beside the loop and not on it.

With its arrays it takes half a second, and 50 MB that nobody needs who looks at no chart.
"""

import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module

from PySide6.QtCore import QObject, QThread

_LIBRARY = "pyqtgraph"
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Read once, when the arrays are loaded: a chart has no use for a thread a core."""


class ChartLibrary(QThread):
    """Loads it once; its modules make no object of Qt, so any thread may."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        # A thread that still runs when its object goes would take the program with it.
        owner.destroyed.connect(self._finish)

    def when_there(self, then: Callable[[], None]) -> None:
        """Call `then` on the main thread as soon as the library is there; at once if it is.

        `then` is a method of a widget: that is how Qt knows which thread to call it on.
        """
        if _LIBRARY in sys.modules and not self.isRunning():
            then()
            return
        self.finished.connect(then)
        if not self.isRunning():
            self.start()

    def run(self) -> None:
        """On its own thread.

        The collector rests meanwhile: it runs on whatever thread makes objects, and a widget that
        is thrown away on this one would be taken down by the wrong thread.
        """
        collects = gc.isenabled()
        gc.disable()
        try:
            load()
        finally:
            if collects:
                gc.enable()

    def _finish(self) -> None:
        self.wait()


def load() -> None:
    """Load it here and now; for pictures and tests."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        import_module(_LIBRARY)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
