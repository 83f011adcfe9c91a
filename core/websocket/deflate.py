"""permessage-deflate (RFC 7692): what is agreed, and the two streams that follow from it."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.websocket.frames import CloseCode, ProtocolError

NAME = "permessage-deflate"
# §7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
_TAIL = b"\x00\x00\xff\xff"
_FLAGS = frozenset({"server_no_context_takeover", "client_no_context_takeover"})
_BITS = frozenset({"server_max_window_bits", "client_max_window_bits"})
# zlib cannot write raw deflate with a window of 2⁸.
_SMALLEST_WINDOW = 9
_LARGEST_WINDOW = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both sides do.

    Attributes:
        server_no_context_takeover: we begin each message afresh.
        client_no_context_takeover: so does the client.
        server_max_window_bits: our window is 2 to the power of this.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = _LARGEST_WINDOW

    @property
    def header(self) -> str:
        """The value of `sec-websocket-extensions` in the answer."""
        words = [NAME]
        if self.server_no_context_takeover:
            words.append("server_no_context_takeover")
        if self.client_no_context_takeover:
            words.append("client_no_context_takeover")
        if self.server_max_window_bits != _LARGEST_WINDOW:
            words.append(f"server_max_window_bits={self.server_max_window_bits}")
        return "; ".join(words)


def negotiate(header: str | None) -> Agreement | None:
    """The first offer in `sec-websocket-extensions` that we can keep; None: no compression."""
    for offer in (header or "").split(","):
        name, *words = (word.strip() for word in offer.split(";"))
        if name == NAME and (agreement := _accept(words)) is not None:
            return agreement
    return None


class Deflate:
    """Both streams of one connection."""

    def __init__(self, agreement: Agreement) -> None:
        """Fresh streams."""
        self._agreement = agreement
        self._out = self._compressor()
        self._in = zlib.decompressobj(-_LARGEST_WINDOW)

    def compress(self, payload: bytes) -> bytes:
        """A message of ours."""
        if self._agreement.server_no_context_takeover:
            self._out = self._compressor()
        data = self._out.compress(payload) + self._out.flush(zlib.Z_SYNC_FLUSH)
        return data.removesuffix(_TAIL)

    def decompress(self, payload: bytes, limit: int) -> bytes:
        """A message of the client. Raises `ProtocolError`, for more than `limit` bytes, too."""
        # §7.2.3.4: a message may end with a final block; what follows is another stream.
        if self._agreement.client_no_context_takeover or self._in.eof:
            self._in = zlib.decompressobj(-_LARGEST_WINDOW)
        try:
            data = self._in.decompress(payload + _TAIL, limit)
        except zlib.error:
            raise ProtocolError(CloseCode.INVALID_DATA, "the message cannot be inflated") from None
        if self._in.unconsumed_tail:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        return data

    def _compressor(self) -> "zlib._Compress":
        return zlib.compressobj(wbits=-self._agreement.server_max_window_bits)


def _accept(words: list[str]) -> Agreement | None:
    """The agreement that an offer leads to; None for one that is not valid or cannot be kept."""
    offered: dict[str, str | None] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name in offered or not _valid(name, value.strip('"') if equals else None):
            return None
        offered[name] = value.strip('"') if equals else None
    return Agreement(
        server_no_context_takeover="server_no_context_takeover" in offered,
        client_no_context_takeover="client_no_context_takeover" in offered,
        server_max_window_bits=_bits(offered),
    )


def _valid(name: str, value: str | None) -> bool:
    if name in _FLAGS:
        return value is None
    if name == "client_max_window_bits" and value is None:
        return True
    if name not in _BITS or value is None or not (value.isascii() and value.isdigit()):
        return False
    smallest = _SMALLEST_WINDOW if name == "server_max_window_bits" else 8
    return smallest <= int(value) <= _LARGEST_WINDOW and not value.startswith("0")


def _bits(offered: Mapping[str, str | None]) -> int:
    return int(offered.get("server_max_window_bits") or _LARGEST_WINDOW)
