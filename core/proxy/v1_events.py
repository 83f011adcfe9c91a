"""What a stream of the back end comes to: its final response, its error (pure)."""

import json
from collections.abc import Mapping
from typing import Any

from core.proxy.sse import Event, document_of, mapping_at, text_at, type_of

OURS_ALONE = ("codex.", "response.metadata")
"""How the types of events begin that only Codex knows."""
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})


class Gathering:
    """Keeps what the events say until the response is whole.

    Attributes:
        response: the final `response` object; empty until its last event.
        error: what a failed answer says of itself; empty while nothing failed.
    """

    def __init__(self) -> None:
        self._items: dict[int, Mapping[str, object]] = {}
        self.response: Mapping[str, Any] = {}
        self.error: Mapping[str, object] = {}

    def add(self, event: Event) -> None:
        """One more event."""
        kind = type_of(event)
        if kind == "response.output_item.done":
            document = document_of(event)
            index = document.get("output_index")
            at = index if isinstance(index, int) else len(self._items)
            self._items[at] = mapping_at(document, "item")
        elif kind == "error":
            document = document_of(event)
            self.error = mapping_at(document, "error") or document
        elif kind in _ENDS:
            response = dict(mapping_at(document_of(event), "response"))
            if not response.get("output"):  # some back ends tell the items once, in their events
                response["output"] = [self._items[at] for at in sorted(self._items)]
            self.response = response
            if kind == "response.failed":
                self.error = mapping_at(response, "error") or {"code": "server_error"}


def text_of_error(error: Mapping[str, object]) -> tuple[str, str]:
    """Code and message of an error object, however it is shaped."""
    code = text_at(error, "code") or text_at(error, "type") or "upstream_error"
    message = text_at(error, "message") or text_at(error, "detail") or f"The back end says {code}."
    return code, message


def for_everybody(event: Event) -> bytes:
    """An event of the public API as it goes to a tool; nothing for those of Codex alone."""
    kind = type_of(event)
    if kind.startswith(OURS_ALONE):
        return b""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), event.data)


def listed(catalogue: bytes) -> bytes | None:
    """Codex's catalogue in the form of OpenAI's list of models; None when it cannot be read."""
    try:
        found = json.loads(catalogue)["models"]
        names = [str(entry["slug"]) for entry in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    data = [
        {"id": name, "object": "model", "created": 0, "owned_by": "openai"}
        for name in dict.fromkeys(names)
    ]
    return json.dumps({"object": "list", "data": data}).encode()
