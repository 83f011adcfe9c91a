"""Several wishes performed one after the other, told as one."""

from collections.abc import Callable

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform, Several
from tray.present.many_accounts import told_of_all
from tray.present.notices import Notice


class Batch:
    """A wish is asked for when the one before it was answered; a refusal does not stop the rest."""

    def __init__(
        self, wishes: Several, ask: Ask, before: StatusReport, then: Callable[["Batch"], None]
    ) -> None:
        """`before` is the snapshot that an undo is made from; `then` hears that all is done."""
        self._left = list(wishes.wishes)
        self._ask = ask
        self._before = before
        self._then = then
        self._done: list[Perform] = []
        self._refused: list[CoreError] = []

    def begin(self) -> None:
        """Ask for the next one; call `then` after the last."""
        if not self._left:
            self._then(self)
            return
        wish = self._left.pop(0)
        self._ask(wish, lambda answer: self._answered(wish, answer))

    def notice(self, speech: Speech) -> Notice:
        """How it went, with what takes it back."""
        return told_of_all(self._done, self._refused, self._before, speech=speech)

    def _answered(self, wish: Perform, answer: Answer | CoreError) -> None:
        if isinstance(answer, CoreError):
            self._refused.append(answer)
        else:
            self._done.append(wish)
        self.begin()
