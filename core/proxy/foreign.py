"""Takes out of a turn what only the account that made it can read (pure).

Reasoning and compaction items carry `encrypted_content` that is sealed for one account. When a
conversation has moved and the back end objects (400 `invalid_encrypted_content`), they stay behind:
visible words of a reasoning item are kept, an item that is left empty goes. Who sealed an item
cannot be seen, so all of them lose it.
"""

import json
from dataclasses import replace
from typing import Any

from core.proxy.messages import Request
from core.proxy.packed import unpacked

_SEALED = "encrypted_content"
_VISIBLE = ("summary", "content")


def without_sealed(request: Request, *, largest: int) -> Request | None:
    """The request without sealed content, in the coding that it came in.

    None when there is nothing to take out, or the body cannot be read: no JSON, an unknown coding,
    or more than `largest` bytes.
    """
    coding = request.head.fields.value(b"content-encoding").lower()
    plain = unpacked(request.body, coding, largest)
    if plain is None or _SEALED.encode() not in plain:
        return None
    try:
        document = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("input"), list):
        return None
    items = document["input"]
    kept = [_opened(item) for item in items if not _is_only_sealed(item)]
    if kept == items:
        return None
    text = json.dumps({**document, "input": kept}, ensure_ascii=False, separators=(",", ":"))
    return replace(request, body=_encoded(text.encode("utf-8", "surrogatepass"), coding))


def _opened(item: Any) -> Any:
    """The item without what is sealed."""
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if key != _SEALED}


def _is_only_sealed(item: Any) -> bool:
    """Whether nothing that can be read is left of the item."""
    return isinstance(item, dict) and _SEALED in item and not any(item.get(p) for p in _VISIBLE)


def _encoded(plain: bytes, coding: bytes) -> bytes:
    if coding != b"zstd":
        return plain
    import zstandard

    return zstandard.ZstdCompressor().compress(plain)
