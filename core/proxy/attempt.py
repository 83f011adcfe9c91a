"""One attempt: send the request with an account's login, and say what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import AccountId
from core.domain.facts import Facts, RequestKind
from core.domain.outcome import Outcome, Served, Unauthorized, Unreachable
from core.domain.settings import Settings
from core.proxy.catalogues import ETAG_TOLD, Catalogues
from core.proxy.judge import Judge
from core.proxy.lessons import NO_TOKEN
from core.proxy.messages import TURN_STATE, Request, ResponseHead
from core.proxy.turn_states import TurnStates
from core.proxy.upstream import Sent, Upstream
from core.runtime.clock import Clock


@dataclass(slots=True, kw_only=True)
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
    """Makes attempts, and keeps between them what an answer says beyond its own request.

    Attributes:
        turn_states: who made which.
        catalogues: the lists of models that accounts were given.
    """

    def __init__(
        self, *, upstream: Upstream, settings: Callable[[], Settings], clock: Clock
    ) -> None:
        self._upstream = upstream
        self._settings = settings
        self._clock = clock
        self.turn_states = TurnStates()
        self.catalogues = Catalogues()

    def at_once(
        self,
        account: AccountId,
        request: Request,
        path: bytes,
        facts: Facts,
        *,
        moved: bool,
        on_tried: Callable[[Tried], None],
    ) -> Sent | None:
        """Send it if nothing has to be waited for; None: nothing was sent, and `attempt` may be.

        Whoever lets go of what was sent (`Incoming.drop`) is told so, as of any other end.

        Args:
            account: whose login goes with it.
            request: as the client sent it.
            path: below the back end's base address.
            facts: what routing knows of it.
            moved: the thread comes from another account, whose turn state stays behind.
            on_tried: called in the turn of the loop in which it is known what the answer means.
        """
        if facts.kind is RequestKind.MODELS:
            return None  # it may be known, and then nothing is sent
        keep = self._keeps_turn_state(account, request, moved=moved)
        sent = self._upstream.send_at_once(account, request, path, keep_turn_state=keep)
        if sent is not None:
            self._judge(sent, account, facts, on_tried)
        return sent

    async def attempt(
        self,
        account: AccountId,
        request: Request,
        path: bytes,
        facts: Facts,
        *,
        moved: bool,
        on_served: Callable[[Tried], None],
    ) -> Tried:
        """Send it and wait until it is known what the answer means.

        When this is cancelled, the connection to the back end is closed at once.

        Args:
            account: as of `at_once`, and so on.
            request: as it goes.
            path: below the back end's base address.
            facts: what routing knows of it.
            moved: the thread comes from another account.
            on_served: called in the turn of the loop in which a good answer is known to be one.
        """
        if (again := self._known_already(account, request, path, facts)) is not None:
            on_served(again)
            return again
        keep = self._keeps_turn_state(account, request, moved=moved)
        sent = await self._upstream.send(account, request, path, keep_turn_state=keep)
        if sent is None:
            return Tried(outcome=Unauthorized(code=NO_TOKEN))
        if isinstance(sent, Unreachable):
            return Tried(outcome=sent)
        known: asyncio.Future[Tried] = asyncio.get_running_loop().create_future()

        def tried(made: Tried) -> None:
            if known.done():  # nobody waits any more
                return
            try:
                if isinstance(made.outcome, Served):
                    on_served(made)
            finally:
                known.set_result(made)

        self._judge(sent, account, facts, tried)
        try:
            return await known
        except BaseException:
            sent.incoming.drop()
            raise

    def _judge(
        self, sent: Sent, account: AccountId, facts: Facts, on_tried: Callable[[Tried], None]
    ) -> None:
        incoming = sent.incoming

        def decided(outcome: Outcome) -> None:
            head = incoming.head
            if head is not None:
                if made := head.fields.value(TURN_STATE):
                    self.turn_states.made(made, account)
                if told := head.fields.value(ETAG_TOLD):
                    self.catalogues.told(account, told)
            on_tried(Tried(outcome=outcome, head=head, sent=sent))

        Judge(
            incoming,
            facts=facts,
            clock=self._clock,
            head_within_s=self._settings().upstream.header_timeout_s,
            on_decided=decided,
        )

    def _keeps_turn_state(self, account: AccountId, request: Request, *, moved: bool) -> bool:
        state = request.head.fields.value(TURN_STATE)
        return not state or self.turn_states.may_be_sent(state, account, moved=moved)

    def _known_already(
        self, account: AccountId, request: Request, path: bytes, facts: Facts
    ) -> Tried | None:
        if facts.kind is not RequestKind.MODELS:
            return None
        again = self.catalogues.again(account, request, path, now=self._clock.now())
        if again is None or again.head is None:
            return None
        outcome = Served(status=again.head.status)
        return Tried(outcome=outcome, head=again.head, sent=Sent(incoming=again, grant=None))

    async def renew(self, account: AccountId, refused: Sent | None) -> bool:
        """Get a newer token than the one that was refused; whether there is one."""
        return await self._upstream.renew(account, refused)
