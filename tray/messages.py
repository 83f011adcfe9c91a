"""What a person is told beside the windows: shown by the desktop, kept for the page of messages."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal

from core.domain.errors import CoreError
from core.domain.happening import Happening, happenings, is_quiet, is_told
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.clock import utc_now
from tray.notify import Notifier
from tray.present.answer import Answer, Ask
from tray.present.entries import Perform
from tray.present.notices import Notice, happened, named, notify_settings

_KEPT = 100
_CHATS = Perform(verb="history")
_SETTINGS = Perform(verb="config", arguments={"action": "get"})


class Messages(QObject):
    """Tells what happens between two snapshots, and remembers what was told.

    Signals:
        chosen: the `Action` of a message's button.
        opened: a message itself was clicked.
        kept: a `Notice` and when it was told.

    Attributes:
        told: what was kept, the oldest first.
    """

    chosen = Signal(object)
    opened = Signal()
    kept = Signal(object, object)

    def __init__(self, speech: Speech, ask: Ask, otherwise: Callable[[Notice], None]) -> None:
        """`otherwise` shows a notice where the desktop has no daemon for messages."""
        super().__init__()
        self.told: list[tuple[Notice, datetime]] = []
        self._speech = speech
        self._ask = ask
        self._notifier = Notifier(otherwise)
        self._notifier.chosen.connect(self.chosen)
        self._notifier.opened.connect(self.opened)

    def compare(self, before: StatusReport, after: StatusReport) -> None:
        """Tell what happened, as the person wants to be told now."""
        # Settings are read when something happens: they may have been changed elsewhere.
        self._ask(_SETTINGS, partial(self._compare, before, after))

    def show(self, notice: Notice) -> None:
        """Show a message of the desktop; it is not kept."""
        self._notifier.tell(notice)

    def keep(self, notice: Notice) -> None:
        """Put it on the page of messages."""
        now = utc_now()
        self.told.append((notice, now))
        del self.told[:-_KEPT]
        self.kept.emit(notice, now)

    def close(self) -> None:
        """Show nothing more."""
        self._notifier.close()

    def _compare(
        self, before: StatusReport, after: StatusReport, answer: Answer | CoreError
    ) -> None:
        known = answer if isinstance(answer, Answer) else Answer({})
        settings, now = notify_settings(known), utc_now()
        quiet = is_quiet(settings, now, self._speech.zone)
        for happening in happenings(before, after, settings):
            if not is_told(happening, settings):
                continue
            tell = partial(self._tell, shown=not quiet, sound=settings.sound)
            if happening.thread:
                self._ask(_CHATS, partial(self._name, happening, tell))
            else:
                tell(happening)

    def _name(
        self, happening: Happening, tell: Callable[[Happening], None], answer: Answer | CoreError
    ) -> None:
        """Tell by the chat's name, where Codex can be asked; else by its id."""
        tell(named(happening, answer) if isinstance(answer, Answer) else happening)

    def _tell(self, happening: Happening, *, shown: bool, sound: bool) -> None:
        notice = happened(happening, now=utc_now(), speech=self._speech)
        self.keep(notice)
        if shown:
            self._notifier.tell(notice, sound=sound)
