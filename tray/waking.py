"""Hears that the machine wakes up: what is shown is from before, and nobody has asked since.

Clocks that measure waits stand still while a machine sleeps, so without this an hour-old number
could stay for as long as it would have been good. Source: systemd-logind's D-Bus interface,
`org.freedesktop.login1.Manager.PrepareForSleep`. Elsewhere the next look at the menu does it.
"""

import sys
from typing import cast

from PySide6.QtCore import SLOT, QObject, Signal, Slot

_LOGIN = "org.freedesktop.login1"
_PATH = "/org/freedesktop/login1"


class Waking(QObject):
    """Listens to the system bus, where there is one.

    Signals:
        woke: the machine is awake again.
    """

    woke = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if sys.platform == "linux":
            self._listen()

    def _listen(self) -> None:
        from PySide6.QtDBus import QDBusConnection

        bus = QDBusConnection.systemBus()
        if bus.isConnected():
            bus.connect(
                _LOGIN,
                _PATH,
                f"{_LOGIN}.Manager",
                "PrepareForSleep",
                self,
                # A text at run time, whatever the stubs say.
                cast("bytes", SLOT("sleeps(bool)")),
            )

    @Slot(bool)
    def sleeps(self, begins: bool) -> None:
        """It is about to sleep, or awake again."""
        if not begins:
            self.woke.emit()
