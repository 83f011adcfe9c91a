"""WebSocket handshakes: chosen, authorised and failed over like a request, then relayed.

What goes wrong with an account is treated as over HTTP. What goes wrong with WebSocket itself (a
proxy on the way that does not know it, a back end that does not want it) is answered 426: Codex
then goes on over HTTPS without a word. After some such failures in a row nobody is asked for a
while.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, Use
from core.domain.facts import Facts, RequestKind
from core.domain.observed import learn_quota
from core.domain.outcome import Challenged, Served, Unanswered
from core.domain.usage import AttemptRecord, RequestRecord, Result
from core.proxy.answers import fault_answer, fault_of, named, refusal_answer
from core.proxy.attempt import Attempts, Tried
from core.proxy.buffered import Buffered
from core.proxy.choices import remember
from core.proxy.facts import facts_of
from core.proxy.lessons import lesson_of, word_of
from core.proxy.limits_seen import LimitsSeen
from core.proxy.messages import OwnAnswer, Request
from core.proxy.reply import Reply
from core.proxy.routes import Passage
from core.proxy.seams import Seams
from core.proxy.traffic import Traffic
from core.proxy.websocket_relay import Opened, SocketRelay
from core.proxy.websocket_turn import Handshaken
from core.routing import exchange
from core.routing.exchange import (
    Answer,
    Choose,
    Ending,
    Forward,
    Hold,
    Renew,
    Renewed,
    Send,
    Strip,
    Stripped,
    no_way,
)
from core.runtime.clock import Clock
from core.websocket.deflate import agreed
from core.websocket.frames import ProtocolError
from core.words.answers import Fault

_log = logging.getLogger(__name__)

ANSWERED_WITHIN_S = 12.0
"""How long one handshake may take, whoever is asked; Codex gives up after 15 s and begins anew."""
FAILURES = 3
"""So many failures of WebSocket itself in a row, and it is left alone for a while."""
LEFT_ALONE = timedelta(minutes=10)


class Detour:
    """Remembers whether WebSocket gets through to the back end."""

    def __init__(self, clock: Clock) -> None:
        """It does, as far as anyone knows."""
        self._clock = clock
        self._failures = 0
        self._until: datetime | None = None

    @property
    def taken(self) -> bool:
        """Whether everybody goes over HTTPS for now."""
        return self._until is not None and self._clock.now() < self._until

    def failed(self) -> None:
        """A handshake has failed, and no account was at fault."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = self._clock.now() + LEFT_ALONE
            _log.warning("WebSocket does not get through: HTTPS only for %s", LEFT_ALONE)

    def worked(self) -> None:
        """A handshake was answered 101."""
        self._failures, self._until = 0, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshakes:
    """Serves the handshakes that the gate admitted.

    Attributes:
        attempts: makes them with an account's login.
        seams: what the application hands in.
        traffic: counts.
        limits: limits that heads have told.
        buffered: bytes of messages that are held.
        detour: whether WebSocket gets through.
        random_bytes: for masks.
    """

    attempts: Attempts
    seams: Seams
    traffic: Traffic
    limits: LimitsSeen
    buffered: Buffered
    detour: Detour
    random_bytes: Callable[[int], bytes]

    async def serve(self, passage: Passage, request: Request, reply: Reply) -> None:
        """Answer the handshake, and relay the socket to its end."""
        if self.detour.taken:
            reply.answer(fault_answer(Fault.NO_WEBSOCKET, self.seams.speech.say))
            return
        shaking = _Shaking(self, passage, request)
        opened = await shaking.open()
        if not isinstance(opened, Opened):
            reply.answer(opened)
            return
        relay = SocketRelay(
            opened,
            reply=reply,
            seams=self.seams,
            traffic=self.traffic,
            turn_states=self.attempts.turn_states,
            buffered=self.buffered,
            random_bytes=self.random_bytes,
        )
        await relay.run()


