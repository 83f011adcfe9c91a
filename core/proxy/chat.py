"""`chat.completions` requests as requests of the Responses API (pure).

What both say is translated; what only chat says and the back end cannot do is refused by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.sentence import Sentence
from core.proxy.v1_requests import DROPPED, Unsupported, Wanted, document_in, wanted

_TRANSLATED = frozenset(
    {
        "messages", "tools", "tool_choice", "response_format", "reasoning_effort", "verbosity",
        "stream", "stream_options", "seed", "stop", "logprobs", "logit_bias", "modalities",
        "presence_penalty", "frequency_penalty", "n", "store",
    }
)  # fmt: skip
_PASSED = frozenset({"model", "parallel_tool_calls", "service_tier", "prompt_cache_key"})
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "stop": ([],),
    "logprobs": (False,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "store": (False,),
}
"""Fields that may stand there as long as they ask for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatWanted:
    """A chat request, translated; `with_usage`: a stream ends with a chunk of token counts."""

    wanted: Wanted
    with_usage: bool


_NOT_SUPPORTED = Sentence("is not supported.")


class _UnsupportedError(Exception):
    def __init__(self, field: str, why: Sentence = _NOT_SUPPORTED) -> None:
        super().__init__(field)
        self.found = Unsupported(field=field, why=why)


def chat_wanted(body: bytes) -> ChatWanted | Unsupported:
    """`POST /v1/chat/completions`."""
    document = document_in(body)
    if isinstance(document, Unsupported):
        return document
    try:
        translated = _translated(document)
    except _UnsupportedError as error:
        return error.found
    found = wanted(translated)
    if isinstance(found, Unsupported):
        return found
    options = document.get("stream_options")
    with_usage = isinstance(options, dict) and options.get("include_usage") is True
    return ChatWanted(wanted=found, with_usage=with_usage)


def _translated(document: Mapping[str, Any]) -> dict[str, Any]:
    for name, found in document.items():
        if name not in _TRANSLATED | _PASSED | DROPPED and found is not None:
            raise _UnsupportedError(name)
        if found is not None and name in _NEUTRAL and found not in _NEUTRAL[name]:
            raise _UnsupportedError(name)
    instructions, items = _messages(document.get("messages"))
    out = {name: document[name] for name in _PASSED if document.get(name) is not None}
    out |= {"instructions": instructions, "input": items, "stream": document.get("stream")}
    if document.get("tools") is not None:
        out["tools"] = [_tool(tool, at) for at, tool in _listed(document, "tools")]
    if document.get("tool_choice") is not None:
        out["tool_choice"] = _tool_choice(document["tool_choice"])
    if document.get("reasoning_effort") is not None:
        out["reasoning"] = {"effort": document["reasoning_effort"]}
    text = {}
    if document.get("response_format") is not None:
        text["format"] = _format(document["response_format"])
    if document.get("verbosity") is not None:
        text["verbosity"] = document["verbosity"]
    if text:
        out["text"] = text
    return out


def _messages(found: object) -> tuple[str, list[dict[str, Any]]]:
    """What stands before the first turn is the instructions; the rest is the input."""
    if not isinstance(found, list) or not found:
        raise _UnsupportedError("messages", Sentence("is not a list of messages."))
    instructions: list[str] = []
    items: list[dict[str, Any]] = []
    custom: set[str] = set()
    for index, message in enumerate(found):
        at = f"messages[{index}]"
        if not isinstance(message, dict):
            raise _UnsupportedError(at, Sentence("is not an object."))
        role = message.get("role")
        if role in ("system", "developer") and not items:
            instructions.append(_plain(message.get("content"), at))
        elif role in _ROLES:
            items.extend(_ROLES[role](message, at, custom))
        else:
            raise _UnsupportedError(f"{at}.role")
    return "\n\n".join(instructions), items


def _from_developer(message: Mapping[str, Any], at: str, _: set[str]) -> list[dict[str, Any]]:
    text = _plain(message.get("content"), at)
    return [_message("developer", [{"type": "input_text", "text": text}])]


def _from_user(message: Mapping[str, Any], at: str, _: set[str]) -> list[dict[str, Any]]:
    content = message.get("content")
    if isinstance(content, str):
        return [_message("user", [{"type": "input_text", "text": content}])]
    parts = [_part(part, f"{at}.content[{n}]") for n, part in _parts(content, at)]
    return [_message("user", parts)]


