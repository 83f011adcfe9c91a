"""The icon in the tray with its tooltip, menu and messages; built anew when a tray comes."""

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon, Qt
from PySide6.QtWidgets import QSystemTrayIcon
from shiboken6 import delete

from tray.host import TrayPlace
from tray.menu import TrayMenu, as_marked, for_dbusmenu
from tray.present.entries import Entry, Line
from tray.present.notices import Notice

_MESSAGE_MS = 8000


class TrayItem(QObject):
    """One item in the tray.

    Signals:
        chosen: the `Action` of a menu entry.
        opening: the menu is about to be seen.
        activated: the icon was clicked with the first button.
    """

    chosen = Signal(object)
    opening = Signal()
    activated = Signal()

    def __init__(self, place: TrayPlace) -> None:
        super().__init__()
        self._place = place
        self._icon = QIcon()
        self._tooltip = ""
        self._entries: tuple[Entry, ...] = ()
        self._built: tuple[QSystemTrayIcon, TrayMenu] | None = None
        place.came.connect(self._rebuild)

    def show(self, icon: QIcon, tooltip: str, entries: tuple[Entry, ...]) -> None:
        """Show these; what is unchanged is not told to the desktop again."""
        changed_icon = icon.cacheKey() != self._icon.cacheKey()
        changed_tooltip = tooltip != self._tooltip
        self._icon, self._tooltip, self._entries = icon, tooltip, entries
        if self._built is None:
            self._rebuild()
            return
        item, menu = self._built
        if changed_icon:
            item.setIcon(icon)
        if changed_tooltip:
            item.setToolTip(_plain(tooltip))
        menu.show_entries(entries)

    def tell(self, notice: Notice) -> None:
        """A message of the desktop beside the icon."""
        if self._built is None:
            return
        kind = QSystemTrayIcon.MessageIcon
        item, _ = self._built
        item.showMessage(
            notice.title, notice.text, kind.Warning if notice.trouble else kind.NoIcon, _MESSAGE_MS
        )

    def linger(self, why: str) -> None:
        """The icon as it was; there is nothing to choose, and `why` is all that it says."""
        self.show(self._icon, why, (Line(id="lingers", text=why),))

    def close(self) -> None:
        """Leave the tray. The Qt objects go now: in reference cycles they may crash the exit."""
        if self._built is not None:
            item, menu = self._built
            item.hide()
            delete(item)
            menu.close()
        self._built = None

    def _rebuild(self) -> None:
        self.close()
        menu = TrayMenu(for_dbusmenu if self._place.menus_go_by_dbus() else as_marked)
        menu.show_entries(self._entries)
        menu.chosen.connect(self.chosen)
        menu.opening.connect(self.opening)
        item = QSystemTrayIcon(self._icon)
        item.setToolTip(_plain(self._tooltip))
        item.setContextMenu(menu.widget)
        item.activated.connect(self._clicked)
        item.show()
        self._built = (item, menu)

    def _clicked(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # macOS opens the menu for the first button by itself.
        first = reason is QSystemTrayIcon.ActivationReason.Trigger
        if first and sys.platform != "darwin":
            self.activated.emit()


def _plain(text: str) -> str:
    """Text that Qt's own tooltips do not take for markup: a name may be `<b>`."""
    return text.replace("<", "<\u200b") if Qt.mightBeRichText(text) else text
