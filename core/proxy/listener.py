"""The client side of the carrier: connections, their bounds in bytes and time, their answers.

Everything is bounded: heads in bytes and time, bodies in bytes and time, all bodies together, and
connections that have not shown a secret. A client that sends its next request early gets its first
answer whole, and then the connection closes (RFC 9112 §9.3.2 lets it ask again).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from core.proxy.answers import fault_answer
from core.proxy.buffered import Buffered
from core.proxy.deadline import Deadline
from core.proxy.intake import Intake
from core.proxy.messages import (
    OwnAnswer,
    Request,
    RequestHead,
    announces_body,
    wants_continue,
)
from core.proxy.ongoing import InTask, Ongoing, Start
from core.proxy.peer import may_be_ours
from core.proxy.read_buffer import ReadBuffer
from core.proxy.reply import Reply
from core.proxy.strangers import Strangers
from core.runtime.tasks import Tasks
from core.words.answers import Fault

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a connection.

    Attributes:
        head: bytes of a request head.
        head_s: seconds for a head, from its first byte or from the connection's start.
        body_s: seconds of silence in the middle of a body.
        idle_s: seconds that a connection may wait between requests.
        linger_s: seconds in which a refused client may still read our answer.
        strangers: connections without a valid secret.
        newcomers: connections that have only just come (`core.proxy.strangers`).
    """

    head: int = 64 * 1024
    head_s: float = 30.0
    body_s: float = 30.0
    idle_s: float = 300.0
    linger_s: float = 2.0
    strangers: int = 64
    newcomers: int = 1024


@dataclass(slots=True, kw_only=True)
class Admitted[Route]:
    """The caller may: what it asked for, and the largest body it may send. Nobody writes to one.

    `own_user`: only if it is a process of our own user, where the system tells. `says`: how the
    caller is told what is wrong with the rest of its request.
    """

    route: Route
    largest_body: int
    own_user: bool = False
    says: Callable[[Fault], OwnAnswer] = field(default=fault_answer, compare=False)


type Gate[Route] = Callable[[RequestHead, int], Admitted[Route] | OwnAnswer]
"""Decide on a head, and on the port it came to, before any of its body is read."""
type Handler[Route] = Callable[[Route, Request, Reply, Start], Ongoing]
"""Begin to answer; whom to tell when the client is gone."""


class Listener[Route]:
    """What all connections of one server share."""

    def __init__(
        self,
        *,
        gate: Gate[Route],
        handler: Handler[Route],
        tasks: Tasks,
        buffered: Buffered,
        buffer: ReadBuffer,
        limits: Limits,
        says: Callable[[Fault], OwnAnswer] = fault_answer,
    ) -> None:
        """`says`: how a caller is told what is wrong whom the gate has not seen yet."""
        self.gate = gate
        self.says = says
        self.handler = handler
        self.tasks = tasks
        self.buffered = buffered
        self.buffer = buffer
        self.limits = limits
        self.connections: set[Connection[Route]] = set()
        self.strangers = Strangers[Connection[Route]](
            most=limits.strangers, most_new=limits.newcomers, cut=Connection[Route].cut
        )
        self.draining = False
        self._emptied: asyncio.Future[None] | None = None

    def connection(self) -> "Connection[Route]":
        """A protocol for the next connection."""
        return Connection(self)

    def came(self, connection: "Connection[Route]") -> None:
        """A connection is open."""
        self.connections.add(connection)
        self.strangers.came(connection)

    def drain(self) -> None:
        """Close idle connections now, the others with the answer they are at."""
        self.draining = True
        for connection in list(self.connections):
            connection.drain()

    async def emptied(self, *, within_s: float) -> bool:
        """Wait until no connection is left; False when some still are after `within_s`."""
        self._emptied = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._emptied
        except TimeoutError:
            return False
        return True

    def lost(self, connection: "Connection[Route]") -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self.strangers.gone(connection)
        if not self.connections and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    def cut(self) -> None:
        """Close every connection at once."""
        for connection in list(self.connections):
            connection.cut()


