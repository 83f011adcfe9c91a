"""One request from the client's head to the last byte: drives `exchange`, learns, streams, records.

The relay performs the generator's steps and decides nothing of its own. Up to the commit point an
answer is held (its first events are read); from there its bytes go from one socket to the other
inside the event loop's callbacks, and this coroutine only waits for the end.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Use, Wait
from core.domain.facts import Facts, RequestKind
from core.domain.observed import (
    Lesson,
    begin_trial,
    chosen_without_thread,
    learn_quota,
    own_thread,
)
from core.domain.outcome import (
    Challenged,
    ClientGone,
    Outcome,
    Served,
    Unanswered,
    Unreachable,
)
from core.domain.settings import Settings
from core.domain.usage import AttemptRecord, RequestRecord, Result, Tokens
from core.proxy.answers import Speech, as_json, fault_answer, refusal_answer
from core.proxy.attempt import Attempts, Tried
from core.proxy.classify import is_event_stream, is_html
from core.proxy.facts import facts_of
from core.proxy.holds import Holds
from core.proxy.incoming import Incoming, Sink
from core.proxy.lessons import lesson_of, word_of
from core.proxy.messages import OwnAnswer, Request, ResponseHead
from core.proxy.overheard import Overheard
from core.proxy.reply import Reply
from core.proxy.routes import Passage
from core.proxy.traffic import Traffic
from core.quota.parse import quota_from_headers
from core.routing.exchange import (
    Abandon,
    Answer,
    Attempt,
    Choose,
    Ending,
    Forward,
    Held,
    Hold,
    Renew,
    Renewed,
    Send,
)
from core.routing.exchange import exchange as steps_of_exchange
from core.runtime.clock import Clock
from core.words.answers import Fault

OWNER_FRESH_FOR = timedelta(minutes=1)
"""A thread's owner is written anew at most this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What the relay is handed by the application.

    Attributes:
        choose: who serves, given the facts and who was tried already.
        learn: takes a lesson; it counts before the next `choose`.
        record: takes the row of an ended request.
        settings: the settings in force.
        clock: the time.
        speech: what accounts and times are called in our own answers.
        new_request_id: `req_…`.
    """

    choose: Callable[[Facts, frozenset[AccountId]], Decision]
    learn: Callable[[Lesson], None]
    record: Callable[[RequestRecord], None]
    settings: Callable[[], Settings]
    clock: Clock
    speech: Speech
    new_request_id: Callable[[], str]


class Relay:
    """Serves the requests that the gate admitted."""

    def __init__(self, *, attempts: Attempts, seams: Seams, traffic: Traffic) -> None:
        self._attempts = attempts
        self._seams = seams
        self._traffic = traffic
        self._holds = Holds(seams.clock)

    async def serve(self, passage: Passage, request: Request, reply: Reply) -> None:
        """Answer `request`, whatever happens, and write its row."""
        passing = _Passing(
            attempts=self._attempts,
            seams=self._seams,
            traffic=self._traffic,
            holds=self._holds,
            passage=passage,
            request=request,
            reply=reply,
        )
        self._traffic.requests += 1
        try:
            await passing.run()
        finally:
            self._traffic.requests -= 1
            self._seams.record(passing.row())


class _Passing:
    """One request under way."""

    def __init__(
        self,
        *,
        attempts: Attempts,
        seams: Seams,
        traffic: Traffic,
        holds: Holds,
        passage: Passage,
        request: Request,
        reply: Reply,
    ) -> None:
        self._attempts = attempts
        self._seams = seams
        self._traffic = traffic
        self._holds = holds
        self._held_s = 0.0
        self._passage = passage
        self._request = request
        self._reply = reply
        self._id = seams.new_request_id()
        self._facts = facts_of(request, passage.kind)
        self._started_at = seams.clock.now()
        self._started = seams.clock.monotonic()
        self._decision: Decision | None = None
        self._tried: Tried | None = None
        self._concluded = True
        self._asked: AccountId | None = None
        self._records: list[AttemptRecord] = []
        self._served_by: AccountId | None = None
        self._tokens: Tokens | None = None
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
                    case _:
                        assert_never(step)
        except StopIteration as done:
            await self._end(done.value)
        except Exception:
            self._result = Result.FAILED
            raise
        finally:
            self._drop()

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
            tokens=self._tokens,
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
        if isinstance(decision, Use) and self._facts.kind is RequestKind.RESPONSES:
            seams.learn(begin_trial(decision.account, now=seams.clock.now()))
            if decision.moved_from is None:
                self._own(decision.account)  # at once, so that requests at the same time agree
        return decision

    async def _hold(self, wait: Wait) -> bool:
        clock = self._seams.clock
        since = clock.monotonic()
        held = await self._holds.moment(wait.until, held_s=self._held_s)
        self._held_s += clock.monotonic() - since
        return held

    async def _send(self, account: AccountId) -> Tried:
        self._drop()
        moved = bool(self._records) or self._is_move()
        self._asked = account
        self._traffic.sent(account)
        try:
            tried = await self._attempts.attempt(
                account, self._request, self._passage.path, self._facts, moved=moved
            )
        except asyncio.CancelledError:
            self._records.append(AttemptRecord(account=account, outcome=word_of(ClientGone())))
            raise
        self._tried, self._concluded = tried, False
        return tried

    def _conclude(self) -> None:
        """Learn from the last attempt, once; a 401 only when no newer token helped."""
        if self._concluded or self._tried is None or self._asked is None:
            return
        self._concluded = True
        outcome, head = self._tried.outcome, self._tried.head
        now = self._seams.clock.now()
        quota = quota_from_headers(head.fields, now=now) if head is not None else None
        if quota is not None:
            self._seams.learn(learn_quota(self._asked, quota))
        self._records.append(AttemptRecord(account=self._asked, outcome=word_of(outcome)))
        lesson = lesson_of(self._asked, outcome, self._facts, now)
        if lesson is not None:
            self._seams.learn(lesson)

    def _is_move(self) -> bool:
        """Whether the thread of this turn comes from another account."""
        return (
            self._facts.kind is RequestKind.RESPONSES
            and isinstance(self._decision, Use)
            and self._decision.moved_from is not None
        )

    def _own(self, account: AccountId) -> None:
        """The thread lives here now; round-robin goes on after this account."""
        thread = self._facts.thread
        if thread is None:
            self._seams.learn(chosen_without_thread(account))
        else:
            now = self._seams.clock.now()
            self._seams.learn(own_thread(thread, account, now=now, fresh_for=OWNER_FRESH_FOR))

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
            await self._forward(ending.account)
            return
        self._conclude()
        match ending:
            case Answer(refusal=refusal, attempts=attempts):
                self._refuse(refusal, unreachable=_only_unreachable(attempts))
            case Abandon(attempts=attempts):
                self._abandon(attempts[-1].outcome)
            case _:
                assert_never(ending)

    async def _forward(self, account: AccountId) -> None:
        tried = self._tried
        assert tried is not None and tried.head is not None and tried.sent is not None  # noqa: S101, PT018 - it was answered
        self._served_by = account
        if isinstance(tried.outcome, Challenged):
            self._conclude()
            self._say(fault_answer(Fault.CHALLENGED), Result.FAILED)
        elif is_html(tried.head):
            self._conclude()
            self._say(as_json(tried.head.status), Result.FAILED)
        else:
            await self._stream(tried.head, tried.sent.incoming, tried.outcome, account)

    async def _stream(
        self, head: ResponseHead, incoming: Incoming, outcome: Outcome, account: AccountId
    ) -> None:
        served = isinstance(outcome, Served)
        reply = self._reply
        reply.begin(head, request_id=self._id)
        self._first_byte_s = self._seams.clock.monotonic() - self._started
        reply.on_full(incoming.sink_is_full)
        overheard = Overheard(
            account=account, facts=self._facts, learn=self._seams.learn, clock=self._seams.clock
        )
        is_turn = self._facts.kind is RequestKind.RESPONSES and is_event_stream(head)
        sink = self._overhearing(reply.write, overheard) if is_turn else reply.write
        self._traffic.streams += 1
        try:
            idle_s = self._seams.settings().upstream.idle_timeout_s
            flowed = incoming.flow(sink, idle_s=idle_s)
            reply.flush()
            self._conclude()
            if served and self._is_move():
                self._own(account)
            whole = await flowed
        finally:
            self._traffic.streams -= 1
            self._tokens = overheard.tokens
        if not whole:
            reply.cut()
        if not (whole and served) or overheard.failed:
            self._result = Result.FAILED
        else:
            self._result = Result.SERVED if len(self._records) == 1 else Result.MOVED

    def _overhearing(self, write: Sink, overheard: Overheard) -> Sink:
        """The client first; then what its attempt taught, then what these bytes tell."""

        def sink(data: bytes, last: bool) -> None:
            write(data, last)
            self._conclude()
            overheard.hear(data)

        return sink

    def _refuse(self, refusal: Refuse, *, unreachable: bool) -> None:
        if unreachable and refusal.reason in (RefuseReason.ALL_FAILING, RefuseReason.TIME_BUDGET):
            self._say(fault_answer(Fault.UNREACHABLE), Result.FAILED)
            return
        now = self._seams.clock.now()
        self._say(refusal_answer(refusal, self._seams.speech, now=now), Result.REFUSED)

    def _abandon(self, outcome: Outcome) -> None:
        if isinstance(outcome, Unanswered) and outcome.timed_out:
            self._say(fault_answer(Fault.SILENT), Result.FAILED)
            return
        self._result = Result.FAILED
        self._reply.cut()

    def _say(self, own: OwnAnswer, result: Result) -> None:
        self._result = result
        named = (b"x-turntable-request", self._id.encode())
        self._reply.answer(replace(own, fields=(*own.fields, named)))


def _only_unreachable(attempts: tuple[Attempt, ...]) -> bool:
    """Whether accounts were tried and nothing was sent with any of them."""
    return bool(attempts) and all(isinstance(a.outcome, Unreachable) for a in attempts)
