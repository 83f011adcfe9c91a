"""Chat requests and answers, translated both ways."""

import json
from typing import Any

import pytest

from core.proxy.chat import ChatWanted, chat_wanted
from core.proxy.chat_events import ChatStream, completion
from core.proxy.sse import Event
from core.proxy.v1_requests import Unsupported

USER = {"role": "user", "content": "hi"}
SAID = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def sent(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = chat_wanted(json.dumps({"model": "m", "messages": messages, **more}).encode())
    assert isinstance(found, ChatWanted), found
    body: dict[str, Any] = json.loads(found.wanted.body)
    return body


@pytest.mark.parametrize(
    ("messages", "instructions", "items"),
    [
        pytest.param([USER], "", [SAID], id="a question"),
        pytest.param(
            [
                {"role": "system", "content": "Be brief."},
                {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
                USER,
                {"role": "system", "content": "Now be long."},
            ],
            "Be brief.\n\nBe kind.",
            [
                SAID,
                {
                    "type": "message",
                    "role": "developer",
                    "content": [{"type": "input_text", "text": "Now be long."}],
                },
            ],
            id="instructions first, and later ones in their place",
        ),
        pytest.param(
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
                    ],
                }
            ],
            "",
            [
                {
                    "type": "message",
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "What is this?"},
                        {"type": "input_image", "image_url": "data:x", "detail": "low"},
                    ],
                }
            ],
            id="an image",
        ),
        pytest.param(
            [
                USER,
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "Let me see."}],
                    "refusal": "Not that.",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "f", "arguments": "{}"},
                        },
                        {
                            "id": "call_2",
                            "type": "custom",
                            "custom": {"name": "g", "input": "x"},
                        },
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "1"},
                {
                    "role": "tool",
                    "tool_call_id": "call_2",
                    "content": [{"type": "text", "text": "2"}],
                },
            ],
            "",
            [
                SAID,
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [
                        {"type": "output_text", "text": "Let me see."},
                        {"type": "refusal", "refusal": "Not that."},
                    ],
                },
                {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
                {"type": "custom_tool_call", "call_id": "call_2", "name": "g", "input": "x"},
                {"type": "function_call_output", "call_id": "call_1", "output": "1"},
                {"type": "custom_tool_call_output", "call_id": "call_2", "output": "2"},
            ],
            id="tools of both kinds and what they said",
        ),
    ],
)
def test_messages_become_items(
    messages: list[dict[str, Any]], instructions: str, items: list[dict[str, Any]]
) -> None:
    body = sent(*messages)
    assert (body["instructions"], body["input"]) == (instructions, items)
    assert (body["stream"], body["store"]) == (True, False)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}, id="effort"),
        pytest.param({"verbosity": "low"}, {"text": {"verbosity": "low"}}, id="verbosity"),
        pytest.param(
            {"response_format": {"type": "json_object"}},
            {"text": {"format": {"type": "json_object"}}},
            id="JSON",
        ),
        pytest.param(
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
                }
            },
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "n",
                        "schema": {"type": "object"},
                        "strict": True,
                    }
                }
            },
            id="a JSON schema",
        ),
        pytest.param({"tool_choice": "required"}, {"tool_choice": "required"}, id="any tool"),
        pytest.param(
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"type": "function", "name": "f"}},
            id="one tool",
        ),
        pytest.param(
            {"tool_choice": {"type": "custom", "custom": {"name": "f"}}},
            {"tool_choice": {"type": "custom", "name": "f"}},
            id="one custom tool",
        ),
        pytest.param(
            {
                "tools": [
                    {
                        "type": "custom",
                        "custom": {
                            "name": "g",
                            "format": {
                                "type": "grammar",
                                "grammar": {"syntax": "lark", "definition": "x"},
                            },
                        },
                    },
                    {"type": "custom", "custom": {"name": "h"}},
                ]
            },
            {
                "tools": [
                    {
                        "type": "custom",
                        "name": "g",
                        "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
                    },
                    {"type": "custom", "name": "h"},
                ]
            },
            id="custom tools",
        ),
        pytest.param(
            {"parallel_tool_calls": False, "service_tier": "flex"},
            {"parallel_tool_calls": False, "service_tier": "flex"},
            id="what both know",
        ),
    ],
)
def test_options_are_translated(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    body = sent(USER, **asked)
    assert {name: body[name] for name in expected} == expected


def test_what_asks_for_nothing_may_stand_there() -> None:
    body = sent(
        USER, n=1, stop=None, logprobs=False, logit_bias={}, modalities=["text"], store=False,
        presence_penalty=0, frequency_penalty=0.0, seed=7, max_tokens=5, temperature=1, user="u",
    )  # fmt: skip
    assert set(body) == {"model", "instructions", "input", "include", "store", "stream"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param({"n": 2}, "n", id="several answers"),
        pytest.param({"stop": ["x"]}, "stop", id="stop words"),
        pytest.param({"logprobs": True}, "logprobs", id="probabilities"),
        pytest.param({"modalities": ["audio"]}, "modalities", id="sound"),
        pytest.param({"functions": []}, "functions", id="the old functions"),
        pytest.param({"audio": {}}, "audio", id="a voice"),
        pytest.param({"never_heard_of": 1}, "never_heard_of", id="an unknown field"),
        pytest.param({"presence_penalty": 1}, "presence_penalty", id="a penalty"),
        pytest.param({"store": True}, "store", id="storing"),
        pytest.param({"tools": {}}, "tools", id="tools that are no list"),
        pytest.param({"tools": [{"type": "web"}]}, "tools[0]", id="a tool of another kind"),
        pytest.param({"tool_choice": "maybe"}, "tool_choice", id="an odd choice"),
        pytest.param({"response_format": {"type": "xml"}}, "response_format", id="XML"),
        pytest.param({"messages": []}, "messages", id="no message"),
        pytest.param({"messages": ["hi"]}, "messages[0]", id="a text for a message"),
        pytest.param({"messages": [{"role": "x"}]}, "messages[0].role", id="an odd role"),
        pytest.param({"messages": [{"role": "user"}]}, "messages[0].content", id="nothing said"),
        pytest.param(
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "messages[0].content[0]",
            id="sound in",
        ),
        pytest.param(
            {"messages": [{"role": "system", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0]",
            id="an image as instruction",
        ),
        pytest.param(
            {"messages": [{"role": "assistant", "content": [{"type": "x"}]}]},
            "messages[0].content[0]",
            id="an odd answer",
        ),
        pytest.param(
            {"messages": [{"role": "assistant", "function_call": {}}]},
            "messages[0].function_call",
            id="an old call",
        ),
        pytest.param(
            {"messages": [{"role": "assistant", "tool_calls": [{}]}]},
            "messages[0].tool_calls[0]",
            id="a call of nothing",
        ),
        pytest.param(
            {"messages": [{"role": "tool", "content": "x"}]},
            "messages[0].tool_call_id",
            id="a result of nothing",
        ),
        pytest.param({"model": 7}, "model", id="no model"),
    ],
)
def test_what_cannot_be_done_is_named(asked: dict[str, Any], field: str) -> None:
    document = {"model": "m", "messages": [USER], **asked}
    found = chat_wanted(json.dumps(document).encode())
    assert isinstance(found, Unsupported)
    assert found.field == field


@pytest.mark.parametrize("body", [b"", b"[]", b"{"], ids=["empty", "a list", "cut"])
def test_what_is_no_object_is_named(body: bytes) -> None:
    found = chat_wanted(body)
    assert isinstance(found, Unsupported)
    assert found.field == "body"


def event(**document: Any) -> Event:
    return Event(type=document["type"], data=json.dumps(document).encode())


def chunks(stream: ChatStream, *events: Event) -> list[dict[str, Any]]:
    out = b"".join(stream.chunks(one) for one in events)
    lines = [line.removeprefix(b"data: ") for line in out.split(b"\n\n") if line]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def deltas(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in found]


CREATED = event(type="response.created", response={"id": "resp_1", "created_at": 5, "model": "m"})


def test_deltas_of_text_refusals_and_calls_become_chunks() -> None:
    found = chunks(
        ChatStream(with_usage=False),
        CREATED,
        event(type="response.output_text.delta", output_index=0, delta="Hi"),
        event(type="response.refusal.delta", output_index=0, delta="No"),
        event(
            type="response.output_item.added",
            output_index=1,
            item={"type": "custom_tool_call", "call_id": "c", "name": "g"},
        ),
        event(type="response.custom_tool_call_input.delta", output_index=1, delta="x"),
        event(
            type="response.output_item.done",
            output_index=1,
            item={"type": "custom_tool_call", "call_id": "c", "name": "g", "input": "x"},
        ),
        event(type="response.function_call_arguments.delta", output_index=9, delta="lost"),
        event(type="response.completed", response={"status": "completed"}),
    )
    assert deltas(found) == [
        {"role": "assistant", "content": ""},
        {"content": "Hi"},
        {"refusal": "No"},
        {
            "tool_calls": [
                {"index": 0, "id": "c", "type": "custom", "custom": {"name": "g", "input": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "custom": {"input": "x"}}]},
        {},
    ]
    assert {chunk["id"] for chunk in found} == {"chatcmpl-1"}
    assert {chunk["created"] for chunk in found} == {5}
    assert found[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_what_no_delta_has_said_is_said_at_the_end_of_its_item() -> None:
    said = [{"type": "output_text", "text": "All."}, {"type": "refusal", "refusal": "Not that."}]
    message = {"type": "message", "content": said}
    stream = ChatStream(with_usage=False)
    done = event(type="response.output_item.done", output_index=0, item=message)
    assert deltas(chunks(stream, done, done)) == [
        {"role": "assistant", "content": ""},
        {"content": "All."},
        {"refusal": "Not that."},
    ]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param({"status": "completed"}, "stop", id="whole"),
        pytest.param(
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "length",
            id="too long",
        ),
        pytest.param(
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "content_filter",
            id="filtered",
        ),
    ],
)
def test_why_it_ended(response: dict[str, Any], reason: str) -> None:
    assert completion(response)["choices"][0]["finish_reason"] == reason
    (_, ended) = chunks(
        ChatStream(with_usage=False), event(type="response.incomplete", response=response)
    )
    assert ended["choices"][0]["finish_reason"] == reason


def test_a_refusal_and_tokens_are_in_the_whole_answer() -> None:
    answer = completion(
        {
            "id": "resp_1",
            "output": [
                {"type": "reasoning"},
                {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]},
            ],
            "usage": {
                "input_tokens": 5,
                "output_tokens": 7,
                "input_tokens_details": {"cached_tokens": 2},
                "output_tokens_details": {"reasoning_tokens": 3},
            },
        }
    )
    assert answer["choices"][0]["message"]["refusal"] == "No."
    assert answer["usage"] == {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }


def test_events_that_chat_does_not_know_say_nothing() -> None:
    assert ChatStream(with_usage=True).chunks(event(type="codex.rate_limits")) == b""
