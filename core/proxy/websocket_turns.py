"""The responses of one WebSocket, one after the other: what was asked, and what is said to it.

The first events of a response are held until it is known what they mean; then they pass, or the
response goes another way. Turns of the loop are all that this takes: what has to be waited for is a
chore, and the back end's messages wait with it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import assert_never

from core.domain.outcome import Outcome, Served, Unanswered
from core.proxy.foreign import without_sealed
from core.proxy.judge import FIRST_EVENTS, FIRST_EVENTS_S
from core.proxy.messages import Request
from core.proxy.seams import Seams
from core.proxy.sse import Event
from core.proxy.traffic import Traffic
from core.proxy.turn_states import TurnStates
from core.proxy.websocket_messages import (
    Asked,
    Asks,
    error_message,
    status_in,
    turn_state_in,
    without_turn_state,
)
from core.proxy.websocket_sides import Onward, Read
from core.proxy.websocket_turn import Do, Handshaken, Turn
from core.websocket.frames import CloseCode, Opcode, encode

_HELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a response may have done with its socket.

    Attributes:
        ask: send a frame to the back end.
        tell: send a frame to the client, in this turn of the loop.
        close: say good-bye to the client, and leave the back end.
        cut: end it as the back end did, without a word.
        wait: how many seconds the back end may be silent from now on.
        rest: no response is under way.
        chore: something has to be waited for: `Turns.perform`.
    """

    ask: Callable[[bytes], None]
    tell: Callable[[bytes], None]
    close: Callable[[CloseCode, str], None]
    cut: Callable[[], None]
    wait: Callable[[float], None]
    rest: Callable[[], None]
    chore: Callable[[Do], None]


