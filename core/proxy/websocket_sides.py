"""The two sides of a relayed WebSocket: frames are read, and passed on as they came.

Both hops have agreed to the same permessage-deflate, so that a frame that nobody changes needs no
packing: only what is read is unpacked. Once a message was changed or kept back, the packer of one
end and the unpacker of the other have seen different texts: from there on we pack ourselves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.websocket.deflate import Agreement, Deflater, Inflater
from core.websocket.frames import (
    Assembler,
    Dialect,
    FrameReader,
    Message,
    Opcode,
    encode,
)

_KEY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A whole message, or a control frame, and its frames as they came."""

    message: Message
    raw: bytes


class Side:
    """What one side says."""

    def __init__(self, *, is_client: bool, agreement: Agreement | None, limit: int) -> None:
        """`limit`: the largest message, in bytes, packed or not."""
        inflate = None
        if agreement is not None:
            afresh = (
                agreement.client_no_context_takeover
                if is_client
                else agreement.server_no_context_takeover
            )
            inflate = Inflater(afresh=afresh).decompress
        dialect = Dialect(masked=is_client, compresses=agreement is not None, limit=limit)
        self._reader = FrameReader(dialect)
        self._assembler = Assembler(inflate, limit=limit)
        self._raw: list[bytes] = []

    @property
    def held(self) -> int:
        """Bytes of a message that is not complete yet."""
        return self._reader.held + self._assembler.held

    def feed(self, data: bytes) -> Iterator[Read]:
        """What is complete now. Raises `core.websocket.frames.ProtocolError`."""
        for frame in self._reader.feed(data):
            message = self._assembler.add(frame)
            if frame.opcode.control and message is not None:
                yield Read(message=message, raw=frame.raw)
                continue
            self._raw.append(frame.raw)
            if message is not None:
                raw = self._raw[0] if len(self._raw) == 1 else b"".join(self._raw)
                self._raw = []
                yield Read(message=message, raw=raw)


class Onward:
    """What goes on to the other side: frames as they came, as long as nothing was changed."""

    def __init__(
        self,
        *,
        to_client: bool,
        agreement: Agreement | None,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """`random_bytes`: for the masks of frames to the back end (RFC 6455 §5.3)."""
        self._to_client = to_client
        self._agreement = agreement
        self._random_bytes = random_bytes
        self._deflater: Deflater | None = None
        self._changed = False

    def untouched(self, read: Read) -> bytes:
        """A message that nobody has changed."""
        if not self._changed or not read.message.compressed:
            return read.raw
        return self._packed(read.message.opcode, read.message.payload)

    def changed(self, text: bytes) -> bytes:
        """A text message in the place of one that was said differently."""
        self.missing()
        return self._packed(Opcode.TEXT, text)

    def missing(self) -> None:
        """A message was not passed on: what refers to it cannot be unpacked any more."""
        if self._changed:
            return
        self._changed = True
        if (agreed := self._agreement) is None:
            return
        if self._to_client:
            afresh, bits = agreed.server_no_context_takeover, agreed.server_max_window_bits
        else:
            afresh, bits = agreed.client_no_context_takeover, agreed.client_max_window_bits
        self._deflater = Deflater(afresh=afresh, window_bits=bits)

    def _packed(self, opcode: Opcode, payload: bytes) -> bytes:
        key = b"" if self._to_client else self._random_bytes(_KEY)
        if self._deflater is None:
            return encode(opcode, payload, key=key)
        return encode(opcode, self._deflater.compress(payload), rsv1=True, key=key)
