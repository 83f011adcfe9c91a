"""The smallest program with a tray icon and a menu: what the tray host is tried on.

Prints one word a line for whatever is chosen. `python -m tests.fakes.tray_program`.
"""

import os
import sys

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon


def main() -> int:
    """Run until `Quit` is chosen."""
    application = QApplication(sys.argv)
    application.setQuitOnLastWindowClosed(False)
    picture = QPixmap(22, 22)
    picture.fill(QColor(46, 160, 67))
    icon = QSystemTrayIcon(QIcon(picture))
    icon.setToolTip("Smallest tray program")
    icon.activated.connect(lambda reason: _say(f"activated {reason.name}"))
    menu = QMenu()
    menu.addAction("Nothing to choose").setEnabled(False)
    menu.addSeparator()
    route = menu.addAction("&Route Codex")
    route.setCheckable(True)
    route.toggled.connect(lambda on: _say(f"route {'on' if on else 'off'}"))
    more = menu.addMenu("More")
    # A single underscore is a mnemonic to dbusmenu, and Qt does not double it.
    more.addAction("snake__case entry").triggered.connect(lambda: _say("snake"))
    menu.addAction("&Quit").triggered.connect(application.quit)
    icon.setContextMenu(menu)
    icon.show()
    return application.exec()


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    status = main()
    # Qt objects in cycles may crash the interpreter's own farewell; nothing is left to flush.
    os._exit(status)
