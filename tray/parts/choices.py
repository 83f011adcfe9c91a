"""Choices as buttons in a grid: those that come and go take and leave their places."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QGridLayout

from tray.parts.buttons import ActionButton
from tray.present.entries import Action, Choice
from tray.theme import GAP_SMALL


class ChoiceGrid(QGridLayout):
    """A button for each choice, in the order in which they are offered."""

    def __init__(self, columns: int, chosen: Callable[[Action], None]) -> None:
        """`chosen` is called with the action that a button has at the moment of the click."""
        super().__init__()
        self._columns = columns
        self._chosen = chosen
        self._known: dict[str, ActionButton] = {}
        self._shown: tuple[str, ...] = ()
        self.setSpacing(GAP_SMALL)

    def show_choices(self, choices: Sequence[Choice]) -> bool:
        """Offer these from now on; True when other buttons are there than before."""
        ids = tuple(choice.id for choice in choices)
        moved = ids != self._shown
        if moved:
            self._take_away()
            self._shown = ids
        for place, choice in enumerate(choices):
            button = self._known.get(choice.id)
            if button is None:
                self._known[choice.id] = button = ActionButton(choice, self._chosen)
            button.show_choice(choice)
            if moved:
                self.addWidget(button, place // self._columns, place % self._columns)
                # Now, and not with the next turn of the loop: its width counts at once.
                button.show()
        return moved

    def button(self, id_: str) -> ActionButton | None:
        """The button of a choice that is offered now."""
        return self._known[id_] if id_ in self._shown else None

    def buttons(self) -> tuple[ActionButton, ...]:
        """Those that are offered now, in their order."""
        return tuple(self._known[id_] for id_ in self._shown)

    def _take_away(self) -> None:
        for id_ in self._shown:
            self.removeWidget(self._known[id_])
            self._known[id_].hide()