class _Shaking:
    """One handshake under way."""

    def __init__(self, parts: Handshakes, passage: Passage, request: Request) -> None:
        self._parts = parts
        self._seams = parts.seams
        self._path = passage.path
        self._request = request
        facts = facts_of(request, RequestKind.RESPONSES, only=passage.only)
        self._facts: Facts = self._seams.places.remembered(facts)
        self._id = self._seams.new_request_id()
        self._started_at = self._seams.clock.now()
        self._started = self._seams.clock.monotonic()
        self._until = asyncio.get_running_loop().time() + ANSWERED_WITHIN_S
        self._decision: Decision | None = None
        self._account: AccountId | None = None
        self._tried: Tried | None = None
        self._records: list[AttemptRecord] = []

    async def open(self) -> Opened | OwnAnswer:
        """The open socket, or what the client is answered instead."""
        steps = exchange.exchange()
        try:
            step = next(steps)
            while True:
                match step:
                    case Choose(tried=tried):
                        step = steps.send(self._choose(tried))
                    case Hold():
                        return self._over_http()  # a request can be held
                    case Send(account=account):
                        step = steps.send((await self._send(account)).outcome)
                    case Renew(account=account):
                        step = steps.send(Renewed(newer=await self._renew(account)))
                    case Strip():
                        step = steps.send(Stripped(changed=False))
                    case _:
                        assert_never(step)
        except StopIteration as done:
            return self._end(done.value)
        except BaseException:
            self._drop()
            raise

    def _choose(self, tried: frozenset[AccountId]) -> Decision:
        self._conclude()
        self._decision = decision = self._seams.choose(self._facts, tried)
        remember(decision, self._facts, self._seams)
        return decision

    async def _send(self, account: AccountId) -> Tried:
        self._drop()
        self._account = account
        decision = self._decision
        moved = isinstance(decision, Use) and decision.moved_from is not None
        try:
            async with asyncio.timeout_at(self._until):
                tried = await self._parts.attempts.attempt(
                    account,
                    self._request,
                    self._path,
                    self._facts,
                    moved=moved or bool(self._records),
                    on_served=lambda _: None,
                )
        except TimeoutError:
            tried = Tried(outcome=Unanswered(status=None, timed_out=True))
        self._tried = tried
        return tried

    async def _renew(self, account: AccountId) -> bool:
        refused = self._tried.sent if self._tried is not None else None
        return await self._parts.attempts.renew(account, refused)

    def _conclude(self) -> None:
        """Learn from the last attempt, once."""
        tried, self._tried = self._tried, None
        if tried is None or self._account is None:
            return
        if tried.sent is not None:
            tried.sent.incoming.drop()
        self._learn(tried, self._account)

    def _learn(self, tried: Tried, account: AccountId) -> None:
        now = self._seams.clock.now()
        if tried.head is not None:
            quota = self._parts.limits.fresh(account, tried.head.fields, now=now)
            if quota is not None:
                self._seams.learn(learn_quota(account, quota))
        self._records.append(AttemptRecord(account=account, outcome=word_of(tried.outcome)))
        # A handshake that is answered is no proof that a turn would be; one that the network turns
        # away may be so because it is one.
        if not isinstance(tried.outcome, Served | Challenged):
            lesson = lesson_of(account, tried.outcome, self._facts, sent_at=now, now=now)
            if lesson is not None:
                self._seams.learn(lesson)

    def _drop(self) -> None:
        if self._tried is not None and self._tried.sent is not None:
            self._tried.sent.incoming.drop()
        self._tried = None

    # -- endings

    def _end(self, ending: Ending) -> Opened | OwnAnswer:
        tried = self._tried
        if isinstance(ending, Forward) and tried is not None and tried.head is not None:
            if tried.head.status == 101:
                return self._opened(tried)
        elif isinstance(ending, Answer):
            self._conclude()
            return self._refused(ending)
        self._conclude()
        self._parts.detour.failed()
        return self._over_http()

    def _opened(self, tried: Tried) -> Opened | OwnAnswer:
        head, sent, decision = tried.head, tried.sent, self._decision
        assert head is not None and sent is not None and isinstance(decision, Use)  # noqa: S101, PT018
        try:
            agreement = agreed(head.fields.value(b"sec-websocket-extensions").decode("latin-1"))
        except ProtocolError:
            self._conclude()
            self._parts.detour.failed()
            return self._over_http()
        self._parts.detour.worked()
        self._learn(tried, decision.account)
        socket = Handshaken(
            request_id=self._id,
            facts=self._facts,
            decision=decision,
            attempts=tuple(self._records),
        )
        attempts = self._parts.attempts
        return Opened(
            socket=socket,
            head=head,
            request=self._request,
            incoming=sent.incoming,
            agreement=agreement,
            renew=lambda: attempts.renew(decision.account, sent),
        )

    def _refused(self, ending: Answer) -> OwnAnswer:
        """Nobody serves: as over HTTP, and written down as there."""
        now = self._seams.clock.now()
        if (way := no_way(ending.attempts)) is not None:
            answer = fault_answer(fault_of(way), self._seams.speech.say)
        else:
            answer = refusal_answer(ending.refusal, self._seams.speech, now=now)
        self._seams.record(self._row(answer.status, ending.refusal))
        return named(answer, self._id)

    def _over_http(self) -> OwnAnswer:
        """426: Codex goes on over HTTPS without a word."""
        return fault_answer(Fault.NO_WEBSOCKET, self._seams.speech.say)

    def _row(self, status: int, refusal: Refuse) -> RequestRecord:
        return RequestRecord(
            id=self._id,
            started_at=self._started_at,
            facts=self._facts,
            account=None,
            because=refusal.reason.value,
            verdicts=refusal.verdicts,
            attempts=tuple(self._records),
            result=Result.FAILED if status == 502 else Result.REFUSED,
            status=status,
            first_byte_s=None,
            total_s=self._seams.clock.monotonic() - self._started,
            tokens=None,
            rule=refusal.rule,
            pool=refusal.pool,
        )
