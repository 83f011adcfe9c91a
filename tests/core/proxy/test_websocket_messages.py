"""What the messages of a WebSocket ask and say."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.outcome import (
    Failing,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unauthorized,
)
from core.proxy.answers import fault_answer
from core.proxy.websocket_messages import (
    ENDS,
    Asked,
    Asks,
    asked_in,
    error_message,
    event_in,
    outcome_of,
    status_in,
    turn_state_in,
    without_turn_state,
)
from core.words.answers import Fault

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LARGE = "x" * 300_000


def text(**document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def create(**more: Any) -> bytes:
    return text(type="response.create", model="gpt-6.1-sol", **more)


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        pytest.param(create(), Asked(asks=Asks.TURN, model="gpt-6.1-sol"), id="a turn"),
        pytest.param(
            create(generate=False), Asked(asks=Asks.PREWARM, model="gpt-6.1-sol"), id="a prewarm"
        ),
        pytest.param(
            create(generate=True), Asked(asks=Asks.TURN, model="gpt-6.1-sol"), id="said twice"
        ),
        pytest.param(
            create(client_metadata={"x-codex-turn-state": "ts-1"}),
            Asked(asks=Asks.TURN, model="gpt-6.1-sol", turn_state=b"ts-1"),
            id="in the middle of a turn",
        ),
        pytest.param(
            create(client_metadata={"x-codex-turn-metadata": '{"workspaces":{"/work":{}}}'}),
            Asked(asks=Asks.TURN, model="gpt-6.1-sol", folder="/work"),
            id="inside git",
        ),
        pytest.param(
            create(input='{"x-codex-turn-state":"no","generate":false}'),
            Asked(asks=Asks.TURN, model="gpt-6.1-sol"),
            id="a user who writes JSON",
        ),
        pytest.param(
            create(input=LARGE, client_metadata={"x-codex-turn-state": "ts-1"}),
            Asked(asks=Asks.TURN, model="gpt-6.1-sol", turn_state=b"ts-1"),
            id="a message that is not decoded",
        ),
        pytest.param(
            text(model="m", type="response.create"),
            Asked(asks=Asks.TURN, model="m"),
            id="in another order",
        ),
        pytest.param(
            text(type="response.create", input=LARGE, model="m"),
            Asked(asks=Asks.TURN, model="m"),
            id="large, its model at the end",
        ),
        pytest.param(
            text(input=LARGE, tools=[{"model": "m"}], model="m", type="response.create"),
            Asked(asks=Asks.TURN, model="m"),
            id="large, its type at the end",
        ),
        pytest.param(
            text(type="response.create", tools=[{"model": "n"}], input=LARGE, model="m"),
            Asked(asks=Asks.TURN, unread=True),
            id="large, and a part of it names another model",
        ),
        pytest.param(
            text(type="response.create", model="m", tools=[{"model": "n"}], input=LARGE),
            Asked(asks=Asks.TURN, model="m"),
            id="large, its model right after its type",
        ),
        pytest.param(
            text(type="response.create", input=LARGE, model='"'),
            Asked(asks=Asks.TURN, unread=True),
            id="large, its model in escapes",
        ),
        pytest.param(
            text(type="response.create", input=LARGE, **{'"model': 1}),
            Asked(asks=Asks.TURN),
            id="large, without a model",
        ),
        pytest.param(text(type="session.update"), Asked(asks=Asks.OTHER), id="something else"),
        pytest.param(text(type="x", input=LARGE), Asked(asks=Asks.OTHER), id="large, no turn"),
        pytest.param(b"not JSON", Asked(asks=Asks.OTHER), id="no JSON"),
        pytest.param(b"[1]", Asked(asks=Asks.OTHER), id="no object"),
    ],
)
def test_what_a_message_asks(message: bytes, asked: Asked) -> None:
    assert asked_in(message) == asked


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(), max_size=4),
    st.integers(0, 4),
    st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_taking_out_the_turn_state_leaves_everything_else(
    others: dict[str, Any], place: int, separators: tuple[str, str]
) -> None:
    names = [*others.items()]
    names.insert(place, ("x-codex-turn-state", "ts-1"))
    message = json.dumps({"a": {**dict(names)}, "b": 1}, separators=separators).encode()
    expected = {"a": {k: v for k, v in names if k != "x-codex-turn-state"}, "b": 1}
    assert json.loads(without_turn_state(message)) == expected


def test_without_a_turn_state_no_byte_changes() -> None:
    message = b'{ "type" : "response.create" , "input":"\\"x-codex-turn-state\\":\\"x\\"" }'
    assert without_turn_state(message) == message


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        pytest.param(text(type="response.created"), None, id="a beginning"),
        pytest.param(text(type="codex.rate_limits"), None, id="limits"),
        pytest.param(text(type="response.output_item.added"), Served(status=200), id="an answer"),
        pytest.param(
            text(type="error", status=429, error={"type": "usage_limit_reached", "resets_at": 1}),
            Limited(reason=LimitReason.USAGE_LIMIT, until=datetime.fromtimestamp(1, UTC), model=""),
            id="a limit",
        ),
        pytest.param(
            text(
                type="error",
                status=429,
                error={"code": "rate_limit_exceeded"},
                headers={"retry-after": "7", "odd": 1},
            ),
            Limited(
                reason=LimitReason.RATE_LIMIT, until=NOW.replace(second=7), model="gpt-6.1-sol"
            ),
            id="a rate limit with its header",
        ),
        pytest.param(
            text(type="error", status=401, error={"code": "token_invalidated"}),
            Unauthorized(code="token_invalidated"),
            id="a login that is not taken",
        ),
        pytest.param(
            text(type="error", status=402, detail={"code": "deactivated_workspace"}),
            Gone(status=402, code="deactivated_workspace"),
            id="a workspace that is gone",
        ),
        pytest.param(
            text(type="error", status=503), Failing(status=503, code="error"), id="a failure"
        ),
        pytest.param(text(type="error", status=400), Rejected(status=400), id="a bad request"),
        pytest.param(
            text(type="error", error={"code": "server_is_overloaded"}),
            Failing(status=200, code="server_is_overloaded"),
            id="an overload without status",
        ),
        pytest.param(text(type="error", status=True), Served(status=200), id="an odd status"),
        pytest.param(text(type="error", status=200), Served(status=200), id="a contradiction"),
    ],
)
def test_what_a_first_message_decides(message: bytes, outcome: Outcome | None) -> None:
    assert outcome_of(event_in(message), model="gpt-6.1-sol", now=NOW) == outcome


def test_the_turn_state_is_read_where_it_is_given() -> None:
    metadata = text(type="response.metadata", headers={"x-codex-turn-state": "ts-1"})
    assert turn_state_in(event_in(metadata)) == b"ts-1"
    assert turn_state_in(event_in(text(type="response.metadata"))) == b""
    assert turn_state_in(event_in(text(type="other", headers={"x-codex-turn-state": "x"}))) == b""


@pytest.mark.parametrize(
    ("message", "status"),
    [(text(type="response.completed"), 200), (text(type="error", status=400), 400)],
    ids=["an answer", "an error"],
)
def test_the_status_that_a_row_gets(message: bytes, status: int) -> None:
    event = event_in(message)
    assert event.type in ENDS
    assert status_in(event) == status


def test_our_own_answer_says_its_status_once() -> None:
    own = fault_answer(Fault.SILENT)
    said = error_message(own)
    assert said.count(b'"status"') == 1
    document = json.loads(said)
    assert document["type"] == "error"
    assert document["status"] == own.status
    assert document["error"] == json.loads(own.body)["error"]


def test_a_large_message_in_another_order_is_not_decoded() -> None:
    assert event_in(text(input=LARGE, type="response.created")).type == ""
