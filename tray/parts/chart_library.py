"""Loads the chart library when a chart is first wished for, beside the loop and not on it.

With its arrays it takes half a second, and 50 MB that nobody needs who looks at no chart.
"""

import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module
from threading import Thread

from PySide6.QtCore import QObject, Signal

_LIBRARY = "pyqtgraph"
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Read once, when the arrays are loaded: a chart has no use for a thread a core."""


class ChartLibrary(QObject):
    """Loads it once; its modules make no object of Qt, so any thread may.

    The thread is Python's: the interpreter waits for it before Qt is taken down, whoever leaves.

    Signals:
        there: it is loaded.
    """

    there = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._loading: Thread | None = None

    def when_there(self, then: Callable[[], None]) -> None:
        """Call `then` on the main thread as soon as the library is there; at once if it is.

        `then` is a method of a widget: that is how Qt knows which thread to call it on.
        """
        if _LIBRARY in sys.modules and not self.is_loading():
            then()
            return
        self.there.connect(then)
        if self._loading is None:
            self._loading = Thread(target=self._load, name="charts")
            self._loading.start()

    def is_loading(self) -> bool:
        """Whether its thread is at work."""
        return self._loading is not None and self._loading.is_alive()

    def _load(self) -> None:
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
        self.there.emit()


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
