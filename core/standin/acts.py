"""An answer as a sequence of acts: bytes to write, and pauses or accidents between them.

The connection only performs; where a delay, a gate or a cut stands is decided here, purely.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from core.standin.recorded import Recorded
from core.standin.replies import Headers, Reply
from core.standin.script import Closes, Cut, Delay, Effects, Gate, Pings, Stall, Stop
from core.websocket.deflate import Agreement

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_BODYLESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds, counted from when the previous wait was due: a schedule does not drift."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Never go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """End the connection here, by FIN or by RST."""

    reset: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Say nothing more, and leave it to the client to end the connection."""


Act = bytes | Wait | Hang | Break | Part | Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """200 with a body of server-sent events, each a chunk of its own."""

    headers: Headers
    events: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """101: the connection speaks WebSocket from here on.

    Attributes:
        headers: the fields beside `upgrade` and `connection`.
        agreement: how messages are compressed, if they are.
    """

    headers: Headers
    agreement: Agreement | None


Answer = Reply | Streamed | Upgraded


class Framer(Protocol):
    """Puts what is said into the frames of one WebSocket."""

    def text(self, payload: bytes) -> bytes:
        """A text message."""
        ...

    def ping(self, payload: bytes) -> bytes:
        """A ping."""
        ...

    def close(self, code: int, reason: str) -> bytes:
        """A close frame."""
        ...


def perform(answer: Answer, effects: Effects, recorded: Recorded, date: bytes) -> Iterator[Act]:
    """The acts of `answer` under `effects`; counts in `recorded` what has been let out."""
    match answer:
        case Reply():
            head = _reply_head(answer, recorded, date)
            body = () if answer.status in _BODYLESS or not answer.body else (answer.body,)
            return _timed(head, body, b"", effects, recorded=recorded)
        case Streamed():
            head = _head(
                200,
                (
                    *answer.headers,
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-cache"),
                    (b"transfer-encoding", b"chunked"),
                ),
                recorded,
                date,
            )
            chunks = (b"%x\r\n%b\r\n" % (len(event), event) for event in answer.events)
            return _timed(head, chunks, b"0\r\n\r\n", effects, recorded=recorded)
        case Upgraded():
            lines = (_start(101, date), b"connection: upgrade", b"upgrade: websocket")
            return _timed(_lines(lines, answer.headers), (), b"", effects, recorded=recorded)


def speak(
    messages: Iterable[bytes], effects: Effects, recorded: Recorded, framer: Framer
) -> Iterator[Act]:
    """The acts of `messages`, each a text frame when its turn comes (they are compressed in it)."""
    frames = (framer.text(message) for message in messages)
    return _timed(b"", frames, b"", effects, recorded=recorded, framer=framer)


def _timed(
    head: bytes,
    parts: Iterable[bytes],
    end: bytes,
    effects: Effects,
    *,
    recorded: Recorded,
    framer: Framer | None = None,
) -> Iterator[Act]:
    delay = next((one for one in effects if isinstance(one, Delay)), Delay())
    stops = _Stops(tuple(one for one in effects if isinstance(one, Stop)), framer)
    if delay.head_s:
        yield Wait(delay.head_s)
    yield from stops.at(None, head)
    yield head
    for sent, part in enumerate(parts):
        if stops.any:
            yield from stops.at(sent, part)
        if delay.event_s:
            yield Wait(delay.event_s)
        recorded.events_sent += 1
        yield part
    if stops.any:
        yield from stops.at(recorded.events_sent, end, last=True)
    yield end


@dataclass(frozen=True, slots=True)
class _Stops:
    """What happens between the parts of an answer."""

    stops: tuple[Stop, ...]
    framer: Framer | None

    @property
    def any(self) -> bool:
        return bool(self.stops)

    def at(self, place: int | None, following: bytes, *, last: bool = False) -> Iterator[Act]:
        """The stops at `place`; at the `last` one also those beyond it: none is lost unseen."""
        for stop in self.stops:
            beyond = last and stop.after_events is not None and stop.after_events > (place or 0)
            if stop.after_events == place or beyond:
                yield from self._acts(stop, following)

    def _acts(self, stop: Stop, following: bytes) -> Iterator[Act]:
        match stop:
            case Gate():
                yield stop
            case Stall():
                yield Hang()
            case Cut():
                if stop.mid_chunk:
                    yield following[: max(1, len(following) // 2)]
                yield Break(reset=stop.reset)
            case Closes():
                if self.framer is None:
                    yield Break(reset=False)
                else:
                    yield self.framer.close(stop.code, stop.reason)
                    yield Part()
            case Pings() if self.framer is not None:
                yield self.framer.ping(stop.payload)


def _reply_head(reply: Reply, recorded: Recorded, date: bytes) -> bytes:
    fields = list(reply.headers)
    if reply.status not in _BODYLESS:
        if reply.body:
            fields.append((b"content-type", reply.content_type))
        fields.append((b"content-length", b"%d" % len(reply.body)))
    return _head(reply.status, tuple(fields), recorded, date)


def _head(status: int, fields: Headers, recorded: Recorded, date: bytes) -> bytes:
    connection = () if recorded.keep_alive else ((b"connection", b"close"),)
    return _lines((_start(status, date),), (*fields, *connection))


def _start(status: int, date: bytes) -> bytes:
    return b"HTTP/1.1 %d %b\r\ndate: %b" % (status, _REASONS.get(status, b"Unknown"), date)


def _lines(first: Iterable[bytes], fields: Headers) -> bytes:
    return b"\r\n".join((*first, *(b"%b: %b" % pair for pair in fields))) + b"\r\n\r\n"
