"""One request by the steps of `exchange`: waits, second attempts, refusals, answers of ours.

It performs the generator's steps and decides nothing of its own. It begins where the straight way
(`straight`) has left off, or at the beginning. From the commit point on the bytes go from one
socket to the other inside the event loop's callbacks, and this coroutine only waits for the end.
"""

import asyncio
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Wait
from core.domain.outcome import Challenged, NoWay, Outcome, Unanswered
from core.domain.usage import Result
from core.proxy.answers import fault_of
from core.proxy.attempt import Tried
from core.proxy.classify import is_html
from core.proxy.course import Course, Means
from core.proxy.foreign import without_sealed
from core.proxy.messages import OwnAnswer
from core.routing.exchange import (
    Abandon,
    Answer,
    Choose,
    Ending,
    Forward,
    Held,
    Hold,
    Renew,
    Renewed,
    Send,
    Strip,
    Stripped,
    no_way,
)
from core.routing.exchange import exchange as steps_of_exchange
from core.words.answers import Fault


class Passing:
    """The steps of one request."""

    def __init__(self, course: Course, means: Means) -> None:
        """What the straight way has decided and got is not asked for again."""
        self._course = course
        self._means = means
        self._seams = means.seams
        self._decided = course.decision
        self._answered = course.tried
        self._held_s = 0.0
        self._flowed: asyncio.Future[bool] | None = None

    async def run(self) -> None:
        """Perform the steps of the exchange, then its ending; writes the row, whatever happens."""
        steps = steps_of_exchange()
        try:
            step = next(steps)
            while True:
                match step:
                    case Choose(tried=tried):
                        step = steps.send(self._choose(tried))
                    case Send(account=account):
                        step = steps.send((await self._send(account)).outcome)
                    case Hold(wait=wait):
                        step = steps.send(Held(held=await self._hold(wait)))
                    case Renew(account=account):
                        step = steps.send(Renewed(newer=await self._renew(account)))
                    case Strip():
                        step = steps.send(Stripped(changed=await self._strip()))
                    case _:
                        assert_never(step)
        except StopIteration as done:
            await self._end(done.value)
        except Exception:
            self._course.result = Result.FAILED
            raise
        finally:
            self._course.end()

    # -- steps

    def _choose(self, tried: frozenset[AccountId]) -> Decision:
        decided, self._decided = self._decided, None
        return decided or self._course.choose(tried, held_s=self._held_s)

    async def _hold(self, wait: Wait) -> bool:
        clock = self._seams.clock
        since = clock.monotonic()
        held = await self._means.holds.moment(wait.until, held_s=self._held_s)
        self._held_s += clock.monotonic() - since
        return held

    async def _renew(self, account: AccountId) -> bool:
        tried = self._course.tried
        return await self._means.attempts.renew(account, tried.sent if tried is not None else None)

    async def _strip(self) -> bool:
        """Leave behind what another account has sealed; a large body is read beside the loop."""
        course, largest = self._course, self._seams.settings().proxy.max_body
        stripped = await asyncio.to_thread(without_sealed, course.request, largest=largest)
        if stripped is None:
            return False
        course.request = stripped
        return True

    async def _send(self, account: AccountId) -> Tried:
        course = self._course
        answered, self._answered = self._answered, None
        if answered is not None:
            return answered
        course.drop()
        course.asks(account)
        try:
            tried = await self._means.attempts.attempt(
                account,
                course.request,
                course.path,
                course.facts,
                moved=course.moved,
                on_served=self._served,
            )
        except asyncio.CancelledError:
            course.left()
            raise
        if not course.flows:
            course.answered(tried)
        return tried

    def _served(self, tried: Tried) -> None:
        """A good answer is known to be one: its first bytes leave in this turn of the loop."""
        self._course.answered(tried)
        self._flow()

    def _flow(self) -> asyncio.Future[bool]:
        flowed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def ended(whole: bool) -> None:
            if not flowed.done():  # cancelled: the client is gone
                flowed.set_result(whole)

        self._course.flow(ended)
        self._flowed = flowed
        return flowed

    # -- endings

    async def _end(self, ending: Ending) -> None:
        if isinstance(ending, Forward):
            await self._forward()
            return
        self._course.conclude()
        match ending:
            case Answer(refusal=refusal, attempts=attempts):
                self._refuse(refusal, way=no_way(attempts))
            case Abandon(attempts=attempts):
                self._abandon(attempts[-1].outcome)
            case _:
                assert_never(ending)

    async def _forward(self) -> None:
        course, tried = self._course, self._course.tried
        assert tried is not None and tried.head is not None  # noqa: S101, PT018 - it was answered
        if not course.flows and isinstance(tried.outcome, Challenged):
            course.conclude()
            self._fault(Fault.CHALLENGED)
        elif not course.flows and is_html(tried.head):
            course.conclude()
            own = course.tongue.not_json(tried.head.status, self._seams.speech.say)
            self._say(own, Result.FAILED)
        else:
            flowed = self._flowed if self._flowed is not None else self._flow()
            course.passed(whole=await flowed)

    def _refuse(self, refusal: Refuse, *, way: NoWay | None) -> None:
        nobody_served = refusal.reason in (RefuseReason.ALL_FAILING, RefuseReason.TIME_BUDGET)
        if way is not None and nobody_served:
            self._fault(fault_of(way))
            return
        now = self._seams.clock.now()
        self._say(self._course.tongue.refusal(refusal, self._seams.speech, now), Result.REFUSED)

    def _abandon(self, outcome: Outcome) -> None:
        if isinstance(outcome, Unanswered) and outcome.timed_out:
            self._fault(Fault.SILENT)
            return
        self._course.result = Result.FAILED
        self._course.reply.cut()

    def _say(self, own: OwnAnswer, result: Result) -> None:
        course = self._course
        course.result = result
        course.reply.answer(course.tongue.named(own, course.id))

    def _fault(self, fault: Fault) -> None:
        self._say(self._course.tongue.fault(fault, self._seams.speech.say), Result.FAILED)
