"""What routing may know of a request, read from its head (pure).

Codex names thread, parent and model in fields of its own (PROTOCOL §4), so that no body has to be
decoded. Where the model is in no field a JSON body is looked at, of a packed one its beginning.
"""

import json
import re

from core.domain.account import AccountId
from core.domain.facts import Facts, RequestKind, ThreadId
from core.proxy.fields import Fields
from core.proxy.messages import Request
from core.proxy.packed import beginning, unpacked

_LONGEST_NAME = 200
"""Longer ids and names are cut: they are kept in tables and shown in menus."""
_MODEL_IN_HINT = re.compile(rb"(?:^|[;,\s])model=([^;,\s]+)")
_MODEL_FIRST = re.compile(rb'\s*\{\s*"model"\s*:\s*"([^"\\]*)"')
_LARGEST_BODY_READ = 256 * 1024
"""A larger body is not decoded for the sake of a model's name (a turn of the loop is 8 ms)."""
_BEGINNING = 512
"""So much of a packed body is unpacked: the model stands first."""


def facts_of(request: Request, kind: RequestKind, *, only: AccountId | None = None) -> Facts:
    """Names and kinds of `request`; what it does not name stays empty.

    `only`: the one account that may serve its caller.
    """
    fields = request.head.fields
    thread = _name(fields, b"thread-id")
    parent = _name(fields, b"x-codex-parent-thread-id")
    return Facts(
        kind=kind,
        thread=ThreadId(thread) if thread else None,
        parent=ThreadId(parent) if parent else None,
        model=_model(request, kind),
        client=_name(fields, b"originator"),
        only=only,
    )


def model_in(request: Request, *, largest: int) -> str | None:
    """The model that the body names, wherever in it; empty: none. None: nobody can read the body.

    It takes as long as the body is large. `largest`: bytes of the unpacked body.
    """
    coding = request.head.fields.value(b"content-encoding").lower()
    try:
        document = json.loads(unpacked(request.body, coding, largest) or b"")
    except (ValueError, RecursionError):
        return None
    model = document.get("model", "") if isinstance(document, dict) else None
    return model[:_LONGEST_NAME] if isinstance(model, str) else None


def _name(fields: Fields, name: bytes) -> str:
    return fields.value(name).decode("utf-8", "replace")[:_LONGEST_NAME]


def _model(request: Request, kind: RequestKind) -> str:
    hint = _MODEL_IN_HINT.search(request.head.fields.value(b"x-codex-routing-hint"))
    if hint is not None:
        return hint[1].decode("utf-8", "replace")[:_LONGEST_NAME]
    if kind is RequestKind.MODELS:
        return ""
    coding = request.head.fields.value(b"content-encoding").lower()
    if coding in (b"", b"identity"):
        return _model_in(request.body)
    return _model_in(beginning(request.body, coding, _BEGINNING)[0].encode())


def _model_in(body: bytes) -> str:
    first = _MODEL_FIRST.match(body)
    if first is not None:  # as Codex and the SDKs order it
        return first[1].decode("utf-8", "replace")[:_LONGEST_NAME]
    if not 0 < len(body) <= _LARGEST_BODY_READ or b'"model"' not in body:
        return ""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    model = document.get("model") if isinstance(document, dict) else None
    return model[:_LONGEST_NAME] if isinstance(model, str) else ""
