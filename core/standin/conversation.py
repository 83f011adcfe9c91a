"""One WebSocket after its handshake: frames in, messages to answer out; the frames of our answers.

No I/O: `Connection` hands over bytes and performs what comes back.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.standin.acts import Act
from core.standin.recorded import Recorded, Seen
from core.websocket import frames
from core.websocket.deflate import Agreement, Deflate
from core.websocket.frames import CloseCode, Inbox, Message, Opcode, ProtocolError


class Answer(NamedTuple):
    """A request, how it is answered, and what the connection becomes when that is done."""

    recorded: Recorded
    acts: Iterator[Act]
    conversation: "Conversation | None" = None


class Heard(NamedTuple):
    """What the client's bytes lead to.

    Attributes:
        urgent: frames to send at once, between those of an answer.
        answers: to be performed one after the other.
        over: the connection ends after `urgent`.
    """

    urgent: bytes = b""
    answers: tuple[Answer, ...] = ()
    over: bool = False


class Conversation:
    """The server's end of one WebSocket (an `acts.Framer`).

    Attributes:
        closed_well: the client has sent its close frame.
    """

    def __init__(
        self,
        *,
        handshake: Recorded,
        agreement: Agreement | None,
        answer: Callable[["Conversation", bytes], Answer],
        blame: Callable[[str], None],
    ) -> None:
        """Open.

        Args:
            handshake: the request that began it; keeps the frames.
            agreement: how messages are compressed, if they are.
            answer: says how a text message is answered.
            blame: hears what the client did against the protocol.
        """
        self.closed_well = False
        self._handshake = handshake
        self._streams = Deflate(agreement) if agreement else None
        self._inbox = Inbox(self._streams.decompress if self._streams else None)
        self._answer = answer
        self._blame = blame
        self._closing = False

    # What the client says

    def receive(self, data: bytes) -> Heard:
        """What follows from the client's next bytes."""
        urgent: list[bytes] = []
        answers: list[Answer] = []
        try:
            for message in self._inbox.feed(data):
                self._saw(from_client=True, message=message)
                match message.opcode:
                    case Opcode.TEXT if not self._closing:
                        answers.append(self._answer(self, message.payload))
                    case Opcode.BINARY:
                        raise ProtocolError(CloseCode.UNSUPPORTED_DATA, "a message is binary")
                    case Opcode.PING if not self._closing:
                        urgent.append(self._frame(Opcode.PONG, message.payload))
                    case Opcode.CLOSE:
                        urgent.append(self._farewell(message.payload))
                        return Heard(b"".join(urgent), tuple(answers), over=True)
        except ProtocolError as error:
            self._blame(str(error))
            urgent.append(b"" if self._closing else self.close(error.code, str(error)))
            return Heard(b"".join(urgent), tuple(answers), over=True)
        return Heard(b"".join(urgent), tuple(answers))

    def _farewell(self, payload: bytes) -> bytes:
        """The answer to the client's close frame (§5.5.1); none if it answers ours."""
        code, _ = frames.decode_close(payload)
        self.closed_well = True
        return b"" if self._closing else self.close(code or CloseCode.NORMAL, "")

    # What we say

    def text(self, payload: bytes) -> bytes:
        """The frame of a text message."""
        compressed = self._streams is not None
        self._saw(from_client=False, message=Message(Opcode.TEXT, payload, compressed))
        packed = self._streams.compress(payload) if self._streams else payload
        return frames.encode(Opcode.TEXT, packed, rsv1=compressed)

    def ping(self, payload: bytes) -> bytes:
        """The frame of a ping."""
        return self._frame(Opcode.PING, payload)

    def close(self, code: int, reason: str) -> bytes:
        """The close frame; nothing the client says after it is answered."""
        self._closing = True
        frame = frames.encode_close(code, reason)
        self._saw(from_client=False, message=Message(Opcode.CLOSE, frame[2:]))
        return frame

    def _frame(self, opcode: Opcode, payload: bytes) -> bytes:
        self._saw(from_client=False, message=Message(opcode, payload))
        return frames.encode(opcode, payload)

    def _saw(self, *, from_client: bool, message: Message) -> None:
        self._handshake.frames.append(Seen(from_client, *message))