class Connection[Route](asyncio.BufferedProtocol):
    """One client connection: its requests, its answers, and how long each may take."""

    def __init__(self, listener: Listener[Route]) -> None:
        self._listener = listener
        self._limits = listener.limits
        self._transport: asyncio.Transport | None = None
        self._port = 0
        self._intake = Intake(
            largest_head=self._limits.head,
            on_head=self._head_came,
            on_body=self._body_grew,
            on_request=self._request_came,
            on_fault=self._refuse,
        )
        self._deadline = Deadline(self._too_slow)
        self._timer: asyncio.TimerHandle | None = None
        self._head: RequestHead | None = None
        self._route: Route | None = None
        self._says = listener.says
        self._reply: Reply | None = None
        self._ongoing: Ongoing | None = None
        self._held = 0
        self._closing = False
        self._full = False

    # -- used by `Listener`

    def drain(self) -> None:
        """Close now when idle, else with the answer under way."""
        if self._reply is not None:
            self._reply.drain()
        elif self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        self._transport = transport
        transport.set_write_buffer_limits(high=64 * 1024)
        self._port = transport.get_extra_info("sockname")[1]
        self._listener.came(self)
        self._deadline.within(self._limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left: whatever is done for it is cancelled."""
        self._transport = None
        self._close_intake()
        self._listener.lost(self)
        self._let_go()
        if self._reply is not None:
            self._reply.gone()
        ongoing, self._ongoing, self._reply = self._ongoing, None, None
        if ongoing is not None:
            ongoing.cancel()
        del self._intake  # it knows us: nothing waits for a garbage collector

    def eof_received(self) -> bool:
        """The client has closed its side: whoever does so before it has its answer is gone."""
        if self._reply is not None:
            self.cut()
        return False

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        self._full = True
        if self._reply is not None:
            self._reply.is_full(True)

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        if self._reply is not None:
            self._reply.is_full(False)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._listener.buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        """One read from the client."""
        if self._closing:
            return
        data = self._listener.buffer.copy(nbytes)
        if self._reply is not None and self._reply.heard is not None:
            self._reply.heard(data)
            return
        if not self._intake.begun:
            self._deadline.within(self._limits.head_s)
        self._intake.feed(data)

    # -- told by the intake

    def _head_came(self, head: RequestHead) -> int | None:
        """Ask the gate before the body comes, so that nobody sends one for nothing."""
        assert self._transport is not None  # noqa: S101 - parsing happens between made and lost
        self._head = head
        verdict = self._listener.gate(head, self._port)
        if isinstance(verdict, OwnAnswer):
            self._answer_now(verdict, head)
            return None
        if verdict.own_user and not self._is_ours():
            self._answer_now(self._says(Fault.UNKNOWN_SECRET), head)
            return None
        self._listener.strangers.gone(self)
        self._route = verdict.route
        self._says = verdict.says
        self._deadline.within(self._limits.body_s)
        if wants_continue(head, largest=verdict.largest_body):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return verdict.largest_body

    def _is_ours(self) -> bool:
        assert self._transport is not None  # noqa: S101 - parsing happens between made and lost
        ours, theirs = (self._transport.get_extra_info(n) for n in ("sockname", "peername"))
        return may_be_ours(ours[:2], theirs[:2])

    def _body_grew(self, size: int) -> bool:
        if not self._listener.buffered.take(size):
            return False
        self._deadline.within(self._limits.body_s)
        return True

    def _request_came(self, request: Request) -> None:
        self._deadline.clear()
        assert self._route is not None  # noqa: S101 - the gate let its head in
        self._held = len(request.body)
        self._reply = reply = self._new_reply(request.head, self._answered)
        try:
            start = partial(self._start, reply)
            ongoing = self._listener.handler(self._route, request, reply, start)
        except Exception:
            self._failed(reply)
            return
        if not reply.ended:
            self._ongoing = ongoing

    def _refuse(self, fault: Fault) -> None:
        self._answer_and_leave(self._says(fault), self._head)

    # -- answers

    def _start(self, reply: Reply, work: Coroutine[Any, Any, None]) -> Ongoing:
        return InTask(self._listener.tasks.start(self._finished(work, reply), name="request"))

    async def _finished(self, work: Coroutine[Any, Any, None], reply: Reply) -> None:
        try:
            await work
        except Exception:
            self._failed(reply)
        finally:
            if not reply.ended:
                reply.cut()

    def _failed(self, reply: Reply) -> None:
        _log.exception("a request failed inside Turntable")
        if reply.begun:
            reply.cut()
        else:
            reply.answer(self._says(Fault.INTERNAL))

    def _let_go(self) -> None:
        """The request is over: its body is not held any more."""
        self._listener.buffered.give_back(self._held)
        self._held = 0

    def _new_reply(self, head: RequestHead | None, on_end: Callable[[bool], None]) -> Reply:
        """`head`: None when it could not be read, which ends the connection."""
        assert self._transport is not None  # noqa: S101 - parsing happens between made and lost
        return Reply(
            self._transport,
            without_body=head is not None and head.method == b"HEAD",
            http11=head is None or head.http11,
            keep_alive=head is not None and b"close" not in head.fields.connection_options(),
            full=self._full,
            on_end=on_end,
        )

    def _answered(self, keep: bool) -> None:
        """An answer is written: the next request may come, or the connection ends."""
        self._reply = self._ongoing = self._head = None
        self._let_go()
        self._says = self._listener.says
        if self._transport is None:
            return
        if keep and not self._intake.pipelined and not self._listener.draining:
            self._intake.ready()
            self._deadline.within(self._limits.idle_s)
        elif self._intake.pipelined:
            self._leave_slowly()
        else:
            self._close_intake()
            self._transport.close()
            self._wait_for_reader(self._transport.get_write_buffer_size())

    def _answer_now(self, own: OwnAnswer, head: RequestHead) -> None:
        """Answer on the spot. A body that is still to come is not read: the connection ends."""
        if announces_body(head.fields):
            self._answer_and_leave(own, head)
        else:
            self._new_reply(head, self._answered).answer(own)

    def _answer_and_leave(self, own: OwnAnswer, head: RequestHead | None) -> None:
        if not self._closing and self._transport is not None:
            reply = self._new_reply(head, lambda _: self._leave_slowly())
            reply.answer(replace(own, close=True))

    # -- leaving

    def _leave_slowly(self) -> None:
        """Close our side and let the client read: closing at once could destroy our last bytes.

        A socket that is closed with unread bytes in it resets the connection (RFC 9112 §9.6).
        """
        self._close_intake()
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._wait_for_reader(self._transport.get_write_buffer_size())

    def _wait_for_reader(self, unread: int) -> None:
        """Look again as long as the client takes something of what is left to send."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.linger_s, self._waited, unread)

    def _waited(self, unread: int) -> None:
        left = self._transport.get_write_buffer_size() if self._transport is not None else 0
        if 0 < left < unread:
            self._wait_for_reader(left)
        else:
            self.cut()

    def _close_intake(self) -> None:
        self._closing = True
        self._deadline.end()
        if self._timer is not None:
            self._timer.cancel()
        self._listener.buffered.give_back(self._intake.stop())

    # -- time

    def _too_slow(self) -> None:
        if self._intake.begun:
            self._refuse(Fault.TOO_SLOW)
        else:
            self.cut()
