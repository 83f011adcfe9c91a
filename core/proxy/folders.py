"""Which folder a request is about, as Codex itself says it (pure; PROTOCOL §4).

Inside git the turn's metadata name the working tree; outside git only the first environment context
of the input does. Both were seen with Codex 0.169. A person's own words are never read for it: what
they type may look like either.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.facts import ThreadId
from core.proxy.fields import Fields
from core.proxy.packed import beginning

METADATA = b"x-codex-turn-metadata"
_TREES = b'"workspaces"'
_CONTEXT = "environments.environment_context"
_OPENS = "<environment_context>"
_BEFORE_IT = ("# AGENTS.md instructions", "<user_instructions>")
"""What Codex itself puts before it, in the same role as a person's words."""
_CWD = re.compile(r"<cwd>([^<]*)</cwd>")
_QUOTES = {"&quot;": '"', "&apos;": "'"}
_BLANKS = re.compile(r"[ \t\n\r]*")
PREFIXES = (256 * 1024, 4 * 1024 * 1024)
"""How much of a body is looked through, at first and where that was not enough. The context stands
behind tools and instructions (100 KB), and before everything that was said."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a request's metadata name.

    Attributes:
        folder: the working tree; None: none, or several.
        thread: the conversation, also where no field of its own names it.
    """

    folder: str | None = None
    thread: ThreadId | None = None


NOTHING = Named()


def named_in(fields: Fields, *, thread: ThreadId | None = None) -> Named:
    """What the head of a request names; `thread`: its conversation, where that is known."""
    text = fields.value(METADATA)
    if thread is not None and _TREES not in text:
        return Named(thread=thread)  # nearly every request: nothing in it that is not known
    return named_in_metadata(text)


def named_in_metadata(text: bytes | str) -> Named:
    """What the metadata of a turn name, in a head or in a message."""
    if not text:
        return NOTHING
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError):
        return NOTHING
    if not isinstance(metadata, dict):
        return NOTHING
    thread = metadata.get("thread_id")
    trees = metadata.get("workspaces")
    named = [tree for tree in trees if tree] if isinstance(trees, dict) else []
    return Named(
        folder=named[0] if len(named) == 1 else None,
        thread=ThreadId(thread[:_LONGEST_NAME]) if isinstance(thread, str) and thread else None,
    )


def folder_in(body: bytes, coding: bytes) -> str | None:
    """The folder of a body's first environment context; None when it has none."""
    for size in PREFIXES:
        text, whole = beginning(body, coding.lower(), size)
        found = _in_input(text)
        if found is not None:
            return found or None
        if whole:
            return None
    return None


def _in_input(text: str) -> str | None:
    """The folder; empty: surely none; None: not in so much of the text."""
    try:
        for item in _items(text):
            found = _in_item(item)
            if found is not None:
                return found
    except (ValueError, RecursionError):  # the text ends here, or it is no JSON
        return None
    return ""


def _in_item(item: Any) -> str | None:
    """The folder; empty: a person speaks before any context; None: go on."""
    if not isinstance(item, dict) or item.get("role") != "user":
        return None
    content = item.get("content")
    kinds = _kinds(item)
    for number, part in enumerate(content if isinstance(content, list) else ()):
        text = part.get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            continue
        kind = kinds[number] if number < len(kinds) else None
        if kind == _CONTEXT or (not kinds and text.startswith(_OPENS)):
            folders = set(_CWD.findall(text))
            return _unescaped(folders.pop()) if len(folders) == 1 else ""
        if not kinds and not text.startswith(_BEFORE_IT):
            return ""
        if isinstance(kind, str) and kind.startswith("user."):
            return ""
    return None


def _kinds(item: Mapping[str, Any]) -> list[Any]:
    """What Codex says each part of a message is; empty for one that says nothing (older ones)."""
    said = item.get("internal_chat_message_metadata_passthrough")
    kinds = said.get("content_item_kinds") if isinstance(said, dict) else None
    return kinds if isinstance(kinds, list) else []


def _items(text: str) -> Iterator[Any]:
    """The items of `input`, each as it is read; a body may be cut behind any of them.

    Raises:
        ValueError: the text ends, or is no object.
    """
    decoder = json.JSONDecoder()
    at = _after(text, 0, "{")
    while True:
        key, at = decoder.raw_decode(text, at)
        at = _after(text, at, ":")
        if key == "input" and text[at : at + 1] == "[":
            break
        _, at = decoder.raw_decode(text, at)
        at = _after(text, at, ",")
    at = _after(text, at, "[")
    while text[at : at + 1] != "]":
        item, at = decoder.raw_decode(text, at)
        yield item
        at = _blanks(text, at)
        if text[at : at + 1] != "]":
            at = _after(text, at, ",")


def _after(text: str, at: int, mark: str) -> int:
    at = _blanks(text, at)
    if text[at : at + 1] != mark:
        raise ValueError("another mark")
    return _blanks(text, at + 1)


def _blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _unescaped(text: str) -> str:
    from xml.sax.saxutils import unescape  # it brings a whole HTTP client along

    return unescape(text, _QUOTES)
