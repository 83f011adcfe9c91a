"""Buttons that carry an action of `present`."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from tray.parts.labels import again
from tray.present.entries import Action, Choice


class ActionButton(QPushButton):
    """One choice as a button; what it does may change while it is shown."""

    def __init__(self, choice: Choice, chosen: Callable[[Action], None]) -> None:
        """`chosen` is called with the action that the button has at the moment of the click."""
        super().__init__()
        self._choice = choice
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(lambda: chosen(self._choice.action))
        self.show_choice(choice)

    def show_choice(self, choice: Choice) -> None:
        """Show this one from now on."""
        self._choice = choice
        if self.text() != choice.text:
            self.setText(choice.text)
        self.setEnabled(choice.enabled)

    def as_main(self) -> "ActionButton":
        """Marked as the next step."""
        self.setProperty("role", "main")
        again(self)
        return self
