"""WebSocket frames and messages ⇄ bytes, either half of RFC 6455. No I/O.

Bytes of the other side go into a reader, frames or messages come out; whatever the standard forbids
raises `ProtocolError` with the close code that says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

MAX_MESSAGE = 64 * 1024 * 1024
_MAX_CONTROL = 125
_FIN, _RSV1, _RSV23, _OPCODE = 0x80, 0x40, 0x30, 0x0F
_MASKED, _LENGTH = 0x80, 0x7F
_KEY = 4
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
    """The codes of RFC 6455 §7.4.1, and of its registry, that we send by ourselves."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_DATA = 1007
    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013


class ProtocolError(Exception):
    """The other side broke the protocol; the connection ends with `code`."""

    def __init__(self, code: CloseCode, sentence: str) -> None:
        """`sentence` becomes the reason."""
        super().__init__(sentence)
        self.code = code


class Frame(NamedTuple):
    """One frame.

    Attributes:
        fin: the last one of its message.
        rsv1: the message is compressed.
        opcode: what it is.
        payload: without its mask.
        raw: the frame as it came, for whoever passes it on untouched.
    """

    fin: bool
    rsv1: bool
    opcode: Opcode
    payload: bytes
    raw: bytes


class Message(NamedTuple):
    """A whole message, or a control frame. `compressed` says how it came."""

    opcode: Opcode
    payload: bytes
    compressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What the other side has to keep to.

    Attributes:
        masked: it is the client (§5.1: its frames are masked, the server's are not).
        compresses: permessage-deflate was agreed.
        limit: the largest message, in bytes, packed or not.
    """

    masked: bool
    compresses: bool
    limit: int = MAX_MESSAGE


def encode(opcode: Opcode, payload: bytes, *, rsv1: bool = False, key: bytes = b"") -> bytes:
    """One whole frame; `key`: four bytes that mask it, as the client has to (§5.3)."""
    first = _FIN | (_RSV1 if rsv1 else 0) | opcode
    size, mask = len(payload), _MASKED if key else 0
    if size <= _MAX_CONTROL:
        head = bytes((first, mask | size))
    elif size < 1 << 16:
        head = bytes((first, mask | 126)) + size.to_bytes(2)
    else:
        head = bytes((first, mask | 127)) + size.to_bytes(8)
    return head + key + masked(payload, key) if key else head + payload


def encode_close(code: int, reason: str = "", *, key: bytes = b"") -> bytes:
    """A close frame with a code and up to 123 bytes of reason (§5.5.1)."""
    said = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
    return encode(Opcode.CLOSE, code.to_bytes(2) + said, key=key)


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


class FrameReader:
    """Bytes in, frames out."""

    def __init__(self, dialect: Dialect) -> None:
        """Nothing yet."""
        self._dialect = dialect
        self._buffer = bytearray()

    @property
    def held(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Raises `ProtocolError`."""
        self._buffer += data
        while (frame := self._frame()) is not None:
            yield frame

    def _frame(self) -> Frame | None:
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
        if size > self._dialect.limit:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        if self._dialect.masked:
            start += _KEY
        if len(buffer) < start + size:
            return None
        raw = bytes(buffer[: start + size])
        del buffer[: start + size]
        payload = raw[start:]
        if self._dialect.masked:
            payload = masked(payload, raw[start - _KEY : start])
        return Frame(bool(first & _FIN), bool(first & _RSV1), Opcode(first & _OPCODE), payload, raw)

    def _check(self, first: int, second: int) -> None:
        """What the first two bytes may be (§5.2)."""
        if (first & _OPCODE) not in Opcode:
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the opcode is not known")
        opcode = Opcode(first & _OPCODE)
        if bool(second & _MASKED) is not self._dialect.masked:
            wrong = "is not masked" if self._dialect.masked else "is masked"
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, f"a frame {wrong}")
        # RFC 7692 §6: only the first frame of a data message says that it is compressed.
        compressible = self._dialect.compresses and opcode in (Opcode.TEXT, Opcode.BINARY)
        if first & _RSV23 or (first & _RSV1 and not compressible):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a reserved bit is set")
        if opcode.control and (not first & _FIN or second & _LENGTH > _MAX_CONTROL):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "a control frame is long or in pieces")


type Inflate = Callable[[bytes, int], bytes]
"""Unpacks a message: its packed payload, and the largest size that it may have."""


class Assembler:
    """Frames in, messages out."""

    def __init__(self, inflate: Inflate | None = None, *, limit: int = MAX_MESSAGE) -> None:
        """`inflate`: None where permessage-deflate was not agreed."""
        self._inflate = inflate
        self._limit = limit
        self._fragments: list[bytes] = []
        self._opcode: Opcode | None = None
        self._compressed = False
        self.held = 0

    def add(self, frame: Frame) -> Message | None:
        """The message that this frame completes (§5.4). Raises `ProtocolError`."""
        if frame.opcode.control:
            return Message(frame.opcode, frame.payload)
        if (frame.opcode is Opcode.CONTINUATION) == (self._opcode is None):
            raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the fragments are out of order")
        if self._opcode is None:
            self._opcode, self._compressed = frame.opcode, frame.rsv1
        self._fragments.append(frame.payload)
        self.held += len(frame.payload)
        if self.held > self._limit:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        if not frame.fin:
            return None
        opcode, compressed = self._opcode, self._compressed
        payload = b"".join(self._fragments)
        self._fragments, self.held, self._opcode = [], 0, None
        if compressed and self._inflate is not None:
            payload = self._inflate(payload, self._limit)
        if opcode is Opcode.TEXT:
            _text(payload)
        return Message(opcode, payload, compressed)


class Inbox:
    """What a client has sent so far: bytes in, messages out."""

    def __init__(self, inflate: Inflate | None = None, *, limit: int = MAX_MESSAGE) -> None:
        """`inflate`: None where permessage-deflate was not agreed."""
        dialect = Dialect(masked=True, compresses=inflate is not None, limit=limit)
        self._reader = FrameReader(dialect)
        self._assembler = Assembler(inflate, limit=limit)

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages and control frames that are complete now. Raises `ProtocolError`."""
        for frame in self._reader.feed(data):
            message = self._assembler.add(frame)
            if message is not None:
                yield message


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_DATA, "the text is not UTF-8") from None
