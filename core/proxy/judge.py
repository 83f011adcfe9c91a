"""Looks at an answer as it arrives, until it is known what it means.

It looks in the same turn of the loop in which bytes came, so that a token that has come is passed
on without waiting for a task. Only as much is read as the meaning needs: the head of a good answer,
the first events of a turn, the body of an error.
"""

from collections.abc import Callable

from core.domain.facts import Facts, RequestKind
from core.domain.outcome import Outcome, Served, Unanswered
from core.proxy.classify import (
    PREAMBLE,
    TELLS_FAILURE,
    is_event_stream,
    needs_body,
    of_answer,
    of_first_event,
)
from core.proxy.incoming import Incoming
from core.proxy.messages import ResponseHead
from core.proxy.sse import EventParser, type_of_first
from core.runtime.clock import Clock

FIRST_EVENTS = 16
FIRST_EVENTS_S = 2.0
"""How many of the first events, and for how long, are waited for before the commit point."""
ERROR_BODY_S = 5.0
"""How long the body of an error is waited for."""


class Judge:
    """The judgement of one answer."""

    __slots__ = ("_clock", "_decided", "_events", "_facts", "_incoming", "_on_decided")

    def __init__(
        self,
        incoming: Incoming,
        *,
        facts: Facts,
        clock: Clock,
        head_within_s: float,
        on_decided: Callable[[Outcome], None],
    ) -> None:
        """`on_decided` is called once, in the turn of the loop in which the deciding bytes came."""
        self._incoming = incoming
        self._facts = facts
        self._clock = clock
        self._on_decided = on_decided
        self._events: _FirstEvents | None = None
        self._decided = False
        incoming.watch(self._look, self._late)
        incoming.within(head_within_s)

    def _look(self) -> None:
        """More has come, or the end."""
        incoming = self._incoming
        head = incoming.head
        if self._decided:
            return
        if head is None:
            if incoming.ended:
                self._decide(Unanswered(status=None, timed_out=False))
        elif self._events is not None:
            outcome = self._events.decide(incoming)
            if outcome is not None:
                self._decide(outcome)
        elif needs_body(head) and not (incoming.ended or incoming.full):
            incoming.within(ERROR_BODY_S)
        else:
            self._judge_head(head)

    def _judge_head(self, head: ResponseHead) -> None:
        incoming, model = self._incoming, self._facts.model
        outcome = of_answer(head, incoming.held, model=model, now=self._clock.now())
        is_turn = self._facts.kind is RequestKind.RESPONSES and is_event_stream(head)
        if is_turn and isinstance(outcome, Served):
            self._events = _FirstEvents(model=model, clock=self._clock)
            from_events = self._events.decide(incoming)
            if from_events is None:
                incoming.within(FIRST_EVENTS_S)
                return
            outcome = from_events
        self._decide(outcome)

    def _late(self) -> None:
        """Patience has ended: for the head it is silence; else what has come must do."""
        head = self._incoming.head
        if self._decided:
            return
        if head is None:
            self._decide(Unanswered(status=None, timed_out=True))
            self._incoming.drop()
        elif self._events is not None:
            self._decide(Served(status=head.status))
        else:
            self._judge_head(head)

    def _decide(self, outcome: Outcome) -> None:
        self._decided = True
        self._events = None
        self._incoming.patient()
        self._on_decided(outcome)


class _FirstEvents:
    """Reads the events of an answer that is held, each once, until one decides."""

    __slots__ = ("_clock", "_model", "_parser", "_read", "_seen")

    def __init__(self, *, model: str, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._parser: EventParser | None = None
        self._read = 0
        self._seen = 0

    def decide(self, incoming: Incoming) -> Outcome | None:
        """What the events say that have come; None = wait for more."""
        held = incoming.held
        outcome = self._by_type(held) or self._by_parser(held)
        if outcome is not None:
            return outcome
        if incoming.ended and not incoming.whole:
            return Unanswered(status=None, timed_out=False)
        if incoming.ended or incoming.full or self._seen >= FIRST_EVENTS:
            return Served(status=200)
        return None

    def _by_type(self, held: bytes) -> Outcome | None:
        """By the types alone, as far as events are written plainly and none tells of a failure."""
        while self._parser is None and (first := type_of_first(held, self._read)) is not None:
            kind, end = first
            if kind in TELLS_FAILURE:
                break
            self._read = end
            self._seen += 1
            if kind not in PREAMBLE:
                return Served(status=200)
        return None

    def _by_parser(self, held: bytes) -> Outcome | None:
        """By the events themselves, from here to the end: the parser keeps halves of lines."""
        fresh = held[self._read :]
        if not fresh:
            return None
        if self._parser is None:
            self._parser = EventParser()
        self._read = len(held)
        for event in self._parser.events(fresh):
            self._seen += 1
            outcome = of_first_event(event, model=self._model, now=self._clock.now())
            if outcome is not None:
                return outcome
        return None
