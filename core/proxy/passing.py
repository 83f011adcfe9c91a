"""One request from the client's head to the last byte: drives `exchange`, learns, streams.

It performs the generator's steps and decides nothing of its own. Up to the commit point an answer
is held (its first events are read); from there its bytes go from one socket to the other inside
the event loop's callbacks, and this coroutine only waits for the end.
"""

import asyncio
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Use, Wait
from core.domain.facts import Facts, RequestKind
from core.domain.observed import learn_quota
from core.domain.outcome import (
    Challenged,
    ClientGone,
    NoWay,
    Outcome,
    Served,
    Unanswered,
)
from core.domain.usage import AttemptRecord, RequestRecord, Result
from core.proxy.answers import fault_of
from core.proxy.attempt import Attempts, Tried
from core.proxy.choices import own, remember
from core.proxy.classify import is_event_stream, is_html
from core.proxy.foreign import without_sealed
from core.proxy.holds import Holds
from core.proxy.incoming import Sink
from core.proxy.lessons import lesson_of, word_of
from core.proxy.limits_seen import LimitsSeen
from core.proxy.messages import OwnAnswer, Request
from core.proxy.overheard import Overheard
from core.proxy.seams import Seams
from core.proxy.traffic import Traffic
from core.proxy.voice import Tongue, Voice
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
    """One request under way."""

    def __init__(
        self,
        *,
        attempts: Attempts,
        seams: Seams,
        traffic: Traffic,
        holds: Holds,
        limits: LimitsSeen,
        path: bytes,
        request: Request,
        facts: Facts,
        voice: Voice,
        tongue: Tongue,
    ) -> None:
        """`path`: below the back end's base address; `tongue`: of our own answers."""
        self._attempts = attempts
        self._seams = seams
        self._traffic = traffic
        self._holds = holds
        self._limits = limits
        self._held_s = 0.0
        self._path = path
        self._request = request
        self._reply = voice
        self._tongue = tongue
        self._id = seams.new_request_id()
        self._facts = facts
        self._started_at = self._sent_at = seams.clock.now()
        self._started = seams.clock.monotonic()
        self._decision: Decision | None = None
        self._tried: Tried | None = None
        self._concluded = True
        self._asked: AccountId | None = None
        self._records: list[AttemptRecord] = []
        self._served_by: AccountId | None = None
        self._flowed: asyncio.Future[bool] | None = None
        self._overheard: Overheard | None = None
        self._first_byte_s: float | None = None
        self._result = Result.CANCELLED

    async def run(self) -> None:
        """Perform the steps of the exchange, then its ending."""
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
                        refused = self._tried.sent if self._tried is not None else None
                        newer = await self._attempts.renew(account, refused)
                        step = steps.send(Renewed(newer=newer))
                    case Strip():
                        step = steps.send(Stripped(changed=await self._strip()))
                    case _:
                        assert_never(step)
        except StopIteration as done:
            await self._end(done.value)
        except Exception:
            self._result = Result.FAILED
            raise
        finally:
            self._drop()
            if self._flowed is not None:
                self._traffic.streams -= 1

    def row(self) -> RequestRecord:
        """What the ledger keeps of it."""
        decision = self._decision
        return RequestRecord(
            id=self._id,
            started_at=self._started_at,
            facts=self._facts,
            account=self._served_by,
            because=decision.reason.value if decision is not None else "",
            verdicts=decision.verdicts if decision is not None else (),
            attempts=tuple(self._records),
            result=self._result,
            status=self._reply.status,
            first_byte_s=self._first_byte_s,
            total_s=self._seams.clock.monotonic() - self._started,
            tokens=self._overheard.tokens if self._overheard is not None else None,
            moved_from=decision.moved_from if isinstance(decision, Use) else None,
            strategy=decision.strategy if isinstance(decision, Use) else "",
        )

    # -- steps

    def _choose(self, tried: frozenset[AccountId]) -> Decision:
        self._conclude()
        seams = self._seams
        spent_s = seams.clock.monotonic() - self._started - self._held_s
        if tried and spent_s > seams.settings().routing.time_budget_s:
            verdicts = self._decision.verdicts if self._decision is not None else ()
            decision: Decision = Refuse(
                reason=RefuseReason.TIME_BUDGET, until=None, account=None, verdicts=verdicts
            )
        else:
            decision = seams.choose(self._facts, tried)
        self._decision = decision
        remember(decision, self._facts, seams)
        return decision

    async def _hold(self, wait: Wait) -> bool:
        clock = self._seams.clock
        since = clock.monotonic()
        held = await self._holds.moment(wait.until, held_s=self._held_s)
        self._held_s += clock.monotonic() - since
        return held

    async def _strip(self) -> bool:
        """Leave behind what another account has sealed; a large body is read beside the loop."""
        largest = self._seams.settings().proxy.max_body
        stripped = await asyncio.to_thread(without_sealed, self._request, largest=largest)
        if stripped is None:
            return False
        self._request = stripped
        return True

    async def _send(self, account: AccountId) -> Tried:
        self._drop()
        moved = bool(self._records) or self._is_move()
        self._asked, self._sent_at = account, self._seams.clock.now()
        self._traffic.sent(account)
        try:
            tried = await self._attempts.attempt(
                account,
                self._request,
                self._path,
                self._facts,
                moved=moved,
                on_served=self._served,
            )
        except asyncio.CancelledError:
            if self._flowed is None:
                self._records.append(AttemptRecord(account=account, outcome=word_of(ClientGone())))
            raise
        if self._flowed is None:
            self._tried, self._concluded = tried, False
        return tried

    def _conclude(self) -> None:
        """Learn from the last attempt, once; a 401 only when no newer token helped."""
        if self._concluded or self._tried is None or self._asked is None:
            return
        self._concluded = True
        outcome, head = self._tried.outcome, self._tried.head
        now = self._seams.clock.now()
        if head is not None:
            quota = self._limits.fresh(self._asked, head.fields, now=now)
            if quota is not None:
                self._seams.learn(learn_quota(self._asked, quota))
        self._records.append(AttemptRecord(account=self._asked, outcome=word_of(outcome)))
        lesson = lesson_of(self._asked, outcome, self._facts, sent_at=self._sent_at, now=now)
        if lesson is not None:
            self._seams.learn(lesson)

    def _is_move(self) -> bool:
        """Whether the thread of this turn comes from another account."""
        return (
            self._facts.kind is RequestKind.RESPONSES
            and isinstance(self._decision, Use)
            and self._decision.moved_from is not None
        )

    def _drop(self) -> None:
        """Let go of the last attempt; what still comes of its answer is not wanted."""
        if self._tried is not None and self._tried.sent is not None:
            self._tried.sent.incoming.drop()
        if self._asked is not None:
            self._traffic.ended(self._asked)
        self._tried, self._asked = None, None

    # -- endings

    async def _end(self, ending: Ending) -> None:
        if isinstance(ending, Forward):
            await self._forward()
            return
        self._conclude()
        match ending:
            case Answer(refusal=refusal, attempts=attempts):
                self._refuse(refusal, way=no_way(attempts))
            case Abandon(attempts=attempts):
                self._abandon(attempts[-1].outcome)
            case _:
                assert_never(ending)

    async def _forward(self) -> None:
        tried = self._tried
        assert tried is not None and tried.head is not None  # noqa: S101, PT018 - it was answered
        if self._flowed is None and isinstance(tried.outcome, Challenged):
            self._conclude()
            self._fault(Fault.CHALLENGED)
        elif self._flowed is None and is_html(tried.head):
            self._conclude()
            own = self._tongue.not_json(tried.head.status, self._seams.speech.say)
            self._say(own, Result.FAILED)
        else:
            flowed = self._flowed if self._flowed is not None else self._flow(tried)
            if not await flowed:
                self._reply.cut()
            self._result = self._result_of(whole=flowed.result(), outcome=tried.outcome)

    def _served(self, tried: Tried) -> None:
        """A good answer is known to be one: its first bytes leave in this turn of the loop."""
        self._tried, self._concluded = tried, False
        self._flow(tried)
        if self._is_move() and self._asked is not None:
            own(self._asked, self._facts, self._seams)

    def _flow(self, tried: Tried) -> asyncio.Future[bool]:
        """The commit point. The first bytes leave, then they are learned from."""
        head, sent, account = tried.head, tried.sent, self._asked
        assert head is not None and sent is not None and account is not None  # noqa: S101, PT018
        self._served_by = account
        reply = self._reply
        reply.begin(head, request_id=self._id)
        self._first_byte_s = self._seams.clock.monotonic() - self._started
        reply.on_full(sent.incoming.sink_is_full)
        sink: Sink = reply.write
        if self._facts.kind is RequestKind.RESPONSES and is_event_stream(head):
            self._overheard = Overheard(
                account=account, facts=self._facts, learn=self._seams.learn, clock=self._seams.clock
            )
            sink = self._overhearing(reply.write, self._overheard)
        self._traffic.streams += 1
        idle_s = self._seams.settings().upstream.idle_timeout_s
        self._flowed = sent.incoming.flow(sink, idle_s=idle_s)
        reply.flush()
        self._conclude()
        return self._flowed

    def _result_of(self, *, whole: bool, outcome: Outcome) -> Result:
        failed_inside = self._overheard is not None and self._overheard.failed
        if failed_inside or not whole or not isinstance(outcome, Served):
            return Result.FAILED
        return Result.SERVED if len(self._records) == 1 else Result.MOVED

    def _overhearing(self, write: Sink, overheard: Overheard) -> Sink:
        """The client first; then what its attempt taught, then what these bytes tell."""

        def sink(data: bytes, last: bool) -> None:
            write(data, last)
            self._conclude()
            overheard.hear(data)

        return sink

    def _refuse(self, refusal: Refuse, *, way: NoWay | None) -> None:
        nobody_served = refusal.reason in (RefuseReason.ALL_FAILING, RefuseReason.TIME_BUDGET)
        if way is not None and nobody_served:
            self._fault(fault_of(way))
            return
        now = self._seams.clock.now()
        self._say(self._tongue.refusal(refusal, self._seams.speech, now), Result.REFUSED)

    def _abandon(self, outcome: Outcome) -> None:
        if isinstance(outcome, Unanswered) and outcome.timed_out:
            self._fault(Fault.SILENT)
            return
        self._result = Result.FAILED
        self._reply.cut()

    def _say(self, own: OwnAnswer, result: Result) -> None:
        self._result = result
        self._reply.answer(self._tongue.named(own, self._id))

    def _fault(self, fault: Fault) -> None:
        self._say(self._tongue.fault(fault, self._seams.speech.say), Result.FAILED)
