"""What other tools ask, as the back end wants it (pure; PROTOCOL §4b).

The back end answers streams only, stores nothing, and refuses a dozen fields of the public API.
What can be left out without changing what is asked is dropped; what cannot is refused by name. The
list is in docs/guides/other-tools.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from core.domain.sentence import Sentence

DROPPED = frozenset(
    {
        "truncation", "max_output_tokens", "max_tokens", "max_completion_tokens", "temperature",
        "top_p", "user", "metadata", "safety_identifier", "prompt_cache_retention",
        "stream_options", "max_tool_calls", "top_logprobs",
    }
)  # fmt: skip
"""Fields that the back end refuses and that an answer can do without."""
_SEALED = "reasoning.encrypted_content"
_STORED = ("previous_response_id", "conversation", "prompt")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A request that cannot be made.

    Attributes:
        field: what stands in the way; empty for the body as a whole.
        why: ends the sentence that the field begins.
    """

    field: str
    why: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request as the back end wants it.

    Attributes:
        body: JSON.
        model: the model id.
        thread: what the tool calls its conversation; empty: nothing.
        streams: whether the tool wants events, or the whole at the end.
    """

    body: bytes
    model: str
    thread: str
    streams: bool


def document_in(body: bytes) -> dict[str, Any] | Unsupported:
    """The JSON object of a body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Unsupported(field="body", why=Sentence("is not JSON."))
    if not isinstance(document, dict):
        return Unsupported(field="body", why=Sentence("is not a JSON object."))
    return cast("dict[str, Any]", document)


def responses_wanted(body: bytes) -> Wanted | Unsupported:
    """`POST /v1/responses`."""
    document = document_in(body)
    return document if isinstance(document, Unsupported) else wanted(document)


def wanted(document: Mapping[str, Any]) -> Wanted | Unsupported:
    """A request of the public Responses API, normalised."""
    refused = _refused(document)
    if refused is not None:
        return refused
    items = _items(document.get("input"))
    if isinstance(items, Unsupported):
        return items
    include = document.get("include") or []
    if not isinstance(include, list):
        return Unsupported(field="include", why=Sentence("is not a list."))
    kept = {name: found for name, found in document.items() if name not in DROPPED | {*_STORED}}
    sent = {
        **kept,
        "instructions": document.get("instructions") or "",
        "input": items,
        "include": [*include, *([] if _SEALED in include else [_SEALED])],
        "store": False,
        "stream": True,
    }
    sent.pop("background", None)
    key = document.get("prompt_cache_key")
    return Wanted(
        body=json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        ),
        model=cast("str", document["model"])[:_LONGEST_NAME],
        thread=key[:_LONGEST_NAME] if isinstance(key, str) else "",
        streams=document.get("stream") is True,
    )


def _refused(document: Mapping[str, Any]) -> Unsupported | None:
    """What would change the meaning if it were dropped."""
    if not isinstance(document.get("model"), str) or not document["model"]:
        return Unsupported(field="model", why=Sentence("is missing."))
    for name in ("background", "store"):
        if document.get(name) is True:
            return Unsupported(field=name, why=Sentence("cannot be true: nothing is stored."))
    for name in _STORED:
        if document.get(name) is not None:
            return Unsupported(field=name, why=Sentence("is not supported: nothing is stored."))
    if "messages" in document:
        return Unsupported(field="messages", why=Sentence("belongs to /v1/chat/completions."))
    if document.get("n") not in (None, 1):
        return Unsupported(field="n", why=Sentence("can only be 1."))
    if not isinstance(document.get("instructions"), str | None):
        return Unsupported(field="instructions", why=Sentence("is not a text."))
    return None


def _items(found: object) -> list[Any] | Unsupported:
    """The input as a list of items without ids: nothing is stored that they could name."""
    if isinstance(found, str):
        return [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": found}],
            }
        ]
    if not isinstance(found, list):
        return Unsupported(field="input", why=Sentence("is neither a text nor a list."))
    for index, item in enumerate(found):
        if not isinstance(item, dict):
            return Unsupported(field=f"input[{index}]", why=Sentence("is not an object."))
        if item.get("type") == "item_reference":
            why = Sentence("refers to a stored item, and nothing is stored.")
            return Unsupported(field=f"input[{index}]", why=why)
    return [{key: value for key, value in item.items() if key != "id"} for item in found]
