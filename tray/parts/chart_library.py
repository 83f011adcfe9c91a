"""Loads the chart library when a chart is first wished for, beside the loop and not on it.

With its arrays it takes half a second, and 50 MB that nobody needs who looks at no chart.
"""

import gc
import os
import sys
from collections import deque
from collections.abc import Callable
from importlib import import_module
from threading import Thread

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid

_LIBRARY = "pyqtgraph"
_APART_MS = 20
"""Between two steps of charts: time for the streams, and nobody sees it."""
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
        self._waiting: deque[tuple[QObject, Callable[[], None]]] = deque()
        self._apart = QTimer(self, interval=_APART_MS, singleShot=True)
        self._apart.timeout.connect(self._next)
        self.there.connect(self._next, Qt.ConnectionType.QueuedConnection)

    def when_there(self, widget: QObject, *steps: Callable[[], None]) -> None:
        """Take these steps of a widget as soon as the library is there; at once if it is.

        To make a chart holds the loop for as long as a picture of a film: those that waited take
        their steps one at a time, and the streams flow in between. Who is gone takes none.
        """
        if _LIBRARY in sys.modules and not self.is_loading() and not self._waiting:
            for step in steps:
                step()
            return
        self._waiting.extend((widget, step) for step in steps)
        if self._loading is None:
            self._loading = Thread(target=self._load, name="charts")
            self._loading.start()

    def _next(self) -> None:
        if self._waiting:
            widget, step = self._waiting.popleft()
            if isValid(widget):
                step()
            self._apart.start()

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
        import_module("tray.parts.plots")
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
