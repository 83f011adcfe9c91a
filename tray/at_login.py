"""Whether the program starts at login: looked up when the menu opens, for the mark in it.

It is in no snapshot, because to know it takes a look at files of the desktop and a try of the
launcher; nobody has to pay for that while the menu is closed.
"""

from PySide6.QtCore import QObject, Signal

from core.domain.errors import CoreError
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform

STATUS = Perform(verb="startup", arguments={"action": "status"})


class AtLogin(QObject):
    """What was found last.

    Signals:
        changed: it is known now, or is different.

    Attributes:
        enabled: whether it starts; None = not known yet.
    """

    changed = Signal()

    def __init__(self, ask: Ask, parent: QObject | None = None) -> None:
        """Looks at nothing yet."""
        super().__init__(parent)
        self.enabled: bool | None = None
        self._ask = ask
        self._looking = False

    def look(self) -> None:
        """Ask, unless an answer is on its way."""
        if not self._looking:
            self._looking = True
            self._ask(STATUS, self._learn)

    def granted(self, wish: Perform, answer: Answer) -> None:
        """A wish was performed: one that is about this says what holds now."""
        if wish.verb == STATUS.verb:
            self._learn(answer)

    def _learn(self, answer: Answer | CoreError) -> None:
        self._looking = False
        # An engine that does not say keeps the mark as it is.
        if isinstance(answer, Answer) and answer.flag("enabled") is not self.enabled:
            self.enabled = answer.flag("enabled")
            self.changed.emit()
