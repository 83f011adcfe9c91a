"""What one request has come to so far, and in the end its row in the ledger.

Both ways through the relay, the straight one (`straight`) and the one with steps (`passing`), drive
a `Course` and share what must be the same on both: who is asked, the commit point, what is learned
and what is written down. It waits for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Use
from core.domain.facts import Facts, RequestKind
from core.domain.observed import learn_quota
from core.domain.outcome import ClientGone, Served
from core.domain.usage import AttemptRecord, RequestRecord, Result
from core.proxy.attempt import Attempts, Tried
from core.proxy.choices import own, remember
from core.proxy.classify import is_event_stream
from core.proxy.holds import Holds
from core.proxy.incoming import Sink
from core.proxy.lessons import lesson_of, word_of
from core.proxy.limits_seen import LimitsSeen
from core.proxy.messages import Request
from core.proxy.overheard import Overheard
from core.proxy.seams import Seams
from core.proxy.traffic import Traffic
from core.proxy.voice import Tongue, Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all requests of a proxy share.

    Attributes:
        attempts: makes them with an account's login.
        seams: what the application hands in.
        traffic: counts.
        holds: the waiting room.
        limits: limits that heads have told.
    """

    attempts: Attempts
    seams: Seams
    traffic: Traffic
    holds: Holds
    limits: LimitsSeen