def _from_assistant(message: Mapping[str, Any], at: str, custom: set[str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    content = message.get("content")
    parts: list[dict[str, Any]] = []
    if isinstance(content, str) and content:
        parts = [{"type": "output_text", "text": content}]
    elif isinstance(content, list):
        parts = [_said(part, f"{at}.content[{n}]") for n, part in _parts(content, at)]
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        parts.append({"type": "refusal", "refusal": message["refusal"]})
    if parts:
        items.append(_message("assistant", parts))
    if message.get("function_call") is not None:
        raise _UnsupportedError(
            f"{at}.function_call", Sentence("is not supported: use tool_calls.")
        )
    for number, call in enumerate(message.get("tool_calls") or []):
        items.append(_call(call, f"{at}.tool_calls[{number}]", custom))
    return items


def _from_tool(message: Mapping[str, Any], at: str, custom: set[str]) -> list[dict[str, Any]]:
    call = message.get("tool_call_id")
    if not isinstance(call, str):
        raise _UnsupportedError(f"{at}.tool_call_id", Sentence("is missing."))
    kind = "custom_tool_call_output" if call in custom else "function_call_output"
    return [{"type": kind, "call_id": call, "output": _plain(message.get("content"), at)}]


type _Role = Callable[[Mapping[str, Any], str, set[str]], list[dict[str, Any]]]

_ROLES: Mapping[object, _Role] = {
    "system": _from_developer,
    "developer": _from_developer,
    "user": _from_user,
    "assistant": _from_assistant,
    "tool": _from_tool,
}


def _message(role: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


def _plain(content: object, at: str) -> str:
    """Content of which only text is expected."""
    if isinstance(content, str):
        return content
    texts = []
    for number, part in _parts(content, at):
        if not isinstance(part, dict) or part.get("type") != "text":
            raise _UnsupportedError(f"{at}.content[{number}]", Sentence("is not a text."))
        texts.append(str(part.get("text", "")))
    return "".join(texts)


def _parts(content: object, at: str) -> list[tuple[int, Any]]:
    if not isinstance(content, list):
        raise _UnsupportedError(f"{at}.content", Sentence("is neither a text nor a list."))
    return list(enumerate(content))


def _part(part: object, at: str) -> dict[str, Any]:
    """A part of what the user says."""
    match part:
        case {"type": "text", "text": str(text)}:
            return {"type": "input_text", "text": text}
        case {"type": "image_url", "image_url": {"url": str(url), **more}}:
            detail = {"detail": more["detail"]} if more.get("detail") is not None else {}
            return {"type": "input_image", "image_url": url, **detail}
        case _:
            raise _UnsupportedError(at)


def _said(part: object, at: str) -> dict[str, Any]:
    """A part of what the assistant said."""
    match part:
        case {"type": "text", "text": str(text)}:
            return {"type": "output_text", "text": text}
        case {"type": "refusal", "refusal": str(text)}:
            return {"type": "refusal", "refusal": text}
        case _:
            raise _UnsupportedError(at)


def _call(call: object, at: str, custom: set[str]) -> dict[str, Any]:
    match call:
        case {"id": str(name), "type": "custom", "custom": {"name": str(tool), "input": str(text)}}:
            custom.add(name)
            return {"type": "custom_tool_call", "call_id": name, "name": tool, "input": text}
        case {"id": str(name), "function": {"name": str(tool), "arguments": str(text)}}:
            return {"type": "function_call", "call_id": name, "name": tool, "arguments": text}
        case _:
            raise _UnsupportedError(at)


def _listed(document: Mapping[str, Any], name: str) -> list[tuple[str, object]]:
    found = document[name]
    if not isinstance(found, list):
        raise _UnsupportedError(name, Sentence("is not a list."))
    return [(f"{name}[{number}]", one) for number, one in enumerate(found)]


def _tool(tool: object, at: str) -> dict[str, Any]:
    match tool:
        case {"type": "function", "function": {"name": str()} as function}:
            return {"type": "function", **function}
        case {"type": "custom", "custom": {"name": str()} as custom}:
            form = custom.get("format")
            if isinstance(form, dict) and isinstance(form.get("grammar"), dict):
                grammar = {"type": "grammar", **form["grammar"]}
                return {"type": "custom", **custom, "format": grammar}
            return {"type": "custom", **custom}
        case _:
            raise _UnsupportedError(at)


def _tool_choice(choice: object) -> object:
    match choice:
        case "auto" | "none" | "required":
            return choice
        case {"type": "function", "function": {"name": str(name)}}:
            return {"type": "function", "name": name}
        case {"type": "custom", "custom": {"name": str(name)}}:
            return {"type": "custom", "name": name}
        case _:
            raise _UnsupportedError("tool_choice")


def _format(form: object) -> dict[str, Any]:
    match form:
        case {"type": "text" | "json_object" as kind}:
            return {"type": kind}
        case {"type": "json_schema", "json_schema": {"name": str(), "schema": dict()} as schema}:
            return {"type": "json_schema", **schema}
        case _:
            raise _UnsupportedError("response_format")
