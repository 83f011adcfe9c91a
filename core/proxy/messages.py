"""Requests and responses at our edge, as values; what is passed on, and what is not.

Fields keep their order, spelling and duplicates: they are bytes as they came. Everything here is
pure; `listener` and `connection` turn bytes into these values and back. Heads and requests are not
frozen only because that costs a microsecond each (ADR 0021): nobody writes to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.proxy.fields import Fields, Lines

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110 §7.6.1: fields about one connection, besides those that `Connection` names."""

_FRAMING = frozenset({b"content-length", b"transfer-encoding"})

_NOT_FORWARDED = HOP_BY_HOP | {
    b"cookie",  # of the local login's sessions, not of the account that serves
    b"expect",  # we have answered it ourselves: the whole body is here
    b"x-openai-account-routing-override",  # the local login's, not the serving account's
    b"x-openai-fedramp",
}

TURN_STATE = b"x-codex-turn-state"
"""Belongs to the account that gave it: Codex replays it until its turn ends."""

_SPECIAL = (
    _NOT_FORWARDED | _FRAMING | {TURN_STATE, b"host", b"authorization", b"chatgpt-account-id"}
)
"""Every name that is not simply passed on."""

NO_BODY_STATUS = frozenset({204, 304})


@dataclass(slots=True, kw_only=True)
class RequestHead:
    """A request's first lines. `repr` shows no target and no field: both hold secrets.

    Attributes:
        method: as sent, upper case by convention.
        target: origin-form, undecoded.
        fields: every field line.
        http11: False for HTTP/1.0, which knows no chunks and no keep-alive.
    """

    method: bytes
    target: bytes = field(repr=False)
    fields: Fields = field(repr=False)
    http11: bool = True


@dataclass(slots=True, kw_only=True)
class Request:
    """A whole request, kept until it is answered, so that it can be sent again."""

    head: RequestHead
    body: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class ResponseHead:
    """A response's first lines.

    Attributes:
        status: 200–599; informational heads never get here.
        reason: the phrase after it; may be empty.
        fields: every field line.
    """

    status: int
    reason: bytes
    fields: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswer:
    """An answer of ours. Its body is small and complete.

    Attributes:
        close: the connection ends with it.
    """

    status: int
    reason: bytes
    fields: Lines
    body: bytes
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What a request carries in the place of the client's own login.

    Attributes:
        host: value of `host`.
        authorization: value of `authorization`.
        workspace: value of `chatgpt-account-id`.
        fedramp: whether `x-openai-fedramp: true` is added.
        override: value of `x-openai-account-routing-override`; empty: not added.
    """

    host: bytes
    authorization: bytes = field(repr=False)
    workspace: bytes
    fedramp: bool
    override: bytes = b""


def wants_websocket(head: RequestHead) -> bool:
    """Whether this is a WebSocket handshake (RFC 6455 §4.2.1)."""
    return (
        head.method == b"GET"
        and b"upgrade" in head.fields.connection_options()
        and head.fields.value(b"upgrade").lower() == b"websocket"
    )


def wants_continue(head: RequestHead, *, largest: int) -> bool:
    """Whether the client waits for our word before it sends its body (RFC 9110 §10.1.1).

    A body of more than `largest` bytes gets none: its client is answered before it sends.
    """
    waits = head.http11 and head.fields.value(b"expect").lower() == b"100-continue"
    return waits and int(head.fields.value(b"content-length") or 0) <= largest


def announces_body(fields: Fields) -> bool:
    """Whether a body comes behind this head."""
    length = fields.value(b"content-length")
    return bool(fields.value(b"transfer-encoding")) or (bool(length) and int(length) > 0)


def request_fields(
    request: Request, authority: Authority, *, keep_turn_state: bool = True
) -> Lines:
    """The fields that go to the back end: the client's, in its order, but for our own.

    `host`, `authorization` and `chatgpt-account-id` are replaced where they stand (and appended
    where the client sent none); a chunked body's `transfer-encoding` becomes `content-length` in
    its place. A WebSocket handshake stays one. Nothing else is added, but for `x-openai-fedramp`
    and the routing override where the account has them.
    """
    fields = request.head.fields
    special = _SPECIAL | options if (options := fields.connection_options()) else _SPECIAL
    ours = {
        b"host": authority.host,
        b"authorization": authority.authorization,
        b"chatgpt-account-id": authority.workspace,
    }
    if wants_websocket(request.head):
        ours |= {b"connection": b"Upgrade", b"upgrade": request.head.fields.value(b"upgrade")}
    framing = b"%d" % len(request.body)
    out = list(fields.lines)
    dropped: list[int] = []
    for place in fields.places_of(special):
        key, spelled = fields.names[place], out[place][0]
        if key in ours:  # a second one finds nothing left to be replaced by
            out[place] = spelled, ours.pop(key)
        elif key in _FRAMING and framing:
            out[place] = (spelled if key == b"content-length" else b"content-length"), framing
            framing = b""
        elif not (key == TURN_STATE and keep_turn_state and key not in options):
            dropped.append(place)
    if dropped:
        out = _without(out, dropped)
    out.extend(ours.items())
    if framing and request.body:
        out.append((b"content-length", framing))
    if authority.fedramp:
        out.append((b"x-openai-fedramp", b"true"))
    if authority.override:
        out.append((b"x-openai-account-routing-override", authority.override))
    return tuple(out)


def response_fields(head: ResponseHead, *, request_id: str) -> Lines:
    """The fields that go to the client: the back end's without hop-by-hop ones, and our id."""
    options = head.fields.connection_options()
    dropped = HOP_BY_HOP | options if options else HOP_BY_HOP
    lines, places = head.fields.lines, head.fields.places_of(dropped)
    kept = _without(lines, places) if places else list(lines)
    kept.append((b"x-turntable-request", request_id.encode()))
    return tuple(kept)


def _without(
    lines: Sequence[tuple[bytes, bytes]], places: Sequence[int]
) -> list[tuple[bytes, bytes]]:
    """The lines but for those at `places`, which are in order."""
    kept: list[tuple[bytes, bytes]] = []
    begin = 0
    for place in places:
        kept += lines[begin:place]
        begin = place + 1
    kept += lines[begin:]
    return kept


def upgraded_fields(head: ResponseHead, *, request_id: str) -> Lines:
    """The fields of a 101 as they go to the client: both hops change their protocol alike."""
    kept = [
        line
        for name, line in head.fields.lowered()
        if name in (b"connection", b"upgrade") or name not in HOP_BY_HOP
    ]
    return (*kept, (b"x-turntable-request", request_id.encode()))


def request_bytes(method: bytes, target: bytes, fields: Lines) -> bytes:
    """A request head as it goes on the wire (RFC 9112 §3)."""
    return _on_the_wire(b"%b %b HTTP/1.1" % (method, target), fields)


def response_bytes(status: int, reason: bytes, fields: Lines) -> bytes:
    """A response head as it goes on the wire (RFC 9112 §4)."""
    return _on_the_wire(b"HTTP/1.1 %d %b" % (status, reason), fields)


def _on_the_wire(first: bytes, fields: Lines) -> bytes:
    return b"\r\n".join([first, *map(b": ".join, fields), b"", b""])