class Course:
    """One request under way. Mutable: each of its fields is set as it becomes known.

    Attributes:
        id: `req_…`.
        path: below the back end's base address.
        request: as the client sent it, or with what another account has sealed taken out.
        facts: what routing knows of it.
        reply: through what it is answered.
        tongue: of our own answers.
        decision: the last one.
        tried: the last attempt, while its answer may still be passed on.
        records: of attempts that are over, or whose answer is passed on.
        flows: the commit point is behind us.
        result: what becomes of it; until somebody knows better the client has left.
    """

    __slots__ = (
        "_asked",
        "_concluded",
        "_first_byte_s",
        "_means",
        "_overheard",
        "_seams",
        "_sent_at",
        "_served_by",
        "_started",
        "_started_at",
        "decision",
        "facts",
        "flows",
        "id",
        "path",
        "records",
        "reply",
        "request",
        "result",
        "tongue",
        "tried",
    )

    def __init__(
        self,
        means: Means,
        *,
        path: bytes,
        request: Request,
        facts: Facts,
        reply: Voice,
        tongue: Tongue,
    ) -> None:
        """It begins now."""
        self._means = means
        self._seams = seams = means.seams
        self.path = path
        self.request = request
        self.facts = facts
        self.reply = reply
        self.tongue = tongue
        self.id = seams.new_request_id()
        self._started_at = self._sent_at = seams.clock.now()
        self._started = seams.clock.monotonic()
        self.decision: Decision | None = None
        self.tried: Tried | None = None
        self._concluded = True
        self._asked: AccountId | None = None
        self.records: list[AttemptRecord] = []
        self._served_by: AccountId | None = None
        self._overheard: Overheard | None = None
        self._first_byte_s: float | None = None
        self.flows = False
        self.result = Result.CANCELLED
        means.traffic.requests += 1

    # -- before the commit point

    def choose(self, tried: frozenset[AccountId], *, held_s: float = 0.0) -> Decision:
        """Who serves, given who was tried; `held_s`: for how long the request was held."""
        if not self._concluded:
            self.conclude()
        seams = self._seams
        if tried and self._spent_s() - held_s > seams.settings().routing.time_budget_s:
            last = self.decision
            decision: Decision = Refuse(
                reason=RefuseReason.TIME_BUDGET,
                until=None,
                account=None,
                verdicts=last.verdicts if last is not None else (),
                rule=last.rule if last is not None else None,
                pool=last.pool if last is not None else None,
            )
        else:
            if self.decision is not None:  # what was reserved for it keeps nobody back, nor itself
                seams.sent(self.id, self.facts, None, None)
            decision = seams.choose(self.facts, tried)
        self.decision = decision
        if isinstance(decision, Use):  # in this turn of the loop: others are decided in the next
            seams.sent(self.id, self.facts, decision.account, decision.pool)
        remember(decision, self.facts, seams)
        return decision

    @property
    def moved(self) -> bool:
        """Whether what was sealed before this attempt is another account's."""
        return bool(self.records) or self._is_move()

    def asks(self, account: AccountId) -> None:
        """From now on the request is with the back end on `account`."""
        self._asked, self._sent_at = account, self._seams.clock.now()
        self._means.traffic.sent(account)

    def answered(self, tried: Tried) -> None:
        """What came of the attempt; learned from when it is passed on, or when it is over."""
        self.tried, self._concluded = tried, False

    def left(self) -> None:
        """The client is gone while the back end was asked."""
        if self._asked is not None and not self.flows:
            gone = AttemptRecord(account=self._asked, outcome=word_of(ClientGone()))
            self.records.append(gone)

    def conclude(self) -> None:
        """Learn from the last attempt, once; a 401 only when no newer token helped."""
        tried, account = self.tried, self._asked
        if self._concluded or tried is None or account is None:
            return
        self._concluded = True
        seams, outcome = self._seams, tried.outcome
        now = seams.clock.now()
        if tried.head is not None:
            quota = self._means.limits.fresh(account, tried.head.fields, now=now)
            if quota is not None:
                seams.learn(learn_quota(account, quota))
        self.records.append(AttemptRecord(account=account, outcome=word_of(outcome)))
        lesson = lesson_of(account, outcome, self.facts, sent_at=self._sent_at, now=now)
        if lesson is not None:
            seams.learn(lesson)

    def drop(self) -> None:
        """Let go of the last attempt; what still comes of its answer is not wanted."""
        tried, asked = self.tried, self._asked
        self.tried = self._asked = None
        if asked is not None:
            self._means.traffic.ended(asked)
        if tried is not None and tried.sent is not None:
            tried.sent.incoming.drop()

    # -- the commit point

    def flow(self, on_end: Callable[[bool], None]) -> None:
        """Pass the answer on. Its first bytes leave now, then they are learned from.

        `on_end`: told at the end whether the answer was whole.
        """
        tried, account, reply = self.tried, self._asked, self.reply
        assert tried is not None and account is not None  # noqa: S101, PT018 - it was answered
        head, sent = tried.head, tried.sent
        assert head is not None and sent is not None  # noqa: S101, PT018 - as above
        self.flows = True
        self._served_by = account
        self._means.traffic.streams += 1
        reply.begin(head, request_id=self.id)
        self._first_byte_s = self._spent_s()
        reply.on_full(sent.incoming.sink_is_full)
        idle_s = self._seams.settings().upstream.idle_timeout_s
        sent.incoming.flow(self._sink(account, tried), on_end, idle_s=idle_s)
        reply.flush()
        if not self._concluded:
            self.conclude()
        if isinstance(tried.outcome, Served) and self._is_move():
            own(account, self.facts, self._seams)

    def _sink(self, account: AccountId, tried: Tried) -> Sink:
        """Where the bytes go; those of a turn are listened to, after the client has them."""
        assert tried.head is not None  # noqa: S101 - it flows
        write = self.reply.write
        if self.facts.kind is RequestKind.MODELS and not _known_before(tried):
            return self._means.attempts.catalogues.keeping(
                write,
                account,
                self.request,
                self.path,
                head=tried.head,
                now=self._seams.clock.now(),
            )
        if self.facts.kind is not RequestKind.RESPONSES or not is_event_stream(tried.head):
            return write
        seams = self._seams
        self._overheard = overheard = Overheard(
            account=account, facts=self.facts, learn=seams.learn, clock=seams.clock
        )
        hear = overheard.hear

        def sink(data: bytes, last: bool) -> None:
            write(data, last)
            if not self._concluded:
                self.conclude()
            hear(data)

        return sink

    # -- the end

    def passed(self, *, whole: bool) -> None:
        """The answer was passed on to its end, or to where the back end cut it."""
        if not whole:
            self.reply.cut()
        if not self._concluded:
            self.conclude()
        failed_inside = self._overheard is not None and self._overheard.failed
        if failed_inside or not whole or not self._is_good():
            self.result = Result.FAILED
        else:
            self.result = Result.SERVED if len(self.records) == 1 else Result.MOVED

    def end(self) -> None:
        """Nothing more happens to it: write its row."""
        self.drop()
        traffic = self._means.traffic
        traffic.requests -= 1
        if self.flows:
            traffic.streams -= 1
        self._seams.record(self._row())

    # -- inside

    def _is_good(self) -> bool:
        return self.tried is not None and isinstance(self.tried.outcome, Served)

    def _is_move(self) -> bool:
        """Whether the thread of this turn comes from another account."""
        return (
            isinstance(self.decision, Use)
            and self.decision.moved_from is not None
            and self.facts.kind is RequestKind.RESPONSES
        )

    def _spent_s(self) -> float:
        return self._seams.clock.monotonic() - self._started

    def _row(self) -> RequestRecord:
        decision = self.decision
        use = decision if isinstance(decision, Use) else None
        return RequestRecord(
            id=self.id,
            started_at=self._started_at,
            facts=self.facts,
            account=self._served_by,
            because=str(decision.reason) if decision is not None else "",
            verdicts=decision.verdicts if decision is not None else (),
            attempts=tuple(self.records),
            result=self.result,
            status=self.reply.status,
            first_byte_s=self._first_byte_s,
            total_s=self._spent_s(),
            tokens=self._overheard.tokens if self._overheard is not None else None,
            moved_from=use.moved_from if use is not None else None,
            strategy=use.strategy if use is not None else "",
            rule=decision.rule if decision is not None else None,
            pool=decision.pool if decision is not None else None,
        )


def _known_before(tried: Tried) -> bool:
    """Whether nothing was sent for it: what an account was told before is told again."""
    return tried.sent is not None and tried.sent.grant is None
