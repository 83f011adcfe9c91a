"""The keyboard's way through a page: in the order in which it is read."""

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget


def reading_order(widgets: Iterable[QWidget]) -> None:
    """Tab goes from each to the next."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


def with_clear_button(field: QLineEdit, name: str) -> None:
    """A button in the field that empties it, with a name for readers of the screen."""
    field.setClearButtonEnabled(True)
    for button in field.findChildren(QToolButton):
        button.setAccessibleName(name)
