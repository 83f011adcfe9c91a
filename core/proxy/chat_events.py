"""Answers of the Responses API as `chat.completions`: whole, or chunk by chunk (pure)."""

import json
from collections.abc import Mapping
from typing import Any

from core.proxy.sse import Event, document_of, mapping_at, text_at, type_of
from core.proxy.v1_events import text_of_error

_DONE = b"data: [DONE]\n\n"
_CALLS = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}
"""Items that call a tool: what chat calls them, and where what they say stands."""
_SAID = (("content", "output_text", "text"), ("refusal", "refusal", "refusal"))
"""What a message says: chat's name for it, its kind of part, and where it stands there."""
_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def completion(response: Mapping[str, Any]) -> dict[str, Any]:
    """A final response as one `chat.completion`."""
    text: list[str] = []
    refusal: list[str] = []
    calls: list[dict[str, Any]] = []
    for item in response.get("output") or []:
        if item.get("type") == "message":
            parts = item.get("content") or []
            text.append(_joined(parts, "output_text", "text"))
            refusal.append(_joined(parts, "refusal", "refusal"))
        elif item.get("type") in _CALLS:
            calls.append(_call(item))
    said = "".join(text)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": said if said or not calls else None,
        "refusal": "".join(refusal) or None,
    }
    if calls:
        message["tool_calls"] = calls
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _reason(response, called=bool(calls)),
    }
    return {
        "id": _name(response),
        "object": "chat.completion",
        "created": _created(response),
        "model": text_at(response, "model"),
        "choices": [choice],
        "usage": _usage(mapping_at(response, "usage")),
    }


class ChatStream:
    """Turns the events of one response into chunks."""

    def __init__(self, *, with_usage: bool) -> None:
        """`with_usage`: the last chunk counts tokens."""
        self._with_usage = with_usage
        self._base: dict[str, Any] = {"id": "chatcmpl-", "created": 0, "model": ""}
        self._begun = False
        self._spoke: set[object] = set()
        self._calls: dict[object, int] = {}
        self._fed: set[object] = set()

    def chunks(self, event: Event) -> bytes:
        """The chunks that one event leads to."""
        kind = type_of(event)
        document = document_of(event)
        at = document.get("output_index")
        match kind:
            case "response.created" | "response.in_progress":
                self._learn(mapping_at(document, "response"))
                return self._begin()
            case "response.output_text.delta" | "response.refusal.delta":
                self._spoke.add(at)
                name = "refusal" if "refusal" in kind else "content"
                return self._begin() + self._chunk({name: text_at(document, "delta")})
            case "response.output_item.added":
                return self._begin() + self._called(at, mapping_at(document, "item"))
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                return self._argued(at, text_at(document, "delta"), custom="custom" in kind)
            case "response.output_item.done":
                return self._begin() + self._whole(at, mapping_at(document, "item"))
            case "response.completed" | "response.incomplete":
                return self._begin() + self._end(mapping_at(document, "response"))
            case "response.failed" | "error":
                return _failed(document)
            case _:
                return b""

    def _learn(self, response: Mapping[str, Any]) -> None:
        self._base = {
            "id": _name(response),
            "created": _created(response),
            "model": text_at(response, "model"),
        }

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        return self._chunk({"role": "assistant", "content": ""})

    def _called(self, at: object, item: Mapping[str, Any]) -> bytes:
        """A tool is called: its name first."""
        if item.get("type") not in _CALLS or at in self._calls:
            return b""
        self._calls[at] = index = len(self._calls)
        kind, said = _CALLS[item["type"]]
        call = {
            "index": index,
            "id": text_at(item, "call_id"),
            "type": kind,
            kind: {"name": text_at(item, "name"), said: ""},
        }
        return self._chunk({"tool_calls": [call]})

    def _argued(self, at: object, delta: str, *, custom: bool) -> bytes:
        if at not in self._calls:
            return b""
        self._fed.add(at)
        kind, said = ("custom", "input") if custom else ("function", "arguments")
        return self._chunk({"tool_calls": [{"index": self._calls[at], kind: {said: delta}}]})

    def _whole(self, at: object, item: Mapping[str, Any]) -> bytes:
        """An item is complete: what no delta has said is said now."""
        if item.get("type") in _CALLS:
            _, said = _CALLS[item["type"]]
            called = self._called(at, item)
            if at in self._fed or not (text := text_at(item, said)):
                return called
            return called + self._argued(at, text, custom=said == "input")
        if item.get("type") != "message" or at in self._spoke:
            return b""
        self._spoke.add(at)
        return b"".join(
            self._chunk({name: said})
            for name, kind, key in _SAID
            if (said := _joined(item.get("content") or [], kind, key))
        )

    def _end(self, response: Mapping[str, Any]) -> bytes:
        ended = self._chunk({}, reason=_reason(response, called=bool(self._calls)))
        if self._with_usage:
            usage = _usage(mapping_at(response, "usage"))
            ended += _data({**self._head(), "choices": [], "usage": usage})
        return ended + _DONE

    def _chunk(self, delta: Mapping[str, Any], *, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _data({**self._head(), "choices": [choice]})

    def _head(self) -> dict[str, Any]:
        return {**self._base, "object": "chat.completion.chunk"}


def _joined(parts: list[Mapping[str, Any]], kind: str, key: str) -> str:
    """What all parts of one kind say."""
    return "".join(text_at(part, key) for part in parts if part.get("type") == kind)


def _failed(document: Mapping[str, Any]) -> bytes:
    error = mapping_at(mapping_at(document, "response"), "error") or mapping_at(document, "error")
    code, message = text_of_error(error or document)
    return _data({"error": {"type": "server_error", "code": code, "message": message}})


def _data(document: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(document, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _call(item: Mapping[str, Any]) -> dict[str, Any]:
    kind, said = _CALLS[item["type"]]
    return {
        "id": text_at(item, "call_id"),
        "type": kind,
        kind: {"name": text_at(item, "name"), said: text_at(item, said)},
    }


def _reason(response: Mapping[str, Any], *, called: bool) -> str:
    if text_at(response, "status") == "incomplete":
        why = text_at(mapping_at(response, "incomplete_details"), "reason")
        return _REASONS.get(why, "length")
    return "tool_calls" if called else "stop"


def _name(response: Mapping[str, Any]) -> str:
    return f"chatcmpl-{text_at(response, 'id').removeprefix('resp_')}"


def _created(response: Mapping[str, Any]) -> int:
    found = response.get("created_at")
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) else 0


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    asked, said = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    cached = _count(mapping_at(usage, "input_tokens_details"), "cached_tokens")
    thought = _count(mapping_at(usage, "output_tokens_details"), "reasoning_tokens")
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _count(usage: Mapping[str, Any], name: str) -> int:
    found = usage.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
