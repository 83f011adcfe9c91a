"""What the model says in one turn, and the events that carry it.

The shapes are those of the Responses API as the official client reads them. Pure: the same turn
and the same ids give the same bytes.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# One encoder for all events: building one a call would cost as much as the encoding.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """A `function_call` item; `arguments` becomes JSON text.

    `namespace`: where the tool stands (`collaboration` for sub-agents); empty: not said.
    """

    name: str
    arguments: Mapping[str, object]
    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomCall:
    """A `custom_tool_call` item; `input` is free text (`exec` of code mode, `apply_patch`)."""

    name: str
    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One answer of the model.

    Attributes:
        text: what it says; empty text gives no message item.
        calls: the tools it calls; the client answers with another request.
        reasoning: put an encrypted reasoning item, bound to the account, in front.
        compaction: the answer to a `compaction_trigger`: one encrypted item and nothing else.
        pieces: into how many deltas `text` is cut; None: one a word.
        input_tokens: None: estimated from the request's length.
        cached_tokens: part of `input_tokens` that came from the prompt cache.
        output_tokens: None: estimated from what is said.
    """

    text: str = ""
    calls: tuple[FunctionCall | CustomCall, ...] = ()
    reasoning: bool = False
    compaction: bool = False
    pieces: int | None = None
    input_tokens: int | None = None
    cached_tokens: int = 0
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one response."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int

    @property
    def total_tokens(self) -> int:
        """What counts against the windows."""
        return self.input_tokens + self.output_tokens

    def as_json(self) -> dict[str, Any]:
        """The `usage` object of `response.completed`."""
        return {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {"cached_tokens": self.cached_tokens},
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
            "total_tokens": self.total_tokens,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The identity of one response.

    Attributes:
        number: serial number of the request; all ids derive from it.
        account_id: whose encrypted content it carries.
        model: OpenAI model id.
        created_at: epoch seconds.
        usage: what `response.completed` reports.
    """

    number: int
    account_id: str
    model: str
    created_at: int
    usage: Usage

    @property
    def response_id(self) -> str:
        """Stable id of the response."""
        return f"resp_{self.number:012d}"

    def state(self, status: str, **more: object) -> dict[str, Any]:
        """The `response` object of an event."""
        return {
            "id": self.response_id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "model": self.model,
            "store": False,
            "output": [],
            "error": None,
            "incomplete_details": None,
            "usage": None,
            **more,
        }


NOTHING_USED = Usage(input_tokens=0, cached_tokens=0, output_tokens=0, reasoning_tokens=0)


def measure(turn: Turn, body_length: int) -> Usage:
    """Tokens of `turn` for a request of `body_length` decoded bytes; four bytes a token."""
    said = len(turn.text) + sum(
        len(call.input if isinstance(call, CustomCall) else json.dumps(dict(call.arguments)))
        for call in turn.calls
    )
    return Usage(
        input_tokens=max(1, body_length // 4) if turn.input_tokens is None else turn.input_tokens,
        cached_tokens=turn.cached_tokens,
        output_tokens=max(1, said // 4) if turn.output_tokens is None else turn.output_tokens,
        reasoning_tokens=16 if turn.reasoning else 0,
    )


def encrypted_content(account_id: str, number: int) -> str:
    """Opaque to everybody but this back end: says whose it is (see `maker_of`)."""
    return f"gAAAAstandin.{number:012d}.{account_id}"


def maker_of(content: str) -> str | None:
    """The account that made this encrypted content; None if no stand-in made it."""
    match content.split(".", 2):
        case ["gAAAAstandin", _, account_id]:
            return account_id
        case _:
            return None


def sse(event: Mapping[str, Any]) -> bytes:
    """One server-sent event, named by its own `type`."""
    return f"event: {event['type']}\ndata: {_encode(event)}\n\n".encode()


def data_of(event: bytes) -> bytes:
    """The JSON of one server-sent event, as it stands in a WebSocket message."""
    return event.partition(b"\ndata: ")[2].removesuffix(b"\n\n")


def message(event: Mapping[str, Any]) -> bytes:
    """The JSON of an event that is no server-sent one."""
    return _encode(event).encode()


def events(turn: Turn, response: Response, limits: Mapping[str, Any]) -> Iterator[bytes]:
    """Every event of a turn that succeeds, `limits` (`codex.rate_limits`) first."""
    event = _numbered()
    yield from _opening(response, limits, event)
    output: list[dict[str, Any]] = []
    for index, (item, inner) in enumerate(_items(turn, response)):
        place = {"output_index": index}
        yield event("response.output_item.added", {**place, "item": _begun(item)})
        for kind, fields in inner:
            yield event(kind, {**place, "item_id": item["id"], **fields})
        yield event("response.output_item.done", {**place, "item": item})
        output.append(item)
    done = response.state("completed", output=output, usage=response.usage.as_json())
    yield event("response.completed", {"response": done})


def prewarmed(response: Response) -> Iterator[bytes]:
    """The answer to `generate: false`: an empty response to continue from."""
    event = _numbered()
    yield event("response.created", {"response": response.state("in_progress")})
    done = response.state("completed", usage=response.usage.as_json())
    yield event("response.completed", {"response": done})


def failing(response: Response, limits: Mapping[str, Any], code: str) -> Iterator[bytes]:
    """A stream that fails right after `response.created`: an overload or limit inside a 200."""
    event = _numbered()
    yield from _opening(response, limits, event)
    error = {"code": code, "message": f"The request failed: {code}."}
    yield event("response.failed", {"response": response.state("failed", error=error)})


Numbered = Callable[[str, Mapping[str, Any]], bytes]
"""Makes an event of a type and its fields; each gets the next `sequence_number`."""


def _numbered() -> Numbered:
    numbers = itertools.count()

    def event(kind: str, fields: Mapping[str, Any]) -> bytes:
        return sse({"type": kind, "sequence_number": next(numbers), **fields})

    return event


def _opening(response: Response, limits: Mapping[str, Any], event: Numbered) -> Iterator[bytes]:
    """The three events before any output."""
    yield sse(limits)
    begun = {"response": response.state("in_progress")}
    yield event("response.created", begun)
    yield event("response.in_progress", begun)


def _items(
    turn: Turn, response: Response
) -> Iterator[tuple[dict[str, Any], Iterator[tuple[str, dict[str, Any]]]]]:
    """Each finished output item with the events between its `added` and its `done`."""
    if turn.compaction:
        yield _encrypted("compaction", "cmp", response), iter(())
        return
    if turn.reasoning:
        reasoning = _encrypted("reasoning", "rs", response)
        yield {**reasoning, "summary": [], "content": None}, iter(())
    if turn.text or not turn.calls:
        yield _message(turn, response), _deltas(turn)
    for index, call in enumerate(turn.calls):
        yield _call(call, f"{response.number:012d}_{index}"), iter(())


def _encrypted(kind: str, prefix: str, response: Response) -> dict[str, Any]:
    return {
        "id": f"{prefix}_{response.number:012d}",
        "type": kind,
        "encrypted_content": encrypted_content(response.account_id, response.number),
    }


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(turn: Turn, response: Response) -> dict[str, Any]:
    return {
        "id": f"msg_{response.number:012d}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [_text_part(turn.text)],
    }


def _deltas(turn: Turn) -> Iterator[tuple[str, dict[str, Any]]]:
    place = {"content_index": 0}
    yield "response.content_part.added", {**place, "part": _text_part("")}
    for piece in _pieces(turn.text, turn.pieces):
        yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**place, "text": turn.text, "logprobs": []}
    yield "response.content_part.done", {**place, "part": _text_part(turn.text)}


def _pieces(text: str, count: int | None) -> Iterator[str]:
    if count is None:
        yield from re.findall(r"\S*\s*", text)[:-1]
        return
    size = max(1, -(-len(text) // count))
    yield from (text[start : start + size] for start in range(0, len(text), size))


def _call(call: FunctionCall | CustomCall, serial: str) -> dict[str, Any]:
    common = {"status": "completed", "call_id": f"call_{serial}", "name": call.name}
    match call:
        case FunctionCall():
            arguments = json.dumps(dict(call.arguments))
            item = {"id": f"fc_{serial}", "type": "function_call", **common, "arguments": arguments}
            return item | ({"namespace": call.namespace} if call.namespace else {})
        case CustomCall():
            return {
                "id": f"ctc_{serial}",
                "type": "custom_tool_call",
                **common,
                "input": call.input,
            }


def _begun(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item as it is announced: in progress and still empty."""
    empty: dict[str, Any] = {"content": [], "arguments": "", "input": "", "encrypted_content": ""}
    begun = {key: empty.get(key, value) for key, value in item.items()}
    return {**begun, "status": "in_progress"} if "status" in item else begun
