"""One WebSocket from its 101 to its end: frames pass both ways, each response is followed.

A message of the client is held until it is whole and decided on, the first events of a response
until it is known what they mean; everything else passes in the turn of the loop in which it came.
The socket belongs to one account: where another has to serve, the client's connection is closed
before any event of the response, and the client comes again with its full input (PROTOCOL §4).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.proxy.buffered import Buffered
from core.proxy.deadline import Deadline
from core.proxy.incoming import Incoming
from core.proxy.messages import Request, ResponseHead
from core.proxy.reply import Reply
from core.proxy.seams import Seams
from core.proxy.standstill import Standstill
from core.proxy.traffic import Traffic
from core.proxy.turn_states import TurnStates
from core.proxy.websocket_messages import Asks, asked_in, event_in
from core.proxy.websocket_sides import Onward, Read, Side
from core.proxy.websocket_turn import Do, Handshaken
from core.proxy.websocket_turns import Line, Turns
from core.websocket.deflate import Agreement
from core.websocket.frames import CloseCode, Opcode, ProtocolError, encode_close

IDLE_S = 75 * 60.0
"""A socket on which nothing is asked is closed after this; the back end ends it after an hour."""
SLEPT_S = 60.0
"""After such a sleep a connection to the back end may be dead without a word."""
FAREWELL_S = 2.0
"""How long the other side may take to answer a close frame."""
_FOR_EVER_S = 365 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a handshake has led to.

    Attributes:
        socket: whose it is, and why.
        head: of the back end's 101.
        request: the client's handshake.
        incoming: what comes from the back end.
        agreement: how messages are packed, on both hops.
        renew: gets a newer token than the socket's; whether there is one.
    """

    socket: Handshaken
    head: ResponseHead
    request: Request
    incoming: Incoming
    agreement: Agreement | None
    renew: Callable[[], Awaitable[bool]]