class Turns:
    """Follows the responses of one socket."""

    def __init__(
        self,
        *,
        line: Line,
        socket: Handshaken,
        request: Request,
        renew: Callable[[], Awaitable[bool]],
        seams: Seams,
        traffic: Traffic,
        turn_states: TurnStates,
        to_back_end: Onward,
        to_client: Onward,
    ) -> None:
        """`request`: the handshake; `renew`: gets a newer token than the socket's, if it can."""
        self._line = line
        self._socket = socket
        self._request = request
        self._renew = renew
        self._seams = seams
        self._traffic = traffic
        self._turn_states = turn_states
        self._to_back_end = to_back_end
        self._to_client = to_client
        self._turns: deque[Turn] = deque()
        self._first = True
        self._held: list[tuple[Event, Read]] = []
        self._held_size = 0
        self._busy = False
        self._early: list[tuple[Event, Read]] = []

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._turns)

    # -- what comes

    def asked(self, asked: Asked, read: Read) -> None:
        """A response is asked for: is this still the account that serves it?"""
        first = self._first and asked.asks is Asks.TURN
        text = read.message.payload
        turn = Turn(seams=self._seams, socket=self._socket, first=first, asked=asked, text=text)
        self._first = self._first and not first
        self._turns.append(turn)
        self._traffic.requests += 1
        self._traffic.streams += 1
        self._traffic.sent(self._socket.account)
        todo = turn.begin()
        if todo is not Do.SEND:
            self._do(turn, todo)
            return
        moved = first and self._socket.decision.moved_from is not None
        state, account = asked.turn_state, self._socket.account
        if state and not self._turn_states.may_be_sent(state, account, moved=moved):
            turn.text = without_turn_state(text)
            self._line.ask(self._to_back_end.changed(turn.text))
        else:
            self._line.ask(self._to_back_end.untouched(read))
        self._wait_for_first_event()

    def said(self, event: Event, read: Read) -> None:
        """A message of the back end."""
        if self._busy:
            self._early.append((event, read))
            return
        if state := turn_state_in(event):
            self._turn_states.made(state, self._socket.account)
        turn = self._turns[0] if self._turns else None
        if (turn is None or turn.passing) and event.type == "error" and status_in(event) == 401:
            self._line.cut()  # Codex would renew its own login for it; it comes again instead
        elif turn is None:
            self._line.tell(self._to_client.untouched(read))
        elif turn.passing:
            self._line.tell(self._to_client.untouched(read))
            self._hear(turn, event)
        else:
            self._hold(turn, event, read)

    def late(self) -> bool:
        """The back end was silent for too long; False where nothing is asked of it."""
        if not self._turns:
            return False
        turn = self._turns[0]
        if turn.passing:
            self._line.cut()
        else:
            outcome: Outcome = Unanswered(status=None, timed_out=True)
            self._do(turn, turn.decided(Served(status=200) if self._held else outcome))
        return True

    async def perform(self, chore: Do) -> None:
        """Wait for what has to be waited for, then go on."""
        turn = self._turns[0]
        if chore is Do.RENEW:
            todo = turn.renewed(newer=await self._renew())
        else:
            todo = turn.stripped(await self._stripped(turn.text))
        self._busy = False
        if turn not in self._turns:  # the socket has ended meanwhile
            return
        self._do(turn, todo)
        early, self._early = self._early, []
        for event, read in early:
            self.said(event, read)

    # -- how all of them end

    def close(self) -> None:
        """The client was told why; nothing more will come of any."""
        self._end_all(lambda turn: None)

    def fail(self) -> None:
        """The back end has gone away; what was held is not passed on."""
        self._end_all(Turn.lost)

    def leave(self) -> None:
        """The client has gone away."""
        self._end_all(Turn.left)

    def _end_all(self, end: Callable[[Turn], None]) -> None:
        for turn in list(self._turns):
            end(turn)
            self._over(turn)

    # -- inside

    def _hold(self, turn: Turn, event: Event, read: Read) -> None:
        """One of the first events: what does it mean?"""
        if not self._held:
            self._line.wait(FIRST_EVENTS_S)
        self._held.append((event, read))
        self._held_size += len(read.message.payload)
        outcome = turn.look(event)
        if len(self._held) >= FIRST_EVENTS or self._held_size >= _HELD_BYTES:
            outcome = outcome or Served(status=200)
        if outcome is not None:
            self._do(turn, turn.decided(outcome))

    def _do(self, turn: Turn, todo: Do) -> None:
        if todo is Do.PASS:
            self._pass(turn)
            return
        for event, _ in self._held:
            turn.hear_limits(event)
            self._to_client.missing()
        self._held, self._held_size = [], 0
        match todo:
            case Do.SEND:
                self._line.ask(self._to_back_end.changed(turn.text))
                self._wait_for_first_event()
            case Do.RENEW | Do.STRIP:
                self._busy = True
                self._line.chore(todo)
            case Do.LEAVE:
                self._line.close(CloseCode.GOING_AWAY, "another account goes on")
            case Do.SAY:
                assert turn.answer is not None  # noqa: S101 - it says so
                self._line.tell(encode(Opcode.TEXT, error_message(turn.answer)))
                self._line.close(CloseCode.NORMAL, "")
            case Do.CUT:
                self._line.cut()
            case _:
                assert_never(todo)

    def _pass(self, turn: Turn) -> None:
        """The commit point: what was held leaves, and is learned from."""
        held, self._held, self._held_size = self._held, [], 0
        for _, read in held:
            self._line.tell(self._to_client.untouched(read))
        for event, _ in held:
            self._hear(turn, event)

    def _hear(self, turn: Turn, event: Event) -> None:
        turn.hear(event)
        if turn.ended:
            self._over(turn)
        else:
            self._line.wait(self._seams.settings().upstream.idle_timeout_s)

    def _over(self, turn: Turn) -> None:
        """Its end has come, one way or another: its row is written."""
        self._turns.remove(turn)
        self._traffic.requests -= 1
        self._traffic.streams -= 1
        self._traffic.ended(self._socket.account)
        if turn.asks is Asks.TURN:
            self._seams.record(turn.row())
        if self._turns:
            self._wait_for_first_event()
        else:
            self._line.rest()

    def _wait_for_first_event(self) -> None:
        self._line.wait(self._seams.settings().upstream.header_timeout_s)

    async def _stripped(self, text: bytes) -> bytes | None:
        """The message without what another account has sealed; a large one is read apart."""
        largest = self._seams.settings().proxy.max_body
        whole = replace(self._request, body=text)
        stripped = await asyncio.to_thread(without_sealed, whole, largest=largest)
        return None if stripped is None else stripped.body
