"""The time of day for views; the engine has a clock of its own."""

from datetime import UTC, datetime

from PySide6.QtCore import QDateTime


def utc_now() -> datetime:
    """Now."""
    return datetime.fromtimestamp(QDateTime.currentMSecsSinceEpoch() / 1000, UTC)
