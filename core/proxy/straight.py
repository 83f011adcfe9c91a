"""The way that nearly every request takes: chosen, sent at once, answered well, passed on.

On this way nothing has to be waited for but the back end, so there is no task, no future and no
step of `exchange`: each read of a socket calls what comes next. Wherever something else happens (no
token or connection at hand, a wait, a refusal, an answer that is not a good one) the request goes
on by the steps of `exchange`, from where it stands; nothing is sent twice for that.
"""

from collections.abc import Callable

from core.domain.account import AccountId
from core.domain.decision import Use
from core.domain.outcome import Served
from core.domain.usage import Result
from core.proxy.attempt import Attempts, Tried
from core.proxy.course import Course
from core.proxy.ongoing import Ongoing
from core.proxy.upstream import Sent

_NOBODY: frozenset[AccountId] = frozenset()


class Straight:
    """One request on the straight way."""

    __slots__ = ("_attempts", "_by_steps", "_course", "_ended", "_instead", "_sent")

    def __init__(
        self, course: Course, attempts: Attempts, by_steps: Callable[[Course], Ongoing]
    ) -> None:
        """`by_steps` takes the request over when the straight way ends."""
        self._course = course
        self._attempts = attempts
        self._by_steps = by_steps
        self._instead: Ongoing | None = None
        self._sent: Sent | None = None
        self._ended = False

    def begin(self) -> Ongoing:
        """Choose and send; whom to tell when the client is gone."""
        course = self._course
        try:
            decision = course.choose(_NOBODY)
            if isinstance(decision, Use) and self._sends(decision.account):
                return self
        except BaseException:
            self._fail()
            raise
        return self._by_steps(course)

    def cancel(self) -> None:
        """The client is gone: the back end is told at once."""
        if self._instead is not None:
            self._instead.cancel()
        elif not self._ended:
            sent = self._sent
            self._course.left()
            self._end()
            if sent is not None:
                sent.incoming.drop()

    # -- inside

    def _sends(self, account: AccountId) -> bool:
        course = self._course
        sent = self._attempts.at_once(
            account,
            course.request,
            course.path,
            course.facts,
            moved=course.moved,
            on_tried=self._tried,
        )
        if sent is None:
            return False
        self._sent = sent
        course.asks(account)
        return True

    def _tried(self, tried: Tried) -> None:
        """It is known what the answer means."""
        if self._ended:
            return
        course = self._course
        course.answered(tried)
        if not isinstance(tried.outcome, Served):
            self._sent = None
            self._instead = self._by_steps(course)
            return
        try:
            course.flow(self._flowed)
        except BaseException:
            course.reply.cut()
            self._fail()
            raise

    def _flowed(self, whole: bool) -> None:
        """The answer is at its end."""
        if not self._ended:
            self._course.passed(whole=whole)
            self._end()

    def _fail(self) -> None:
        self._course.result = Result.FAILED
        self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._sent = None
            self._course.end()
