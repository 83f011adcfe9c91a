"""Server-sent events as they arrive, and the tap that reads usage and limits from them (pure).

The parser follows the HTML standard's event stream interpretation (lines end in LF, CR LF or CR;
several `data` lines are joined; comments are skipped) and never holds more than `LARGEST_EVENT`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from core.domain.usage import Tokens

LARGEST_EVENT = 8 * 1024 * 1024
"""A longer event is skipped: its bytes still pass, only nothing is read from it."""
_READ_WHOLE = 64 * 1024
"""A larger event is not decoded for its limits or its type."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_USAGE_KEY = re.compile(rb'"usage"\s*:\s*(?=\{)')
_DECODER = json.JSONDecoder()
_LONGEST_USAGE = 4096


@dataclass(slots=True, kw_only=True)
class Event:
    """One event: its type (empty when it names none) and its data lines, joined."""

    type: str
    data: bytes


class EventParser:
    """Bytes in, whole events out."""

    def __init__(self) -> None:
        self._rest = b""
        self._after_cr = False
        self._type = b""
        self._data: list[bytes] = []
        self._size = 0

    @property
    def between_events(self) -> bool:
        """Whether nothing is kept: the next byte begins an event."""
        return not (self._rest or self._data or self._type)

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        return list(self.events(data))

    def events(self, data: bytes) -> Iterator[Event]:
        """The events that `data` completes, read one by one as they are asked for."""
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == 0x0A:
                data = data[1:]
        if not data:
            return
        if data[-1] == 0x0D:
            self._after_cr = True  # its LF, if it has one, comes with the next read
        whole = self._rest + data
        lines = _LINE_END.split(whole) if b"\r" in whole else whole.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LARGEST_EVENT:
            self._rest = b""
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: bytes) -> Event | None:
        if not line:
            event = None
            if self._data:
                kind = self._type.decode("utf-8", "replace")
                event = Event(type=kind, data=b"\n".join(self._data))
            self._type, self._data, self._size = b"", [], 0
            return event
        name, _, found = line.partition(b":")
        found = found.removeprefix(b" ")
        if name == b"data":
            self._size += len(found) + 1
            if self._size <= LARGEST_EVENT:
                self._data.append(found)
            else:
                self._data = []
        elif name == b"event":
            self._type = found
        return None


@dataclass(slots=True, kw_only=True)
class Tapped:
    """What one event told: token counts, the `rate_limits` event's object, or a failure."""

    tokens: Tokens | None = None
    failure: Event | None = None
    rate_limits: Mapping[str, object] | None = None


class Tap:
    """Reads the few events that tell usage and limits, at the cost of a search in the others."""

    __slots__ = ("_amid", "_parser")

    def __init__(self) -> None:
        self._parser: EventParser | None = None
        self._amid = False

    def feed(self, data: bytes) -> list[Tapped]:
        """What `data` tells; most reads hold whole events that tell nothing."""
        if self._amid or not data.endswith(b"\n\n") or b"\r" in data:
            return self._halves(data)
        if not _may_tell(data):
            return []
        told = []
        at, end = 0, len(data)
        while at < end and (plain := _PLAIN.match(data, at)) is not None:
            at = plain.end()
            if plain[1] in _TELLING:
                told.append(tapped_from(Event(type=plain[1].decode(), data=plain[2])))
        if at < end:
            told += [tapped_from(event) for event in _written_otherwise(data[at:])]
        return [tapped for tapped in told if tapped is not None]

    def _halves(self, data: bytes) -> list[Tapped]:
        """What is told where an event begins or ends in the middle of a read."""
        if self._parser is None:
            self._parser = EventParser()
        told = [t for e in self._parser.events(data) if (t := tapped_from(e)) is not None]
        self._amid = not self._parser.between_events
        return told


_PLAIN = re.compile(rb"event: ?([a-z_.]+)\ndata: ?([^\n]*)\n\n")
"""An event as the back end writes it: two lines."""
_TELLING = frozenset(
    {b"response.completed", b"response.incomplete", b"response.failed", b"codex.rate_limits"}
)


