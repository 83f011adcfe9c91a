"""What is opened outside of this program: pages, folders, and the demo as a program of its own."""

import sys

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def open_page(address: str) -> None:
    """In the person's browser."""
    QDesktopServices.openUrl(QUrl(address))


def open_folder(path: str) -> None:
    """In the desktop's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))


def start_demo() -> None:
    """The made-up world."""
    packaged = bool(getattr(sys, "frozen", False))
    words = ["demo"] if packaged else ["-m", "core", "demo"]
    QProcess.startDetached(sys.executable, words)
