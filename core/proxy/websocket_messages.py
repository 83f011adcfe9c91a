"""What the messages of a Responses WebSocket ask and say (pure; PROTOCOL §4).

A client's `response.create` asks for a response; the server's messages are the events of HTTP, and
`error {status, error, headers}` in the place of an answer that is not 200.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from core.domain.outcome import Outcome
from core.proxy.classify import of_answer, of_first_event
from core.proxy.fields import Fields
from core.proxy.folders import METADATA, named_in_metadata
from core.proxy.messages import OwnAnswer, ResponseHead
from core.proxy.sse import Event, document_of, mapping_at, text_at, type_of

_READ_WHOLE = 256 * 1024
"""A larger message is not decoded for its names (a turn of the loop is 8 ms)."""
_LONGEST_NAME = 200

_TYPE_FIRST = re.compile(rb'\s*\{\s*"type"\s*:\s*"([^"\\]*)"')
_MODEL_NEXT = re.compile(rb'\s*,\s*"model"\s*:\s*"([^"\\]*)"')
# In a larger message what is looked for begins with plain bytes: that is twenty times as fast.
_CREATES = re.compile(rb'"type"\s*:\s*"response\.create"')
_MODELS = re.compile(rb'"model"\s*:\s*("[^"\\]*")?')
# Inside a JSON text every quote has a backslash before it: these can only be keys.
_TURN_STATE = re.compile(rb'(?<!\\)"x-codex-turn-state"\s*:\s*"([^"\\]*)"')
_NOT_FIRST = re.compile(rb'\s*,\s*(?<!\\)"x-codex-turn-state"\s*:\s*"[^"\\]*"')
_FIRST = re.compile(rb'(?<!\\)"x-codex-turn-state"\s*:\s*"[^"\\]*"\s*,?\s*')

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "error"})
"""The types of the events after which nothing more comes of a response."""


class Asks(StrEnum):
    """What a client's message is for."""

    TURN = "turn"
    """A response: spends quota, is written down."""
    PREWARM = "prewarm"
    """`generate: false`: an empty response to continue from; spends nothing."""
    OTHER = "other"
    """Something else: it passes, and nothing is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A client's message.

    Attributes:
        asks: what it is for.
        model: the model id; empty when it names none.
        unread: it may name a model, and nobody can tell which without decoding it whole.
        turn_state: what it replays of the turn; empty when nothing.
        folder: the working tree that it is about; None: it names none, or several.
    """

    asks: Asks
    model: str = ""
    unread: bool = False
    turn_state: bytes = b""
    folder: str | None = None


def asked_in(text: bytes) -> Asked:
    """What a client's text message asks."""
    if _type_of(text) != "response.create":
        return Asked(asks=Asks.OTHER)
    state = _TURN_STATE.search(text) if b'"x-codex-turn-state"' in text else None
    turn_state = state[1] if state is not None else b""
    if len(text) > _READ_WHOLE:
        model = _model_in_large(text)
        return Asked(
            asks=Asks.TURN,
            model=(model or "")[:_LONGEST_NAME],
            unread=model is None,
            turn_state=turn_state,
        )
    document = _document(text)
    generates = document.get("generate") is not False
    metadata = text_at(mapping_at(document, "client_metadata"), METADATA.decode())
    return Asked(
        asks=Asks.TURN if generates else Asks.PREWARM,
        model=text_at(document, "model")[:_LONGEST_NAME],
        turn_state=turn_state,
        folder=named_in_metadata(metadata).folder,
    )


def without_turn_state(text: bytes) -> bytes:
    """The message without its turn state; every other byte as it came."""
    shorter, found = _NOT_FIRST.subn(b"", text)
    return shorter if found else _FIRST.sub(b"", text)


def event_in(text: bytes) -> Event:
    """A server's text message as the event that it would be over HTTP."""
    return Event(type=_type_of(text), data=text)


def turn_state_in(event: Event) -> bytes:
    """The turn state that `response.metadata` gives; empty for any other event."""
    if event.type != "response.metadata":
        return b""
    headers = mapping_at(document_of(event), "headers")
    return text_at(headers, "x-codex-turn-state").encode()


def outcome_of(event: Event, *, model: str, now: datetime) -> Outcome | None:
    """What one of a response's first events decides; None = nothing yet, look at the next."""
    if event.type != "error":
        return of_first_event(event, model=model, now=now)
    document = document_of(event)
    status = document.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        return of_first_event(event, model=model, now=now)
    lines = [
        (name.encode(), found.encode())
        for name, found in mapping_at(document, "headers").items()
        if isinstance(found, str)
    ]
    head = ResponseHead(status=status, reason=b"", fields=Fields(lines))
    return of_answer(head, event.data, model=model, now=now)


def status_in(event: Event) -> int:
    """The status code that an event stands for: 200 but for an `error` that names another."""
    status = document_of(event).get("status") if event.type == "error" else 200
    return status if isinstance(status, int) and not isinstance(status, bool) else 200


def error_message(own: OwnAnswer) -> bytes:
    """An answer of ours as the text of an `error` message; `status` stands exactly once."""
    body = _document(own.body)
    said = {"type": "error", "status": own.status, **body, "headers": {}}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _type_of(text: bytes) -> str:
    first = _TYPE_FIRST.match(text)
    if first is not None:
        return first[1].decode("utf-8", "replace")
    if len(text) <= _READ_WHOLE:
        return type_of(Event(type="", data=text))
    return "response.create" if _CREATES.search(text) is not None else ""


def _model_in_large(text: bytes) -> str | None:
    """The model of a message that is too large to decode; empty: it names none. None: not known.

    Codex names it right after the type. Elsewhere a key of this name may be a part's, too: then it
    is known only where all of them say the same.
    """
    first = _TYPE_FIRST.match(text)
    following = _MODEL_NEXT.match(text, first.end()) if first is not None else None
    if following is not None:
        return following[1].decode("utf-8", "replace")
    found = _MODELS.finditer(text)
    named = {one[1] for one in found if text[one.start() - 1 : one.start()] != b"\\"}
    if len(named) > 1 or None in named:
        return None
    return next((name[1:-1].decode("utf-8", "replace") for name in named), "")


def _document(text: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", document) if isinstance(document, dict) else {}