def _written_otherwise(data: bytes) -> list[Event]:
    """Whole events of other lines, as far as they may tell something."""
    blocks = [block for block in data.split(b"\n\n") if _may_tell(block)]
    return [event for block in blocks for event in EventParser().feed(block + b"\n\n")]


_FIRST = re.compile(rb"event: ?([a-z_.]+)\n(?:data:[^\r\n]*\n)+\n")


def type_of_first(data: bytes, at: int) -> tuple[str, int] | None:
    """The type of the event that begins at `at`, and where it ends.

    None where it is not whole yet, or not written as plainly as the back end writes: one `event`
    line, then `data` lines, LF at each end. Then `EventParser` says what it is.
    """
    plain = _FIRST.match(data, at)
    return None if plain is None else (plain[1].decode(), plain.end())


def _may_tell(data: bytes) -> bool:
    """Whether the name of an event that tells something is in `data`; a text may hold it too.

    Every event of a stream comes here. `in` asks first, by an exception, whether a number is meant:
    that takes longer than the search.
    """
    find = data.find
    return (
        find(b"response.completed") >= 0
        or find(b"rate_limits") >= 0
        or find(b"response.failed") >= 0
        or find(b"response.incomplete") >= 0
    )


def type_of(event: Event) -> str:
    """The event's type: its `event` field, else its data's `type`."""
    return event.type or text_at(document_of(event), "type")


def document_of(event: Event) -> Mapping[str, object]:
    """The event's data as a JSON object; empty when it is none."""
    try:
        document = json.loads(event.data)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else {}


def mapping_at(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The object under `key`; empty when there is none."""
    found = document.get(key)
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}


def text_at(document: Mapping[str, object], key: str) -> str:
    """The text under `key`; empty when there is none."""
    found = document.get(key)
    return found if isinstance(found, str) else ""


def tapped_from(event: Event) -> Tapped | None:
    """What an event tells of usage or limits; None = nothing."""
    if event.type in ("response.completed", "response.incomplete"):
        tokens = _tokens_in(event.data)
        return Tapped(tokens=tokens) if tokens is not None else None
    if event.type == "response.failed":
        return Tapped(failure=event)
    if event.type == "codex.rate_limits" and len(event.data) <= _READ_WHOLE:
        return Tapped(rate_limits=document_of(event))
    if not event.type and len(event.data) <= _READ_WHOLE:
        kind = type_of(event)
        return tapped_from(Event(type=kind, data=event.data)) if kind else None
    return None


def _tokens_in(data: bytes) -> Tokens | None:
    """Counts in the last `usage` object that has some; the whole answer before it is not decoded.

    Inside a JSON text every quote has a backslash before it, so that an unescaped `"usage"` is a
    key.
    """
    at = data.rfind(b'"usage"')
    while at >= 0:
        match = _USAGE_KEY.match(data, at)
        if match is not None and data[at - 1 : at] != b"\\":
            text = data[match.end() : match.end() + _LONGEST_USAGE].decode("utf-8", "replace")
            try:
                usage, _ = _DECODER.raw_decode(text)
            except (ValueError, RecursionError):
                usage = {}
            tokens = tokens_of(cast("Mapping[str, object]", usage))
            if tokens is not None:
                return tokens
        at = data.rfind(b'"usage"', 0, at)
    return None


def tokens_of(usage: Mapping[str, object]) -> Tokens | None:
    """Counts of a `usage` object; None when it has no input and no output count."""
    if "input_tokens" not in usage and "output_tokens" not in usage:
        return None
    return Tokens(
        input=_count(usage.get("input_tokens")),
        cached_input=_count(mapping_at(usage, "input_tokens_details").get("cached_tokens")),
        output=_count(usage.get("output_tokens")),
        reasoning_output=_count(mapping_at(usage, "output_tokens_details").get("reasoning_tokens")),
    )


def _count(found: object) -> int:
    if type(found) is not int and not isinstance(found, float):  # `true` is no number either
        return 0
    return int(found) if 0 <= found < 2**53 else 0
