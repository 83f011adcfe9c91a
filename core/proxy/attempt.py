"""One attempt: send the request with an account's login, read what decides, say what it meant.

Of an answer only as much is read as its meaning needs: the head of a good one, the first events
of a turn, the body of an error. The rest waits in `Incoming` until somebody decides about it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import AccountId
from core.domain.facts import Facts, RequestKind
from core.domain.outcome import Outcome, Served, Unanswered, Unauthorized, Unreachable
from core.domain.settings import Settings
from core.proxy.classify import is_event_stream, needs_body, of_answer, of_first_event
from core.proxy.incoming import Incoming
from core.proxy.lessons import NO_TOKEN
from core.proxy.messages import TURN_STATE, Request, ResponseHead
from core.proxy.sse import EventParser
from core.proxy.turn_states import TurnStates
from core.proxy.upstream import Sent, Upstream
from core.runtime.clock import Clock

FIRST_EVENTS = 16
FIRST_EVENTS_S = 2.0
"""How many of the first events, and for how long, are waited for before the commit point."""
ERROR_BODY_S = 5.0
"""How long the body of an error is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of an attempt.

    Attributes:
        outcome: what it means.
        head: the answer's head; None when none came.
        sent: the exchange, of whose answer nothing was passed on yet; None when nothing was sent.
    """

    outcome: Outcome
    head: ResponseHead | None = None
    sent: Sent | None = None


class Attempts:
    """Makes attempts; what it keeps between them is who made which turn state."""

    def __init__(
        self, *, upstream: Upstream, settings: Callable[[], Settings], clock: Clock
    ) -> None:
        self._upstream = upstream
        self._settings = settings
        self._clock = clock
        self._turn_states = TurnStates()

    async def attempt(
        self, account: AccountId, request: Request, path: bytes, facts: Facts, *, moved: bool
    ) -> Tried:
        """Send it and wait until it is known what the answer means.

        `moved`: the thread comes from another account, whose turn state stays behind. When this is
        cancelled, the connection to the back end is closed at once.
        """
        state = request.head.fields.value(TURN_STATE)
        keep = self._turn_states.may_be_sent(state, account, moved=moved)
        sent = await self._upstream.send(account, request, path, keep_turn_state=keep)
        if sent is None:
            return Tried(outcome=Unauthorized(code=NO_TOKEN))
        if isinstance(sent, Unreachable):
            return Tried(outcome=sent)
        try:
            tried = await self._judged(sent, facts)
        except BaseException:
            sent.incoming.drop()
            raise
        if tried.head is not None and (made := tried.head.fields.value(TURN_STATE)):
            self._turn_states.made(made, account)
        return tried

    async def renew(self, account: AccountId, refused: Sent | None) -> bool:
        """Get a newer token than the one that was refused; whether there is one."""
        return await self._upstream.renew(account, refused)

    async def _judged(self, sent: Sent, facts: Facts) -> Tried:
        incoming = sent.incoming
        head = await incoming.head(within_s=self._settings().upstream.header_timeout_s)
        if head is None:
            silent = Unanswered(status=None, timed_out=incoming.timed_out)
            return Tried(outcome=silent, sent=sent)
        now = self._clock.now()
        if needs_body(head):
            await _read_error(incoming)
        outcome = of_answer(head, incoming.held, model=facts.model, now=now)
        if (
            isinstance(outcome, Served)
            and facts.kind is RequestKind.RESPONSES
            and is_event_stream(head)
        ):
            outcome = await self._first_events(incoming, outcome, facts)
        return Tried(outcome=outcome, head=head, sent=sent)

    async def _first_events(self, incoming: Incoming, served: Served, facts: Facts) -> Outcome:
        """Read on until an event decides; what says nothing after all that is a good answer."""
        first = FirstEvents(model=facts.model, clock=self._clock)
        outcome = first.decide(incoming)  # often they came with the head
        if outcome is not None:
            return outcome
        try:
            async with asyncio.timeout(FIRST_EVENTS_S):
                while outcome is None:
                    await incoming.more()
                    outcome = first.decide(incoming)
        except TimeoutError:
            return served
        return outcome


class FirstEvents:
    """Reads the events of an answer that is held, each once, until one decides."""

    def __init__(self, *, model: str, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._parser = EventParser()
        self._read = 0
        self._seen = 0

    def decide(self, incoming: Incoming) -> Outcome | None:
        """What the events say that have come; None = wait for more."""
        held = incoming.held
        fresh, self._read = held[self._read :], len(held)
        for event in self._parser.events(fresh):
            self._seen += 1
            outcome = of_first_event(event, model=self._model, now=self._clock.now())
            if outcome is not None:
                return outcome
        if incoming.ended and not incoming.whole:
            return Unanswered(status=None, timed_out=False)
        if incoming.ended or incoming.full or self._seen >= FIRST_EVENTS:
            return Served(status=200)
        return None


async def _read_error(incoming: Incoming) -> None:
    """Read an error's body as far as it is held, within its time."""
    try:
        async with asyncio.timeout(ERROR_BODY_S):
            while not (incoming.ended or incoming.full):
                await incoming.more()
    except TimeoutError:
        return  # judged by what has come; the rest can still be passed on
