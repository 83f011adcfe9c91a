"""The only file that knows both asyncio and Qt: snapshots in as signals, wishes out as tasks.

Views connect to its signals and hand it wishes; they never await, and never learn where the
engine runs. A wish that fails becomes a notice; nothing is swallowed.
"""

import asyncio
import logging
from collections.abc import Coroutine

from PySide6.QtCore import QObject, Signal

from core.control.facade import Facade
from core.domain.errors import CoreError
from core.domain.events import ShowRequested
from core.words.speech import Speech
from core.words.trouble import retold
from tray.present.answer import Answer, Answered
from tray.present.entries import Perform
from tray.present.notices import Notice, defect, failure

_log = logging.getLogger(__name__)


class Bridge(QObject):
    """One engine's façade, seen from Qt.

    Signals:
        snapshot: a `StatusReport`, now and after every change.
        show_requested: somebody asked for a `Surface`.
        notice: a `Notice` for the person.
        granted: a wish (`Perform`) was performed, and this is its `Answer`.
        wish_ended: a wish was granted or refused; views show the last snapshot again, because a
            click has moved marks by itself.
        engine_ended: no more snapshots will come.
    """

    snapshot = Signal(object)
    show_requested = Signal(object)
    notice = Signal(object)
    granted = Signal(object, object)
    wish_ended = Signal()
    engine_ended = Signal()

    def __init__(self, facade: Facade, speech: Speech) -> None:
        super().__init__()
        self._facade = facade
        self._speech = speech
        self._running: set[asyncio.Task[None]] = set()
        # One wish after the other, in the order of the clicks: a lock wakes the first that waits.
        self._one_at_a_time = asyncio.Lock()

    def start(self) -> None:
        """Begin to watch; needs a running loop."""
        self._begin(self._watch(), name="watch")

    def wish(self, wish: Perform) -> None:
        """Perform a verb after those that were wished before."""
        self._begin(self._perform(wish), name=wish.verb)

    def ask(self, question: Perform, answered: Answered) -> None:
        """Perform a verb at once, beside those that were wished; `answered` hears what it said."""
        self._begin(self._ask(question, answered), name=f"ask {question.verb}")

    async def close(self) -> None:
        """Stop watching and drop the wishes that were not begun; no signal comes after it."""
        ending = tuple(self._running)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _begin(self, coroutine: Coroutine[object, object, None], *, name: str) -> None:
        task = asyncio.get_running_loop().create_task(coroutine, name=f"tray: {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _watch(self) -> None:
        try:
            async for seen in self._facade.watch():
                # To make a snapshot and to show it takes a turn each: streams flow in between.
                await asyncio.sleep(0)
                if isinstance(seen, ShowRequested):
                    self.show_requested.emit(seen.surface)
                else:
                    self.snapshot.emit(seen)
        except CoreError as error:
            self._tell(failure(retold(error, self._speech)))
        except Exception:
            _log.exception("the engine's snapshots ended in an error")
            self._tell(defect(self._speech))
        self.engine_ended.emit()

    async def _perform(self, wish: Perform) -> None:
        async with self._one_at_a_time:
            try:
                answer = Answer(await self._facade.perform(wish.verb, wish.arguments))
                self.granted.emit(wish, answer)
            except CoreError as error:
                _log.info("%s was refused: %s", wish.verb, error.code)
                self._tell(failure(retold(error, self._speech)))
            except Exception:
                _log.exception("%s ended in an error", wish.verb)
                self._tell(defect(self._speech))
        self.wish_ended.emit()

    async def _ask(self, question: Perform, answered: Answered) -> None:
        answer: Answer | CoreError
        try:
            answer = Answer(await self._facade.perform(question.verb, question.arguments))
        except CoreError as error:
            answer = retold(error, self._speech)
        except Exception:
            _log.exception("%s ended in an error", question.verb)
            told = defect(self._speech)
            answer = CoreError("internal", told.text)
        answered(answer)

    def _tell(self, notice: Notice) -> None:
        self.notice.emit(notice)
