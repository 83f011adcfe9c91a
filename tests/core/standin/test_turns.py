import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.standin.turns import (
    CustomCall,
    FunctionCall,
    Response,
    Turn,
    Usage,
    encrypted_content,
    events,
    failing,
    maker_of,
    measure,
)
from tests.core.standin import sse

LIMITS = {"type": "codex.rate_limits", "plan_type": "plus"}
RESPONSE = Response(
    number=7,
    account_id="acct-A",
    model="gpt-5.5",
    created_at=1,
    usage=Usage(input_tokens=10, cached_tokens=4, output_tokens=2, reasoning_tokens=0),
)


def _stream(turn: Turn) -> str:
    return b"".join(events(turn, RESPONSE, LIMITS)).decode()


def test_a_text_turn_has_the_events_that_clients_wait_for() -> None:
    kinds = [event["type"] for event in sse.parse(_stream(Turn(text="Hello you")))]
    assert kinds == [
        "codex.rate_limits",
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_every_event_of_the_response_is_numbered_in_order() -> None:
    numbered = sse.parse(_stream(Turn(text="a b c")))[1:]
    assert [event["sequence_number"] for event in numbered] == list(range(len(numbered)))


def test_the_completed_response_repeats_output_and_usage() -> None:
    response = sse.parse(_stream(Turn(text="Hi", reasoning=True)))[-1]["response"]
    assert [item["type"] for item in response["output"]] == ["reasoning", "message"]
    assert response["status"] == "completed"
    assert response["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 12,
    }


def test_tool_calls_come_as_items_of_their_kind() -> None:
    turn = Turn(
        calls=(
            FunctionCall(name="exec_command", arguments={"cmd": "ls"}),
            CustomCall(name="exec", input="text(1)"),
        )
    )
    function, custom = sse.parse(_stream(turn))[-1]["response"]["output"]
    assert function["type"] == "function_call"
    assert json.loads(function["arguments"]) == {"cmd": "ls"}
    assert custom["type"] == "custom_tool_call"
    assert custom["input"] == "text(1)"
    assert function["call_id"] != custom["call_id"]


def test_an_item_is_announced_empty_and_finished_whole() -> None:
    stream = sse.parse(_stream(Turn(text="Hi")))
    added = next(one for one in stream if one["type"] == "response.output_item.added")["item"]
    done = next(one for one in stream if one["type"] == "response.output_item.done")["item"]
    assert (added["status"], added["content"]) == ("in_progress", [])
    assert (done["status"], done["content"][0]["text"]) == ("completed", "Hi")


def test_a_compaction_is_one_item_that_belongs_to_the_account() -> None:
    (item,) = sse.parse(_stream(Turn(compaction=True)))[-1]["response"]["output"]
    assert item["type"] == "compaction"
    assert maker_of(item["encrypted_content"]) == "acct-A"


def test_a_failure_inside_a_200_comes_right_after_the_beginning() -> None:
    stream = sse.parse(b"".join(failing(RESPONSE, LIMITS, "server_is_overloaded")).decode())
    assert [event["type"] for event in stream] == [
        "codex.rate_limits",
        "response.created",
        "response.in_progress",
        "response.failed",
    ]
    assert stream[-1]["response"]["error"]["code"] == "server_is_overloaded"


@given(text=st.text(), pieces=st.none() | st.integers(1, 20))
def test_the_deltas_make_up_the_text(text: str, pieces: int | None) -> None:
    stream = _stream(Turn(text=text, pieces=pieces))
    assert sse.said(stream) == text
    if pieces is not None:
        assert stream.count("event: response.output_text.delta") <= pieces


@pytest.mark.parametrize(
    ("turn", "usage"),
    [
        pytest.param(Turn(text="12345678"), (100, 2), id="four bytes are a token"),
        pytest.param(Turn(), (100, 1), id="an answer costs at least one"),
        pytest.param(Turn(input_tokens=7, output_tokens=9), (7, 9), id="or as the script says"),
        pytest.param(
            Turn(calls=(CustomCall(name="exec", input="x" * 40),)), (100, 10), id="calls count"
        ),
    ],
)
def test_what_a_turn_costs(turn: Turn, usage: tuple[int, int]) -> None:
    measured = measure(turn, 400)
    assert (measured.input_tokens, measured.output_tokens) == usage
    assert measured.total_tokens == sum(usage)


@pytest.mark.parametrize(
    ("content", "maker"),
    [
        pytest.param(encrypted_content("acct.with.dots", 3), "acct.with.dots", id="ours"),
        pytest.param("gAAAAAB-anything", None, id="somebody else's"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_whose_encrypted_content_it_is(content: str, maker: str | None) -> None:
    assert maker_of(content) == maker
