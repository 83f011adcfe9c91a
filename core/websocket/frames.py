"""WebSocket frames and messages ⇄ bytes, the server's half of RFC 6455. No I/O.

Bytes of the client go into `Inbox.feed`, messages come out; whatever the standard forbids raises
`ProtocolError` with the close code that says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

MAX_MESSAGE = 64 * 1024 * 1024
_MAX_CONTROL = 125
_FIN, _RSV1, _RSV23, _OPCODE = 0x80, 0x40, 0x30, 0x0F
_MASKED, _LENGTH = 0x80, 0x7F
# RFC 6455 §7.4.1 and §7.4.2: what may stand in a close frame.
_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


class Opcode(IntEnum):
    """RFC 6455 §11.8."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def control(self) -> bool:
        """§5.5: never in fragments, never compressed, at most 125 bytes."""
        return self >= Opcode.CLOSE


class CloseCode(IntEnum):
    """The codes of RFC 6455 §7.4.1 that we send by ourselves."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_DATA = 1007
    TOO_BIG = 1009


class ProtocolError(Exception):
    """The client broke the protocol; the connection ends with `code`."""

    def __init__(self, code: CloseCode, sentence: str) -> None:
        """`sentence` becomes the reason."""
        super().__init__(sentence)
        self.code = code


class Message(NamedTuple):
    """A whole message, or a control frame. `compressed` says how it came."""

    opcode: Opcode
    payload: bytes
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    fin: bool
    rsv1: bool
    opcode: Opcode
    payload: bytes


def encode(opcode: Opcode, payload: bytes, *, rsv1: bool = False) -> bytes:
    """One frame of the server: whole and not masked (§5.1)."""
    first = _FIN | (_RSV1 if rsv1 else 0) | opcode
    size = len(payload)
    if size <= _MAX_CONTROL:
        head = bytes((first, size))
    elif size < 1 << 16:
        head = bytes((first, 126)) + size.to_bytes(2)
    else:
        head = bytes((first, 127)) + size.to_bytes(8)
    return head + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """A close frame with a code and up to 123 bytes of reason (§5.5.1)."""
    said = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
    return encode(Opcode.CLOSE, code.to_bytes(2) + said)


def decode_close(payload: bytes) -> tuple[int | None, str]:
    """Code and reason of a close frame; None for one without. Raises `ProtocolError`."""
    if not payload:
        return None, ""
    code = int.from_bytes(payload[:2])
    if len(payload) == 1 or not (code in _CODES or 3000 <= code <= 4999):
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the close code is not valid")
    return code, _text(payload[2:])


def masked(payload: bytes, key: bytes) -> bytes:
    """§5.3; the same again takes the mask away."""
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(size)


class Inbox:
    """What one client has sent so far.

    Args of the constructor:
        inflate: takes the compressed payload of a message and its largest size; None where
            permessage-deflate was not agreed.
        limit: the largest message, in bytes, unpacked.
    """

    def __init__(
        self, inflate: Callable[[bytes, int], bytes] | None = None, *, limit: int = MAX_MESSAGE
    ) -> None:
        """Nothing yet."""
        self._inflate = inflate
        self._limit = limit
        self._buffer = bytearray()
        self._fragments: list[bytes] = []
        self._size = 0
        self._opcode: Opcode | None = None
        self._compressed = False

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages and control frames that are complete now. Raises `ProtocolError`."""
        self._buffer += data
        while (frame := self._frame()) is not None:
            if frame.opcode.control:
                yield Message(frame.opcode, frame.payload)
            elif (message := self._assembled(frame)) is not None:
                yield message

    def _frame(self) -> _Frame | None:
        """The next whole frame, taken from the buffer."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        self._check(first, second)
        size, start = second & _LENGTH, 2
        if size > _MAX_CONTROL:
            start += 2 if size == 126 else 8
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start])
        if size > self._limit:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        end = start + 4 + size
        if len(buffer) < end:
            return None
        payload = masked(bytes(buffer[start + 4 : end]), bytes(buffer[start : start + 4]))
        del buffer[:end]
        return _Frame(bool(first & _FIN), bool(first & _RSV1), Opcode(first & _OPCODE), payload)

    def _check(self, first: int, second: int) -> None:
        """What the first two bytes may be (§5.2)."""
        if (first & _OPCODE) not in Opcode:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the opcode is not known")
        opcode = Opcode(first & _OPCODE)
        if not second & _MASKED:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a frame of the client is not masked")
        # RFC 7692 §6: only the first frame of a data message says that it is compressed.
        compressible = self._inflate is not None and opcode in (Opcode.TEXT, Opcode.BINARY)
        if first & _RSV23 or (first & _RSV1 and not compressible):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a reserved bit is set")
        if opcode.control and (not first & _FIN or second & _LENGTH > _MAX_CONTROL):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame is long or in pieces")

    def _assembled(self, frame: _Frame) -> Message | None:
        """The message that this frame completes (§5.4)."""
        if (frame.opcode is Opcode.CONTINUATION) == (self._opcode is None):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the fragments are out of order")
        if self._opcode is None:
            self._opcode, self._compressed = frame.opcode, frame.rsv1
        self._fragments.append(frame.payload)
        self._size += len(frame.payload)
        if self._size > self._limit:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        if not frame.fin:
            return None
        opcode, compressed = self._opcode, self._compressed
        payload = b"".join(self._fragments)
        self._fragments, self._size, self._opcode = [], 0, None
        if compressed and self._inflate is not None:
            payload = self._inflate(payload, self._limit)
        if opcode is Opcode.TEXT:
            _text(payload)
        return Message(opcode, payload, compressed)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_DATA, "the text is not UTF-8") from None