class SocketRelay:
    """Relays one socket: build it, then `await run()`. To cancel that says: the client is gone."""

    def __init__(
        self,
        opened: Opened,
        *,
        reply: Reply,
        seams: Seams,
        traffic: Traffic,
        turn_states: TurnStates,
        buffered: Buffered,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """Answers 101; from here on bytes pass."""
        self._opened = opened
        self._incoming = opened.incoming
        self._reply = reply
        self._traffic = traffic
        self._buffered = buffered
        limit = seams.settings().proxy.max_body
        self._client = Side(is_client=True, agreement=opened.agreement, limit=limit)
        self._back_end = Side(is_client=False, agreement=opened.agreement, limit=limit)
        to_client, self._to_back_end = (
            Onward(to_client=side, agreement=opened.agreement, random_bytes=random_bytes)
            for side in (True, False)
        )
        self._deadline = Deadline(self._late)
        self._standstill = Standstill(seams.clock, longest_s=SLEPT_S)
        self._chores: asyncio.Queue[Do | None] = asyncio.Queue()
        self._out: list[bytes] = []
        self._reserved = 0
        self._leaving = False
        self._farewells = 0
        self._turns = Turns(
            line=Line(
                ask=self._incoming.send,
                tell=self._out.append,
                close=self._close,
                cut=self._end,
                wait=self._deadline.within,
                rest=lambda: self._deadline.within(IDLE_S),
                chore=self._put_off,
            ),
            socket=opened.socket,
            request=opened.request,
            renew=opened.renew,
            seams=seams,
            traffic=traffic,
            turn_states=turn_states,
            to_back_end=self._to_back_end,
            to_client=to_client,
        )
        self._wire = reply.upgrade(
            opened.head,
            request_id=opened.socket.request_id,
            heard=self._heard,
            on_drain=self._drain,
        )
        reply.on_full(self._incoming.sink_is_full)
        self._incoming.on_full(self._back_end_is_full)

    async def run(self) -> None:
        """Relay until either side has ended it; a row is written for whatever was under way."""
        self._traffic.websockets += 1
        self._deadline.within(IDLE_S)
        soon = asyncio.get_running_loop().call_soon

        def ended(whole: bool) -> None:  # not in the middle of what ended it
            soon(self._back_end_ended)

        self._incoming.flow(self._said, ended, idle_s=_FOR_EVER_S)
        try:
            while (chore := await self._chores.get()) is not None:
                await self._turns.perform(chore)
                self._flush()
        finally:
            self._traffic.websockets -= 1
            self._incoming.drop()
            self._reserve(0)
            self._turns.leave()
            self._deadline.end()
            del self._turns  # they know us: nothing waits for a garbage collector

    # -- what comes

    def _heard(self, data: bytes) -> None:
        """One read from the client."""
        try:
            for read in self._client.feed(data):
                self._heard_message(read)
        except ProtocolError as error:
            self._close(error.code, str(error))
            return
        self._flush()
        if not self._reserve(self._client.held):
            self._close(CloseCode.TRY_AGAIN_LATER, "too much at once")

    def _heard_message(self, read: Read) -> None:
        if read.message.opcode is Opcode.CLOSE:
            self._farewell(read.raw, to_client=False)
            return
        if self._leaving or self._farewells:
            return  # it was told to come again, or has said good-bye
        if read.message.opcode is Opcode.TEXT:
            asked = asked_in(read.message.payload)
            if asked.asks is not Asks.OTHER:
                if self._standstill.was_slept() and not self._turns:
                    # Sent, it might be waited for in vain. The client comes again, by a new one.
                    self._close(CloseCode.GOING_AWAY, "the machine has slept")
                else:
                    self._turns.asked(asked, read)
                return
        self._incoming.send(self._to_back_end.untouched(read))

    def _said(self, data: bytes, last: bool) -> None:
        """One read from the back end."""
        try:
            for read in self._back_end.feed(data):
                self._said_message(read)
        except ProtocolError:
            self._end()
        self._flush()

    def _said_message(self, read: Read) -> None:
        if self._leaving:
            return
        match read.message.opcode:
            case Opcode.CLOSE:
                self._farewell(read.raw, to_client=True)
            case Opcode.TEXT:
                self._turns.said(event_in(read.message.payload), read)
            case _:
                self._out.append(read.raw)

    # -- endings

    def _close(self, code: CloseCode, reason: str) -> None:
        """Say good-bye to the client, and none to the back end; wait a moment for its answer."""
        if self._leaving:
            return
        self._leaving = True
        self._out.append(encode_close(code, reason))
        self._flush()
        self._incoming.drop()
        self._turns.close()
        self._deadline.within(FAREWELL_S)

    def _farewell(self, raw: bytes, *, to_client: bool) -> None:
        """A close frame passes; when both sides have said it, it is over."""
        self._farewells += 1
        if to_client:
            self._out.append(raw)
        elif not self._leaving:
            self._incoming.send(raw)
        if self._leaving or self._farewells > 1:
            self._end()
        else:
            self._deadline.within(FAREWELL_S)

    def _back_end_ended(self) -> None:
        """The back end's connection is gone; where nobody has said good-bye, that is a cut."""
        if not (self._leaving or self._reply.ended):
            self._end()

    def _end(self) -> None:
        """Whatever was written is sent, then the client's connection ends too."""
        self._leaving = True
        self._turns.fail()
        self._flush()
        self._reply.leave()
        self._chores.put_nowait(None)

    def _drain(self) -> None:
        """The program stops: a response under way may end, an idle socket is closed."""
        if not self._turns:
            self._close(CloseCode.GOING_AWAY, "Turntable stops")

    # -- time, memory, and who is full

    def _late(self) -> None:
        """Patience has ended; for whom depends on what is waited for."""
        if self._leaving or self._farewells:
            self._end()
        elif not self._turns.late():
            self._close(CloseCode.GOING_AWAY, "nothing was asked for a long time")
        self._flush()

    def _put_off(self, chore: Do) -> None:
        self._deadline.clear()  # it is not the back end that is waited for
        self._chores.put_nowait(chore)

    def _reserve(self, size: int) -> bool:
        """Count what is held of the client's message among all bodies; False: too much at once."""
        more = size - self._reserved
        if more > 0 and not self._buffered.take(more):
            return False
        if more < 0:
            self._buffered.give_back(-more)
        self._reserved = size
        return True

    def _back_end_is_full(self, full: bool) -> None:
        """The back end takes no more: the client waits with it."""
        if full:
            self._wire.pause_reading()
        else:
            self._wire.resume_reading()

    def _flush(self) -> None:
        """What has come in one turn of the loop leaves in one write."""
        if self._out and not self._reply.ended:
            self._wire.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
