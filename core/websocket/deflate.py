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
        server_no_context_takeover: the server begins each message afresh.
        client_no_context_takeover: so does the client.
        server_max_window_bits: the server's window is 2 to the power of this.
        client_max_window_bits: the client's.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = _LARGEST_WINDOW
    client_max_window_bits: int = _LARGEST_WINDOW

    @property
    def header(self) -> str:
        """The value of `sec-websocket-extensions` in the server's answer."""
        words = [NAME]
        if self.server_no_context_takeover:
            words.append("server_no_context_takeover")
        if self.client_no_context_takeover:
            words.append("client_no_context_takeover")
        if self.server_max_window_bits != _LARGEST_WINDOW:
            words.append(f"server_max_window_bits={self.server_max_window_bits}")
        return "; ".join(words)


def negotiate(header: str | None) -> Agreement | None:
    """The first offer in `sec-websocket-extensions` that a server can keep; None: no compression.

    A limit that the client sets itself (`client_max_window_bits`) needs no answer: any window of
    its can be read.
    """
    for offer in (header or "").split(","):
        name, words = _split(offer)
        if name == NAME and (found := _parameters(words)) is not None:
            return Agreement(
                server_no_context_takeover="server_no_context_takeover" in found,
                client_no_context_takeover="client_no_context_takeover" in found,
                server_max_window_bits=_window(found, "server_max_window_bits"),
            )
    return None


def agreed(header: str) -> Agreement | None:
    """What a server's answer makes both sides do; None where it names no extension.

    Raises:
        ProtocolError: it names an extension that nobody here can read.
    """
    if not header.strip():
        return None
    name, words = _split(header)
    found = _parameters(words)
    if name != NAME or found is None:
        raise ProtocolError(CloseCode.PROTOCOL_ERROR, "the extension is not known")
    return Agreement(
        server_no_context_takeover="server_no_context_takeover" in found,
        client_no_context_takeover="client_no_context_takeover" in found,
        server_max_window_bits=_window(found, "server_max_window_bits"),
        client_max_window_bits=max(_SMALLEST_WINDOW, _window(found, "client_max_window_bits")),
    )


class Deflater:
    """Packs one side's messages."""

    def __init__(self, *, afresh: bool, window_bits: int = _LARGEST_WINDOW) -> None:
        """`afresh`: no message refers to the one before it."""
        self._afresh = afresh
        self._bits = window_bits
        self._stream = self._new()

    def compress(self, payload: bytes) -> bytes:
        """The next message."""
        if self._afresh:
            self._stream = self._new()
        data = self._stream.compress(payload) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return data.removesuffix(_TAIL)

    def _new(self) -> "zlib._Compress":
        return zlib.compressobj(wbits=-self._bits)


class Inflater:
    """Unpacks one side's messages. Any window may be read with the largest."""

    def __init__(self, *, afresh: bool) -> None:
        """`afresh`: no message refers to the one before it."""
        self._afresh = afresh
        self._stream = zlib.decompressobj(-_LARGEST_WINDOW)

    def decompress(self, payload: bytes, limit: int) -> bytes:
        """The next message. Raises `ProtocolError`, for more than `limit` bytes, too."""
        # §7.2.3.4: a message may end with a final block; what follows is another stream.
        if self._afresh or self._stream.eof:
            self._stream = zlib.decompressobj(-_LARGEST_WINDOW)
        try:
            data = self._stream.decompress(payload + _TAIL, limit)
        except zlib.error:
            raise ProtocolError(CloseCode.INVALID_DATA, "the message cannot be inflated") from None
        if self._stream.unconsumed_tail:
            raise ProtocolError(CloseCode.TOO_BIG, "the message is too big")
        return data


class Deflate:
    """Both streams of one connection, as its server has them."""

    def __init__(self, agreement: Agreement) -> None:
        """Fresh streams."""
        self.compress = Deflater(
            afresh=agreement.server_no_context_takeover,
            window_bits=agreement.server_max_window_bits,
        ).compress
        self.decompress = Inflater(afresh=agreement.client_no_context_takeover).decompress


def _split(extension: str) -> tuple[str, list[str]]:
    name, *words = (word.strip() for word in extension.split(";"))
    return name, words


def _parameters(words: list[str]) -> Mapping[str, str | None] | None:
    """The parameters of an extension; None when they are not valid or cannot be kept."""
    found: dict[str, str | None] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name in found or not _valid(name, value.strip('"') if equals else None):
            return None
        found[name] = value.strip('"') if equals else None
    return found


def _valid(name: str, value: str | None) -> bool:
    if name in _FLAGS:
        return value is None
    if name == "client_max_window_bits" and value is None:
        return True
    if name not in _BITS or value is None or not (value.isascii() and value.isdigit()):
        return False
    smallest = _SMALLEST_WINDOW if name == "server_max_window_bits" else 8
    return smallest <= int(value) <= _LARGEST_WINDOW and not value.startswith("0")


def _window(found: Mapping[str, str | None], name: str) -> int:
    return int(found.get(name) or _LARGEST_WINDOW)
