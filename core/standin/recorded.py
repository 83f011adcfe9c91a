"""What came in, byte for byte, and how it ended."""

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import zstandard

from core.websocket.frames import Opcode

MAX_DECODED = 256 * 1024 * 1024
KEPT_FRAMES = 1_000


class Ending(StrEnum):
    """How a request ended."""

    OPEN = "open"
    ANSWERED = "answered"
    CUT = "cut"
    CLIENT_GONE = "client gone"


class Seen(NamedTuple):
    """One WebSocket message or control frame, unpacked."""

    from_client: bool
    opcode: Opcode
    payload: bytes
    compressed: bool


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One request and what became of it.

    Each message that comes over a WebSocket is a request of its own: its method is `WS`, its
    headers are those of the handshake, its body is its text.

    Attributes:
        number: serial number over all connections, from 1.
        connection: serial number of its connection: equal numbers show a reused one.
        method: e.g. `POST`.
        target: path and query as sent.
        headers: names and values as sent, in their order.
        body: as sent, not decoded.
        received_at: when it was complete.
        upgrade: it is a WebSocket handshake; over when the socket is.
        handshake: for a message: number of the handshake it came after.
        frames: for a handshake: what went to and fro, the newest.
        generates: the model is to answer; False for a prewarm.
        keep_alive: the connection may serve another request.
        account: name of the account whose token it carried, if it was good.
        status: status code of the answer, once decided.
        accepted: the model began to work on it (counted and billed).
        events_sent: events written so far.
        ending: how it ended.
        ended_at: when.
    """

    number: int
    connection: int
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime
    upgrade: bool = False
    handshake: int | None = None
    frames: deque[Seen] = field(default_factory=lambda: deque(maxlen=KEPT_FRAMES), repr=False)
    generates: bool = True
    keep_alive: bool = True
    account: str | None = None
    status: int | None = None
    accepted: bool = False
    events_sent: int = 0
    ending: Ending = Ending.OPEN
    ended_at: datetime | None = None

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's parameters."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        """The first value of a field, by its name in any spelling."""
        wanted = name.lower().encode()
        return next(
            (value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None
        )

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def decoded(self) -> bytes:
        """The body without its content coding. Raises `ValueError` for one that is not valid."""
        match self.header("content-encoding"):
            case None | "" | "identity":
                return self.body
            case "zstd":
                return _unzstd(self.body)
            case other:
                raise ValueError(f"content-encoding {other} is not accepted")

    @property
    def json(self) -> Any:
        """The decoded body as JSON. Raises `ValueError`."""
        return self.json_of(self.decoded)

    @staticmethod
    def json_of(decoded: bytes) -> Any:
        """JSON of a body that was decoded already. Raises `ValueError`."""
        return json.loads(decoded)

    @property
    def form(self) -> dict[str, str]:
        """The body's fields, form-encoded or JSON, as the token endpoint takes them.

        Raises `ValueError`, for a field that stands twice, too (RFC 6749 §3.2).
        """
        if self.content_type == "application/json":
            value = self.json
            if not isinstance(value, dict):
                raise ValueError("the body is not an object")
            return {str(key): str(item) for key, item in value.items()}
        pairs = parse_qs(self.decoded.decode(), keep_blank_values=True)
        if twice := [key for key, values in pairs.items() if len(values) > 1]:
            raise ValueError(f"the field {twice[0]} stands twice")
        return {key: values[0] for key, values in pairs.items()}


def _unzstd(body: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(body) as reader:
            decoded = reader.read(MAX_DECODED + 1)
    except zstandard.ZstdError as error:
        raise ValueError("the body is not zstd") from error
    if len(decoded) > MAX_DECODED:
        raise ValueError("the decoded body is too large")
    return decoded
