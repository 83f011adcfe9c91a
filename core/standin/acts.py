"""An answer as a sequence of acts: bytes to write, and pauses or accidents between them.

The connection only performs; where a delay, a gate or a cut stands is decided here, purely.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from core.standin.recorded import Recorded
from core.standin.replies import Headers, Reply
from core.standin.script import Cut, Delay, Effects, Gate, Stall

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


Act = bytes | Wait | Hang | Break | Gate
Stops = tuple[Cut | Stall | Gate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """200 with a body of server-sent events, each a chunk of its own."""

    headers: Headers
    events: Iterable[bytes]


def perform(
    answer: Reply | Streamed, effects: Effects, recorded: Recorded, date: bytes
) -> Iterator[Act]:
    """The acts of `answer` under `effects`; counts in `recorded` what has been let out."""
    match answer:
        case Reply():
            head = _reply_head(answer, recorded, date)
            body = () if answer.status in _BODYLESS or not answer.body else (answer.body,)
            return _timed(head, body, b"", effects, recorded)
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
            return _timed(head, chunks, b"0\r\n\r\n", effects, recorded)


def _timed(
    head: bytes, parts: Iterable[bytes], end: bytes, effects: Effects, recorded: Recorded
) -> Iterator[Act]:
    delay = next((one for one in effects if isinstance(one, Delay)), Delay())
    stops = tuple(one for one in effects if isinstance(one, Cut | Stall | Gate))
    if delay.head_s:
        yield Wait(delay.head_s)
    yield from _stops(stops, None, head)
    yield head
    for sent, part in enumerate(parts):
        if stops:
            yield from _stops(stops, sent, part)
        if delay.event_s:
            yield Wait(delay.event_s)
        recorded.events_sent += 1
        yield part
    if stops:
        yield from _stops(stops, recorded.events_sent, end, last=True)
    yield end


def _stops(
    stops: Stops, place: int | None, following: bytes, *, last: bool = False
) -> Iterator[Act]:
    """The stops at `place`; at the `last` one also those beyond it: none is lost unseen."""
    for stop in stops:
        beyond = last and stop.after_events is not None and stop.after_events > (place or 0)
        if stop.after_events != place and not beyond:
            continue
        match stop:
            case Gate():
                yield stop
            case Stall():
                yield Hang()
            case Cut():
                if stop.mid_chunk:
                    yield following[: max(1, len(following) // 2)]
                yield Break(reset=stop.reset)


def _reply_head(reply: Reply, recorded: Recorded, date: bytes) -> bytes:
    fields = list(reply.headers)
    if reply.status not in _BODYLESS:
        if reply.body:
            fields.append((b"content-type", reply.content_type))
        fields.append((b"content-length", b"%d" % len(reply.body)))
    return _head(reply.status, tuple(fields), recorded, date)


def _head(status: int, fields: Headers, recorded: Recorded, date: bytes) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, _REASONS.get(status, b"Unknown")), b"date: " + date]
    lines += [b"%b: %b" % pair for pair in fields]
    if not recorded.keep_alive:
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"
