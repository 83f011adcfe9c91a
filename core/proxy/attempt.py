"""One attempt: send the request with an account's login, and say what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import AccountId
from core.domain.facts import Facts
from core.domain.outcome import Outcome, Served, Unauthorized, Unreachable
from core.domain.settings import Settings
from core.proxy.judge import Judge
from core.proxy.lessons import NO_TOKEN
from core.proxy.messages import TURN_STATE, Request, ResponseHead
from core.proxy.turn_states import TurnStates
from core.proxy.upstream import Sent, Upstream
from core.runtime.clock import Clock


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
    """Makes attempts; what it keeps between them is who made which turn state.

    Attributes:
        turn_states: who made which.
    """

    def __init__(
        self, *, upstream: Upstream, settings: Callable[[], Settings], clock: Clock
    ) -> None:
        self._upstream = upstream
        self._settings = settings
        self._clock = clock
        self.turn_states = TurnStates()

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
            account: whose login goes with it.
            request: as the client sent it.
            path: below the back end's base address.
            facts: what routing knows of it.
            moved: the thread comes from another account, whose turn state stays behind.
            on_served: called in the turn of the loop in which a good answer is known to be one.
        """
        state = request.head.fields.value(TURN_STATE)
        keep = not state or self.turn_states.may_be_sent(state, account, moved=moved)
        sent = await self._upstream.send(account, request, path, keep_turn_state=keep)
        if sent is None:
            return Tried(outcome=Unauthorized(code=NO_TOKEN))
        if isinstance(sent, Unreachable):
            return Tried(outcome=sent)

        def decided(outcome: Outcome) -> None:
            head = sent.incoming.head
            if head is not None and (made := head.fields.value(TURN_STATE)):
                self.turn_states.made(made, account)
            if isinstance(outcome, Served):
                on_served(Tried(outcome=outcome, head=head, sent=sent))

        judge = Judge(
            sent.incoming,
            facts=facts,
            clock=self._clock,
            head_within_s=self._settings().upstream.header_timeout_s,
            on_decided=decided,
        )
        try:
            outcome = await judge.decided
        except BaseException:
            sent.incoming.drop()
            raise
        return Tried(outcome=outcome, head=sent.incoming.head, sent=sent)

    async def renew(self, account: AccountId, refused: Sent | None) -> bool:
        """Get a newer token than the one that was refused; whether there is one."""
        return await self._upstream.renew(account, refused)
