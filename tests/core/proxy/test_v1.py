"""Other tools call `/v1`: their requests made fit for the back end, the answers fit for them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import zstandard

from core.domain.client import Client, ClientId
from core.domain.facts import RequestKind, ThreadId
from core.domain.usage import Result
from core.proxy.clients import token_hash
from core.proxy.v1 import USER_AGENT
from core.standin import replies
from core.standin.script import Cut, Endpoint, Fails, Says
from core.standin.server import StandIn
from core.standin.turns import FunctionCall, Turn
from tests.core.proxy.rig import A, B
from tests.core.proxy.sockets import SocketRig
from tests.fakes.clock import FakeClock

TOKEN = "tt_fake-token-of-an-editor"
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        yield back_end


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    rig = SocketRig(back_end, clock)
    rig.clients = [
        Client(
            id=ClientId("cl_1"),
            label="editor",
            token_sha256=token_hash(TOKEN),
            created_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    ]
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


@pytest.fixture
async def tool(rig: SocketRig) -> AsyncIterator[httpx.AsyncClient]:
    base, headers = f"http://127.0.0.1:{rig.port}/v1", {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=base, headers=headers, trust_env=False, timeout=5
    ) as client:
        yield client


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    data = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(text) for text in data if text != "[DONE]"]


async def test_a_response_is_gathered_for_a_tool_that_wants_the_whole(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    asked = {
        "model": "gpt-6.1-sol",
        "input": "hi",
        "temperature": 0.2,
        "max_output_tokens": 100,
        "metadata": {"a": "b"},
        "prompt_cache_key": "chat-7",
    }
    answer = await tool.post("/responses", json=asked)
    assert answer.status_code == 200
    body = answer.json()
    assert body["object"] == "response"
    assert body["status"] == "completed"
    assert body["output"][0]["content"][0]["text"] == "Hello from A."
    assert answer.headers["x-turntable-request"] == rig.records[0].id
    (turn,) = back_end.turns()
    assert turn.json["stream"] is True
    assert turn.json["input"][0]["content"] == [{"type": "input_text", "text": "hi"}]
    assert turn.header("user-agent") == USER_AGENT.decode()
    assert turn.header("originator") is None
    assert rig.records[0].facts.client == "editor"
    assert rig.records[0].facts.thread == ThreadId("cl_1:chat-7")
    assert rig.records[0].tokens is not None
    assert back_end.violations == []


async def test_a_response_streams_without_the_events_of_codex_alone(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    answer = await tool.post(
        "/responses", json={"model": "gpt-6.1-sol", "input": "hi", "stream": True}
    )
    kinds = [event["type"] for event in events(answer)]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert not any(kind.startswith("codex.") for kind in kinds)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert back_end.violations == []


async def test_items_that_are_sent_back_lose_their_ids(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.next(None, Says(Turn(calls=(FunctionCall(name="f", arguments={"a": 1}),))))
    first = (await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi"})).json()
    call = first["output"][0]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "2"}
    again = await tool.post(
        "/responses", json={"model": "gpt-6.1-sol", "input": [call, result], "stream": False}
    )
    assert again.status_code == 200
    assert back_end.violations == []


async def test_a_limited_account_is_passed_by_unseen(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.limit("A", until=rig.clock.now() + timedelta(hours=2))
    answer = await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi"})
    assert answer.json()["output"][0]["content"][0]["text"] == "Hello from B."
    assert (rig.records[0].account, rig.records[0].result) == (B, Result.MOVED)


async def test_with_all_limited_a_tool_is_told_when_to_try_again(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    rig.accounts = [A]
    back_end.limit("A", until=rig.clock.now() + timedelta(hours=2))
    answer = await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (429, "pool_exhausted")
    assert answer.headers["retry-after"] == "7200"
    assert datetime.fromisoformat(error["resets_at"]) == rig.clock.now() + timedelta(hours=2)
    assert error["message"]
    assert "hint" in error
    assert answer.headers["x-turntable-request"] == rig.records[0].id


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param({"input": "hi"}, "model", id="no model"),
        pytest.param({"model": "m"}, "input", id="no input"),
        pytest.param({"model": "m", "input": "hi", "store": True}, "store", id="storing"),
        pytest.param({"model": "m", "input": "hi", "background": True}, "background", id="later"),
        pytest.param(
            {"model": "m", "input": "hi", "previous_response_id": "resp_1"},
            "previous_response_id",
            id="going on with what is not stored",
        ),
        pytest.param(
            {"model": "m", "input": [{"type": "item_reference", "id": "x"}]},
            "input[0]",
            id="a reference",
        ),
    ],
)
async def test_what_cannot_be_honoured_is_refused_by_its_name(
    back_end: StandIn, tool: httpx.AsyncClient, asked: dict[str, Any], field: str
) -> None:
    answer = await tool.post("/responses", json=asked)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "bad_request", field)
    assert field in error["message"]
    assert back_end.turns() == ()


async def test_the_back_end_s_refusal_keeps_its_status_and_sentence(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    answer = await tool.post("/responses", json={"model": "no-such-model", "input": "hi"})
    assert answer.status_code == 400
    assert "no-such-model" in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_failure_inside_an_answer_is_a_failure(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient, stream: bool
) -> None:
    back_end.next(None, Fails("invalid_prompt"))
    asked = {"model": "gpt-6.1-sol", "input": "hi", "stream": stream}
    answer = await tool.post("/responses", json=asked)
    if stream:
        assert events(answer)[-1]["type"] == "response.failed"
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_prompt")
    assert rig.records[0].result is Result.FAILED


async def test_an_answer_that_breaks_off_is_no_answer(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.next(None, Cut(after_events=8))
    answer = await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_cut")
    back_end.next(None, Cut(after_events=8))
    with pytest.raises(httpx.RemoteProtocolError):
        await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi", "stream": True})


async def test_models_are_listed_as_openai_lists_them(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    answer = (await tool.get("/models")).json()
    assert answer["object"] == "list"
    assert "gpt-6.1-sol" in [model["id"] for model in answer["data"]]
    assert {model["object"] for model in answer["data"]} == {"model"}
    assert back_end.violations == []


async def test_a_tools_compaction_is_a_turn_of_its_model_for_rules_and_budgets(
    rig: SocketRig, tool: httpx.AsyncClient
) -> None:
    await tool.post("/responses/compact", json={"model": "gpt-6.1-sol", "input": HI})
    (row,) = rig.records
    assert (row.facts.kind, row.facts.model) == (RequestKind.RESPONSES, "gpt-6.1-sol")
    assert row.facts.client == "editor"


@pytest.mark.parametrize("path", ["/responses/", "//responses", "/%72esponses"])
async def test_a_turn_is_one_however_its_path_is_written(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient, path: str
) -> None:
    base = str(tool.base_url).rstrip("/")
    answer = await tool.post(f"{base}{path}", json={"model": "gpt-6.1-sol", "input": "hi"})
    assert answer.status_code == 200
    assert rig.records[0].facts.kind is RequestKind.RESPONSES
    assert len(back_end.turns()) == 1


async def test_other_paths_of_codex_pass_with_a_head_of_our_own(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    answer = await tool.post(
        "/alpha/search", json={"q": "x"}, headers={"x-api-key": "mine", "accept-language": "de"}
    )
    assert answer.status_code == 200
    assert back_end.violations == []


@pytest.mark.parametrize(
    ("path", "body", "about"),
    [
        pytest.param(
            "/images/edits",
            b'--x\r\ncontent-disposition: form-data; name="prompt"\r\n\r\na cat\r\n--x--\r\n',
            {"content-type": "multipart/form-data; boundary=x"},
            id="a picture to edit",
        ),
        pytest.param(
            "/realtime/calls", b"v=0\r\n", {"content-type": "application/sdp"}, id="a call"
        ),
        pytest.param(
            "/memories/x",
            zstandard.compress(b'{"model":"m"}'),
            {"content-type": "application/json", "content-encoding": "zstd"},
            id="a packed body",
        ),
    ],
)
async def test_what_another_path_of_codex_is_told_of_its_body_stays_true(
    back_end: StandIn, tool: httpx.AsyncClient, path: str, body: bytes, about: dict[str, str]
) -> None:
    await tool.post(path, content=body, headers={**about, "accept": "application/json"})
    (came,) = [one for one in back_end.requests if one.path.endswith(path)]
    assert came.body == body
    assert {name: came.header(name) for name in about} == about
    assert came.header("accept") == "application/json"
    assert came.header("user-agent") == USER_AGENT.decode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"authorization": f"Bearer {TOKEN}"}, 200, id="bearer"),
        pytest.param({"authorization": f"bearer {TOKEN}"}, 200, id="in small letters"),
        pytest.param({"x-api-key": TOKEN}, 200, id="x-api-key"),
        pytest.param({}, 401, id="none"),
        pytest.param({"authorization": "Bearer tt_another"}, 401, id="another"),
        pytest.param({"authorization": f"Basic {TOKEN}"}, 401, id="another scheme"),
        pytest.param({"x-api-key": "tt_é"}, 401, id="no ASCII"),
    ],
)
async def test_only_a_known_token_opens(
    rig: SocketRig, headers: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient(trust_env=False) as stranger:
        raw = {name: value.encode() for name, value in headers.items()}
        for path in ("/v1/models", "/status"):
            answer = await stranger.get(f"http://127.0.0.1:{rig.port}{path}", headers=raw)
            assert answer.status_code == status
            if status == 401:
                assert answer.json()["error"]["code"] == "unauthorized"
                assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/responses", 405, "bad_method", id="reading what is not stored"),
        pytest.param("DELETE", "/models", 405, "bad_method", id="deleting models"),
        pytest.param("TRACE", "/x", 405, "bad_method", id="tracing"),
        pytest.param("GET", "/%2e%2e/wham/usage", 400, "bad_request", id="going up"),
    ],
)
async def test_what_is_not_there_is_said_as_the_standard_says(
    tool: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await tool.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_body_that_is_too_large_is_413(rig: SocketRig, tool: httpx.AsyncClient) -> None:
    rig.set("proxy.max_body", 1024)
    answer = await tool.post("/responses", json={"model": "m", "input": "x" * 2000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


async def test_a_web_page_may_not_call_with_a_token_either(tool: httpx.AsyncClient) -> None:
    answer = await tool.get("/models", headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused")


async def test_the_network_s_own_page_becomes_json(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.next(None, replies.cdn_challenge())
    answer = await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "hi"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_challenge")


async def test_status_is_told_to_a_tool(rig: SocketRig, tool: httpx.AsyncClient) -> None:
    url = f"http://127.0.0.1:{rig.port}/status"
    assert (await tool.get(url)).json() == {"running": True}
    assert (await tool.get(url + "/more")).status_code == 404
    assert (await tool.post(url)).status_code == 405


async def test_a_large_request_is_read_beside_the_loop(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    answer = await tool.post("/responses", json={"model": "gpt-6.1-sol", "input": "x" * 300_000})
    assert answer.status_code == 200


async def test_chat_completes_as_openai_s_does(
    rig: SocketRig, back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    asked = {"model": "gpt-6.1-sol", "messages": HI, "temperature": 1}
    answer = (await tool.post("/chat/completions", json=asked)).json()
    assert answer["object"] == "chat.completion"
    (choice,) = answer["choices"]
    assert choice["message"] == {
        "role": "assistant",
        "content": "Hello from A.",
        "refusal": None,
    }
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == sum(
        answer["usage"][name] for name in ("prompt_tokens", "completion_tokens")
    )
    assert back_end.violations == []


async def test_chat_streams_chunks_with_tool_calls_and_usage(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    call = FunctionCall(name="weather", arguments={"city": "Ulm"})
    back_end.next(None, Says(Turn(text="One moment.", calls=(call,))))
    asked = {
        "model": "gpt-6.1-sol",
        "messages": HI,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": {}}}],
    }
    answer = await tool.post("/chat/completions", json=asked)
    assert answer.text.endswith("data: [DONE]\n\n")
    chunks = events(answer)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content") or "" for delta in deltas) == "One moment."
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert calls[0]["function"]["name"] == "weather"
    assert json.loads("".join(c["function"].get("arguments", "") for c in calls)) == {"city": "Ulm"}
    assert [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]][-1] == "tool_calls"
    assert chunks[-1]["usage"]["completion_tokens"] > 0
    tool_sent = back_end.turns()[0].json["tools"]
    assert tool_sent == [{"type": "function", "name": "weather", "parameters": {}}]
    assert back_end.violations == []


async def test_chat_goes_on_with_what_a_tool_said(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.next(None, Says(Turn(calls=(FunctionCall(name="f", arguments={"a": 1}),))))
    first = await tool.post("/chat/completions", json={"model": "gpt-6.1-sol", "messages": HI})
    said = first.json()["choices"][0]
    assert said["finish_reason"] == "tool_calls"
    assert said["message"]["content"] is None
    (call,) = said["message"]["tool_calls"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "2"}
    again = await tool.post(
        "/chat/completions",
        json={"model": "gpt-6.1-sol", "messages": [*HI, said["message"], result]},
    )
    assert again.json()["choices"][0]["message"]["content"] == "Hello from A."
    kinds = [item["type"] for item in back_end.turns()[1].json["input"]]
    assert kinds == ["message", "function_call", "function_call_output"]
    assert back_end.violations == []


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_chat_says_failures_as_errors(
    back_end: StandIn, tool: httpx.AsyncClient, stream: bool
) -> None:
    back_end.next(None, Fails("server_error"))
    asked = {"model": "gpt-6.1-sol", "messages": HI, "stream": stream}
    answer = await tool.post("/chat/completions", json=asked)
    if stream:
        assert events(answer)[-1]["error"]["code"] == "server_error"
        assert "[DONE]" not in answer.text
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "server_error")


async def test_chat_refuses_what_it_cannot_do(back_end: StandIn, tool: httpx.AsyncClient) -> None:
    asked = {"model": "gpt-6.1-sol", "messages": HI, "n": 2}
    answer = await tool.post("/chat/completions", json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "n")
    assert back_end.turns() == ()


async def test_a_handshake_on_v1_is_426(tool: httpx.AsyncClient) -> None:
    headers = {"connection": "Upgrade", "upgrade": "websocket"}
    answer = await tool.get("/responses", headers=headers)
    assert answer.status_code == 426


async def test_models_that_cannot_be_read_are_502(
    back_end: StandIn, tool: httpx.AsyncClient
) -> None:
    back_end.next(None, replies.as_json(200, {"odd": 1}), on=Endpoint.MODELS)
    assert (await tool.get("/models")).status_code == 502
