"""One response of a WebSocket: who may serve it, what its first events mean, its row.

It drives the same `exchange` as a request over HTTP, with one difference: a socket belongs to one
account, so that *another account* means that the client has to come again. Nothing here waits or
writes; whoever owns the socket performs what is returned.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Use, UseReason
from core.domain.facts import Facts
from core.domain.observed import learn_outcome
from core.domain.outcome import (
    ClientGone,
    Failing,
    Gone,
    Limited,
    Outcome,
    Served,
    Unanswered,
    Unauthorized,
)
from core.domain.usage import AttemptRecord, RequestRecord, Result
from core.proxy.answers import fault_answer, refusal_answer
from core.proxy.choices import own, remember
from core.proxy.lessons import lesson_of, word_of
from core.proxy.messages import OwnAnswer
from core.proxy.overheard import Overheard
from core.proxy.seams import Seams
from core.proxy.sse import Event, tapped_from
from core.proxy.websocket_messages import ENDS, Asked, Asks, outcome_of, status_in
from core.routing import exchange
from core.routing.exchange import (
    Abandon,
    Answer,
    Choose,
    Ending,
    Forward,
    Hold,
    Renew,
    Renewed,
    Reply,
    Send,
    Step,
    Strip,
    Stripped,
)
from core.words.answers import Fault


class Do(StrEnum):
    """What the owner of the socket does next for this response."""

    SEND = "send"
    """Send its message to the back end."""
    PASS = "pass"
    """The commit point: the client gets what has come, and all that comes."""
    LEAVE = "leave"
    """Close the client's connection; it comes again, with everything, and meets its account."""
    SAY = "say"
    """Send the client `Turn.answer`, then close."""
    CUT = "cut"
    """Close the client's connection as the back end closed ours."""
    RENEW = "renew"
    """Get a newer token, then call `renewed`."""
    STRIP = "strip"
    """Take out of the message what another account has sealed, then call `stripped`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshaken:
    """How a socket came to its account.

    Attributes:
        request_id: as the client was told it; the socket's first response bears it.
        facts: what the handshake named.
        decision: why this account.
        attempts: who was asked for the handshake, this account last.
    """

    request_id: str
    facts: Facts
    decision: Use
    attempts: tuple[AttemptRecord, ...]

    @property
    def account(self) -> AccountId:
        """Whose socket it is."""
        return self.decision.account


class Turn:
    """A response under way.

    Attributes:
        asks: a turn, or a prewarm, which is not written down.
        text: the message that asked for it.
        passing: whether the commit point is behind it.
        ended: whether its last event has passed.
        answer: what we say instead of the back end, where we do.
    """

    def __init__(
        self, *, seams: Seams, socket: Handshaken, first: bool, asked: Asked, text: bytes
    ) -> None:
        """`first`: the socket's first turn, which bears the handshake's id and decision."""
        self._seams = seams
        self._account = socket.account
        facts = replace(
            socket.facts,
            model=asked.model or socket.facts.model,
            unread=asked.unread,
            mid_turn=bool(asked.turn_state),
        )
        self._folder = asked.folder
        self._facts: Facts = seams.places.noted(facts, asked.folder)
        self._id = socket.request_id if first else seams.new_request_id()
        self._why: Decision | None = socket.decision if first else None
        self._records = list(socket.attempts[:-1]) if first else []
        self._steps: Generator[Step, Reply, Ending] = exchange.exchange()
        self._outcome: Outcome | None = None
        self._concluded = False
        self._renewed = False
        self._started_at = self._sent_at = seams.clock.now()
        self._started = seams.clock.monotonic()
        self._first_byte_s: float | None = None
        self._status: int | None = None
        self._result = Result.CANCELLED
        self._overheard = Overheard(
            account=self._account, facts=self._facts, learn=seams.learn, clock=seams.clock
        )
        self.asks = asked.asks
        self.text = text
        self.passing = False
        self.ended = False
        self.answer: OwnAnswer | None = None

    # -- what has happened, and what is to be done then

    def begin(self) -> Do:
        """Its message is here."""
        if self._seams.places.wanted():
            return self._leave()  # the next handshake is answered 426, and HTTP names the folder
        return self._go(next(self._steps))

    def look(self, event: Event) -> Outcome | None:
        """What one of its first events decides; None = wait for the next."""
        return outcome_of(event, model=self._facts.model, now=self._seams.clock.now())

    def decided(self, outcome: Outcome) -> Do:
        """It is known what the back end made of it."""
        self._outcome = outcome
        return self._reply(outcome)

    def renewed(self, *, newer: bool) -> Do:
        """Whether there is a newer token than the socket's."""
        self._renewed = newer
        return self._reply(Renewed(newer=newer))

    def stripped(self, text: bytes | None) -> Do:
        """The message without what another account has sealed; None: nothing could be taken out."""
        if text is not None:
            self.text = text
        return self._reply(Stripped(changed=text is not None))

    def hear_limits(self, event: Event) -> None:
        """Limits count whether the event is passed on or not."""
        if event.type == "codex.rate_limits" and (tapped := tapped_from(event)) is not None:
            self._overheard.learn_from(tapped)

    def hear(self, event: Event) -> None:
        """An event has passed to the client."""
        if (tapped := tapped_from(event)) is not None:
            self._overheard.learn_from(tapped)
        if event.type not in ENDS:
            return
        self.ended = True
        if event.type == "error":
            self._failed_late(event)
        whole = event.type != "error" and not self._overheard.failed
        served = whole and isinstance(self._outcome, Served)
        self._status = status_in(event)
        if not served:
            self._result = Result.FAILED
        else:
            self._result = Result.SERVED if len(self._records) == 1 else Result.MOVED

    def lost(self) -> None:
        """The back end has gone away in the middle of it."""
        self._result = Result.FAILED
        if self._outcome is None:
            self._outcome = Unanswered(status=None, timed_out=False)
            self._conclude()

    def left(self) -> None:
        """The client has gone away before the commit point."""
        if self._outcome is None:
            self._outcome = ClientGone()
            self._conclude()

    def row(self) -> RequestRecord:
        """What the ledger keeps of it."""
        why = self._why
        return RequestRecord(
            id=self._id,
            started_at=self._started_at,
            facts=self._seams.places.noted(self._facts, self._folder),
            account=self._account if self.passing else None,
            because=why.reason.value if why is not None else "",
            verdicts=why.verdicts if why is not None else (),
            attempts=tuple(self._records),
            result=self._result,
            status=self._status,
            first_byte_s=self._first_byte_s,
            total_s=self._seams.clock.monotonic() - self._started,
            tokens=self._overheard.tokens,
            moved_from=why.moved_from if isinstance(why, Use) else None,
            strategy=why.strategy if isinstance(why, Use) else "",
            rule=why.rule if why is not None else None,
            pool=why.pool if why is not None else None,
        )

    # -- inside

    def _reply(self, reply: Reply) -> Do:
        try:
            step = self._steps.send(reply)
        except StopIteration as done:
            return self._end(done.value)
        return self._go(step)

    def _go(self, step: Step) -> Do:
        match step:
            case Choose(tried=tried):
                decision = self._choose(tried)
                if isinstance(decision, Use) and decision.account != self._account:
                    return self._leave()
                return self._reply(decision)
            case Hold():  # a request over HTTP can be held: its next handshake says so
                return self._leave()
            case Send():
                self._sent_at = self._seams.clock.now()
                return self._leave() if self._renewed else self._send()
            case Renew():
                return Do.RENEW
            case Strip():
                return Do.STRIP
            case _:
                assert_never(step)

    def _send(self) -> Do:
        if self.asks is Asks.TURN:  # a prewarm makes nothing
            pool = self._why.pool if self._why is not None else None
            self._seams.sent(self._id, self._facts, self._account, pool)
        return Do.SEND

    def _leave(self) -> Do:
        self._conclude()
        self._result = Result.MOVED
        return Do.LEAVE

    def _choose(self, tried: frozenset[AccountId]) -> Decision:
        self._conclude()
        if tried:  # what was reserved for it keeps nobody back, nor itself
            self._seams.sent(self._id, self._facts, None, None)
        decision = self._seams.choose(self._facts, tried)
        if isinstance(decision, Use):
            decision = self._stay_if_free(decision, tried)
            if decision.account == self._account:
                remember(decision, self._facts, self._seams)
                if (
                    self._why is not None
                ):  # the handshake's; another model may be under another rule
                    self._why = replace(self._why, rule=decision.rule, pool=decision.pool)
                    return decision
        self._why = decision
        return decision

    def _stay_if_free(self, decision: Use, tried: frozenset[AccountId]) -> Use:
        """A strategy's choice is for new work: what has a socket stays there while it may."""
        may_stay = any(v.account == self._account and v.eligible for v in decision.verdicts)
        if decision.reason is UseReason.STRATEGY and may_stay and self._account not in tried:
            return replace(decision, account=self._account)
        return decision

    def _conclude(self) -> None:
        """Learn from the back end's answer, once; a 401 only when no newer token helped."""
        outcome = self._outcome
        if outcome is None or self._concluded:
            return
        self._concluded = True
        self._records.append(AttemptRecord(account=self._account, outcome=word_of(outcome)))
        now = self._seams.clock.now()
        lesson = lesson_of(self._account, outcome, self._facts, sent_at=self._sent_at, now=now)
        if lesson is not None and not (self._renewed and isinstance(outcome, Unauthorized)):
            self._seams.learn(lesson)

    def _end(self, ending: Ending) -> Do:
        self._conclude()
        match ending:
            case Forward():
                self.passing = True
                if self.asks is Asks.TURN and isinstance(self._outcome, Served):
                    # A chat moves when it is answered: an open socket is no answer yet.
                    own(self._account, self._facts, self._seams)
                self._first_byte_s = self._seams.clock.monotonic() - self._started
                return Do.PASS
            case Answer(refusal=refusal):
                now = self._seams.clock.now()
                self._say(refusal_answer(refusal, self._seams.speech, now=now), Result.REFUSED)
                return Do.SAY
            case Abandon(attempts=attempts):
                outcome = attempts[-1].outcome
                self._result = Result.FAILED
                if isinstance(outcome, Unanswered) and outcome.timed_out:
                    self._say(fault_answer(Fault.SILENT, self._seams.speech.say), Result.FAILED)
                    return Do.SAY
                return Do.CUT
            case _:
                assert_never(ending)

    def _say(self, answer: OwnAnswer, result: Result) -> None:
        self.answer, self._status, self._result = answer, answer.status, result

    def _failed_late(self, event: Event) -> None:
        """An `error` after the commit point says something about the account, too."""
        outcome = self.look(event)
        if isinstance(outcome, Limited | Failing | Gone) and isinstance(self._outcome, Served):
            now = self._seams.clock.now()
            lesson = learn_outcome(self._account, outcome, model=self._facts.model, now=now)
            self._seams.learn(lesson)
