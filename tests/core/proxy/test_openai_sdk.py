"""The `openai` package, as anybody installs it, works with `/v1` as with OpenAI itself."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from core.domain.client import Client, ClientId
from core.proxy.clients import token_hash
from core.standin import replies
from core.standin.script import Cut, Fails, Says, Stall
from core.standin.server import StandIn
from core.standin.turns import FunctionCall, Turn
from tests.core.proxy.sockets import SocketRig
from tests.fakes.clock import FakeClock

TOKEN = "tt_fake-token-of-an-editor"
MODEL = "gpt-6.1-sol"
HI: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hi"}]
PIXEL = f"data:image/png;base64,{base64.b64encode(b'fake-pixel').decode()}"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ULM = FunctionCall(name="weather", arguments={"city": "Ulm"})


class Place(BaseModel):
    """What is asked for as JSON."""

    city: str
    people: int


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    """As strict as the real one."""
    async with StandIn(now=clock.now) as back_end:
        yield back_end
        assert back_end.violations == []


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    """A proxy that knows one client token."""
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
async def sdk(rig: SocketRig) -> AsyncIterator[AsyncOpenAI]:
    """As its manual says, but for tries: each error is wanted once."""
    address = f"http://127.0.0.1:{rig.port}/v1"
    async with AsyncOpenAI(base_url=address, api_key=TOKEN, max_retries=0, timeout=8) as sdk:
        yield sdk


async def test_a_response_comes_whole(sdk: AsyncOpenAI) -> None:
    answer = await sdk.responses.create(model=MODEL, input="hi", temperature=0.5)
    assert answer.output_text == "Hello from A."
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


async def test_a_response_streams_word_by_word(sdk: AsyncOpenAI) -> None:
    text, kinds = "", []
    async with sdk.responses.stream(model=MODEL, input="hi") as stream:
        async for event in stream:
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
        final = await stream.get_final_response()
    assert text == final.output_text == "Hello from A."
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert kinds.count("response.output_text.delta") > 1


async def test_a_response_calls_a_tool_and_goes_on(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    back_end.next(None, Says(Turn(reasoning=True, calls=(ULM,))))
    tools: Any = [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}]
    first = await sdk.responses.create(model=MODEL, input="Weather?", tools=tools)
    call = next(item for item in first.output if item.type == "function_call")
    assert json.loads(call.arguments) == {"city": "Ulm"}
    said: Any = [
        {"role": "user", "content": "Weather?"},
        *first.output,
        {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"},
    ]
    again = await sdk.responses.create(model=MODEL, input=said, tools=tools)
    assert again.output_text == "Hello from A."
    kinds = [item.get("type", "message") for item in back_end.turns()[1].json["input"]]
    assert kinds == ["message", "reasoning", "function_call", "function_call_output"]


async def test_a_response_is_parsed_by_its_schema(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    back_end.next(None, Says(Turn(text='{"city": "Ulm", "people": 126000}')))
    answer = await sdk.responses.parse(model=MODEL, input="Ulm?", text_format=Place)
    assert answer.output_parsed == Place(city="Ulm", people=126000)
    wanted = back_end.turns()[0].json["text"]["format"]
    assert (wanted["type"], wanted["strict"]) == ("json_schema", True)


async def test_a_picture_goes_into_a_response(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    content: Any = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
    ]
    await sdk.responses.create(model=MODEL, input=[{"role": "user", "content": content}])
    assert back_end.turns()[0].json["input"][0]["content"] == content


async def test_a_chat_comes_whole(sdk: AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(model=MODEL, messages=HI, max_tokens=50)
    assert answer.choices[0].message.content == "Hello from A."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


async def test_a_chat_streams_with_its_usage(sdk: AsyncOpenAI) -> None:
    stream = await sdk.chat.completions.create(
        model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "Hello from A."
    assert chunks[-1].usage is not None


async def test_a_chat_calls_tools_while_it_streams(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    both = (ULM, FunctionCall(name="weather", arguments={"city": "Bonn"}))
    back_end.next(None, Says(Turn(text="One moment.", calls=both)))
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
    async with sdk.chat.completions.stream(model=MODEL, messages=HI, tools=tools) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()
    message = final.choices[0].message
    assert final.choices[0].finish_reason == "tool_calls"
    calls = message.tool_calls or []
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Ulm", "Bonn"]
    results: Any = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in calls]
    said: Any = [*HI, message.model_dump(exclude_none=True), *results]
    again = await sdk.chat.completions.create(model=MODEL, messages=said, tools=tools)
    assert again.choices[0].message.content == "Hello from A."


async def test_a_chat_is_parsed_by_its_schema(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    back_end.next(None, Says(Turn(text='{"city": "Ulm", "people": 126000}')))
    answer = await sdk.chat.completions.parse(model=MODEL, messages=HI, response_format=Place)
    assert answer.choices[0].message.parsed == Place(city="Ulm", people=126000)
    wanted = back_end.turns()[0].json["text"]["format"]
    assert (wanted["type"], wanted["name"]) == ("json_schema", "Place")


async def test_a_picture_goes_into_a_chat(back_end: StandIn, sdk: AsyncOpenAI) -> None:
    content: Any = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
    ]
    await sdk.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    assert back_end.turns()[0].json["input"][0]["content"] == [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": PIXEL, "detail": "low"},
    ]


async def test_models_are_listed(sdk: AsyncOpenAI) -> None:
    listed = [model.id async for model in sdk.models.list()]
    assert MODEL in listed


async def test_another_account_serves_and_the_caller_sees_nothing(
    rig: SocketRig, back_end: StandIn, sdk: AsyncOpenAI
) -> None:
    back_end.limit("A", until=rig.clock.now() + timedelta(hours=2))
    answer = await sdk.chat.completions.create(model=MODEL, messages=HI)
    assert answer.choices[0].message.content == "Hello from B."


async def _ask(sdk: AsyncOpenAI, *, chat: bool, stream: bool = False) -> None:
    """Ask, and read the answer to its end."""
    if chat:
        answer: Any = await sdk.chat.completions.create(model=MODEL, messages=HI, stream=stream)
    else:
        answer = await sdk.responses.create(model=MODEL, input="hi", stream=stream)
    if stream:
        async for _ in answer:
            pass


@pytest.mark.parametrize("chat", [pytest.param(True, id="chat"), pytest.param(False, id="plain")])
@pytest.mark.parametrize("stream", [pytest.param(True, id="streamed"), pytest.param(False, id="")])
async def test_a_used_up_pool_is_a_rate_limit_that_names_its_end(
    rig: SocketRig, back_end: StandIn, sdk: AsyncOpenAI, *, chat: bool, stream: bool
) -> None:
    until = rig.clock.now() + timedelta(hours=2)
    for name in "ABC":
        back_end.limit(name, until=until)
    with pytest.raises(openai.RateLimitError) as told:
        await _ask(sdk, chat=chat, stream=stream)
    assert told.value.code == "pool_exhausted"
    assert told.value.response.headers["retry-after"] == "7200"
    assert isinstance(told.value.body, dict)
    assert told.value.body["request_id"] == rig.records[-1].id


async def test_a_token_that_nobody_knows_is_an_authentication_error(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as told:
        await _ask(sdk.with_options(api_key="tt_fake-wrong"), chat=True)
    assert "turntable client create" in str(told.value.body)


async def test_what_cannot_be_done_is_a_bad_request_that_names_it(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        await sdk.chat.completions.create(model=MODEL, messages=HI, n=2)
    assert told.value.param == "n"


async def test_a_path_that_is_not_there_is_not_found(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await sdk.files.list()


async def test_an_unknown_model_is_the_back_end_s_own_refusal(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        await sdk.responses.create(model="no-such-model", input="hi")
    assert "no-such-model" in str(told.value)


@pytest.mark.parametrize("chat", [pytest.param(True, id="chat"), pytest.param(False, id="plain")])
async def test_a_failing_back_end_is_a_server_error(
    back_end: StandIn, sdk: AsyncOpenAI, *, chat: bool
) -> None:
    back_end.always(None, replies.server_error(status=500))
    with pytest.raises(openai.InternalServerError):
        await _ask(sdk, chat=chat)


@pytest.mark.parametrize("chat", [pytest.param(True, id="chat"), pytest.param(False, id="plain")])
async def test_a_failure_inside_an_answer_is_an_error(
    back_end: StandIn, sdk: AsyncOpenAI, *, chat: bool
) -> None:
    back_end.next(None, Fails("server_error"))
    with pytest.raises(openai.InternalServerError):
        await _ask(sdk, chat=chat)


async def test_a_failure_inside_a_streamed_chat_is_an_error(
    back_end: StandIn, sdk: AsyncOpenAI
) -> None:
    back_end.next(None, Fails("server_error"))
    with pytest.raises(openai.APIError):
        await _ask(sdk, chat=True, stream=True)


@pytest.mark.parametrize("chat", [pytest.param(True, id="chat"), pytest.param(False, id="plain")])
async def test_an_answer_that_breaks_off_is_no_answer(
    back_end: StandIn, sdk: AsyncOpenAI, *, chat: bool
) -> None:
    back_end.next(None, Cut(after_events=6))
    with pytest.raises(openai.InternalServerError) as told:
        await _ask(sdk, chat=chat)
    assert told.value.code == "upstream_cut"


async def test_a_streamed_answer_that_breaks_off_breaks_off(
    back_end: StandIn, sdk: AsyncOpenAI
) -> None:
    back_end.next(None, Cut(after_events=6))
    with pytest.raises(openai.APIError):
        await _ask(sdk, chat=True, stream=True)


async def test_a_caller_who_gives_up_is_let_go_and_so_is_the_back_end(
    rig: SocketRig, back_end: StandIn, sdk: AsyncOpenAI
) -> None:
    back_end.next(None, Stall(after_events=None))
    with pytest.raises(openai.APITimeoutError):
        await _ask(sdk.with_options(timeout=1.0), chat=True)
    (turn,) = back_end.turns()
    await back_end.until(lambda: turn.ending.value != "open")
    assert (await rig.row()).status is None
