"""Whether the desktop has a place for tray icons, and when it gets one.

On Linux the place is a program of its own (the panel): at login it may come after us, and it may
be restarted. Qt registers an icon with it only while the icon is built, so whoever shows one has
to build it anew when the place comes (KDE's StatusNotifierWatcher; freedesktop.org,
StatusNotifierItem).
"""

import sys

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QSystemTrayIcon

_WATCHER = "org.kde.StatusNotifierWatcher"
_SETTLING_MS = 200
"""A watcher owns its name a moment before it answers calls."""


class TrayPlace(QObject):
    """The desktop's place for tray icons.

    Signals:
        came: there is one now; an icon that was built before is not in it.
        went: there is none any more.
    """

    came = Signal()
    went = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._settling = QTimer(self, singleShot=True, interval=_SETTLING_MS)
        self._settling.timeout.connect(self.came)
        self._speaks_dbus = sys.platform == "linux"
        if self._speaks_dbus:
            self._watch_bus()

    def exists(self) -> bool:
        """Whether an icon would be seen now."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def menus_go_by_dbus(self) -> bool:
        """Whether the desktop draws our menu, told over `com.canonical.dbusmenu`."""
        if not self._speaks_dbus:
            return False
        from PySide6.QtDBus import QDBusConnection

        bus = QDBusConnection.sessionBus()
        return bus.isConnected() and bool(bus.interface().isServiceRegistered(_WATCHER).value())

    def _watch_bus(self) -> None:
        from PySide6.QtDBus import QDBusConnection, QDBusServiceWatcher

        watcher = QDBusServiceWatcher(_WATCHER, QDBusConnection.sessionBus(), parent=self)
        watcher.serviceRegistered.connect(self._settling.start)
        watcher.serviceUnregistered.connect(self._gone)

    def _gone(self) -> None:
        self._settling.stop()
        self.went.emit()
