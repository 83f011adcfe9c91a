"""The messages of `codex app-server`: JSON-RPC without its version field, one a line. Pure."""

import json
from collections.abc import Mapping
from typing import cast

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.domain.version import VERSION

_LONGEST_SENTENCE = 200
_CLIENT = {"name": "turntable", "title": "Turntable", "version": VERSION}

type Fields = Mapping[str, object]

INITIALIZE: tuple[str, Fields] = ("initialize", {"clientInfo": _CLIENT, "capabilities": {}})
"""Method and parameters of the greeting that must come first."""
INITIALIZED = b'{"method":"initialized"}\n'
"""The line that ends the greeting."""


def request_line(number: int, method: str, params: Fields) -> bytes:
    """A request; its answer carries `number`."""
    message = {"id": number, "method": method, "params": dict(params)}
    return json.dumps(message).encode() + b"\n"


def answer_in(line: bytes, number: int, method: str) -> Fields | None:
    """The result of request `number`, if this line is its answer.

    None for what is said unasked: notifications, and requests of the server's own, which have a
    method and may use the same numbers.

    Raises:
        CoreError: `codex_refused` with Codex's own sentence; `codex_silent` if the line is no
            message, or the output has ended.
    """
    try:
        message = json.loads(line) if line else None
    except (ValueError, RecursionError):
        raise silent(Sentence("said something that is no JSON-RPC message")) from None
    if message is None:
        raise silent(Sentence("ended before it had answered"))
    fields = as_fields(message)
    if fields.get("id") != number or "method" in fields:
        return None
    if "error" in fields:
        sentence = as_text(as_fields(fields["error"]).get("message"))[:_LONGEST_SENTENCE]
        raise CoreError(
            "codex_refused",
            Sentence(
                "Codex refused {method}: {why}.",
                method=method,
                why=sentence or Sentence("no reason"),
            ),
        )
    return as_fields(fields.get("result"))


def silent(what: str) -> CoreError:
    """The error for an app-server that did not do its part."""
    hint = "Run `codex app-server` by hand to see what it says."
    return CoreError("codex_silent", Sentence("Codex’s app-server {what}.", what=what), hint)


def as_fields(value: object) -> Fields:
    """An object's fields; none for what is no object."""
    return cast("Fields", value) if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """A text; empty for what is none."""
    return value if isinstance(value, str) else ""
