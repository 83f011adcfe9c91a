"""Events in any pieces, and what the tap reads from them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.usage import Tokens
from core.proxy.sse import (
    LARGEST_EVENT,
    Event,
    EventParser,
    Tap,
    tapped_from,
    type_of,
    type_of_first,
)

USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 8},
    "total_tokens": 120,
}
TOKENS = Tokens(input=100, cached_input=60, output=20, reasoning_output=8)


def event(kind: str, document: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(document)}\n\n".encode()


def completed(**more: object) -> bytes:
    response = {"id": "resp_1", **more, "usage": USAGE}
    return event("response.completed", {"type": "response.completed", "response": response})


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        pytest.param(b"event: a\ndata: 1\n\n", [("a", b"1")], id="LF"),
        pytest.param(b"event: a\r\ndata: 1\r\n\r\n", [("a", b"1")], id="CR LF"),
        pytest.param(b"event: a\rdata: 1\r\r", [("a", b"1")], id="CR"),
        pytest.param(b"data: 1\ndata: 2\n\n", [("", b"1\n2")], id="data lines are joined"),
        pytest.param(b": keep-alive\n\ndata:1\n\n", [("", b"1")], id="comments are no events"),
        pytest.param(b"event: a\n\ndata: 1\n\n", [("", b"1")], id="a type without data is none"),
        pytest.param(b"data:  x\n\n", [("", b" x")], id="one space after the colon is dropped"),
        pytest.param(b"data\n\n", [("", b"")], id="a field without a colon is empty"),
        pytest.param(b"id: 7\nretry: 1\ndata: 1\n\n", [("", b"1")], id="id and retry mean nothing"),
        pytest.param(b"data: 1\n", [], id="an event that has not ended is none yet"),
    ],
)
def test_events_are_told_apart(stream: bytes, events: list[tuple[str, bytes]]) -> None:
    found = EventParser().feed(stream)
    assert [(e.type, e.data) for e in found] == events


@given(st.data())
def test_events_are_the_same_however_they_are_cut(data: st.DataObject) -> None:
    lines = st.sampled_from([b"event: a", b"data: 1", b"data: \xc3\xa9", b"", b": c", b"data:"])
    ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
    stream = b"".join(data.draw(st.lists(st.builds(bytes.__add__, lines, ends), max_size=20)))
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *at], [*at, len(stream)], strict=True)]
    parser = EventParser()
    found = [e for piece in pieces for e in parser.feed(piece)]
    whole = EventParser()
    assert found == whole.feed(stream)
    assert parser.between_events == whole.between_events


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_upset_the_parser_or_the_tap(pieces: list[bytes]) -> None:
    tap, parser = Tap(), EventParser()
    for piece in pieces:
        tap.feed(piece)
        parser.feed(piece)


@given(st.lists(st.integers(1, 60), max_size=12))
def test_usage_is_read_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = event("response.output_text.delta", {"delta": "response.completed"}) + completed()
    tap, found = Tap(), []
    while stream:
        size = cuts.pop() if cuts else len(stream)
        found += tap.feed(stream[:size])
        stream = stream[size:]
    assert [t.tokens for t in found] == [TOKENS]


def test_most_reads_tell_nothing_and_cost_a_search() -> None:
    tap = Tap()
    assert tap.feed(event("response.output_text.delta", {"delta": "x"})) == []


def test_rate_limits_in_the_stream_are_handed_on() -> None:
    document = {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 5}}}
    (tapped,) = Tap().feed(event("codex.rate_limits", document))
    assert tapped.rate_limits == document


def test_a_failure_in_the_stream_is_handed_on() -> None:
    (tapped,) = Tap().feed(event("response.failed", {"response": {"error": {"code": "x"}}}))
    assert tapped.failure is not None


def test_an_event_named_only_inside_its_data_counts_too() -> None:
    data = json.dumps({"type": "response.completed", "response": {"usage": USAGE}}).encode()
    (tapped,) = Tap().feed(b"data: " + data + b"\n\n")
    assert tapped.tokens == TOKENS


def test_usage_in_a_large_final_event_is_found_without_decoding_it() -> None:
    text = '{"usage": {"input_tokens": 1}} \\"usage\\": ' + "x" * 100_000
    (tapped,) = Tap().feed(completed(output=[{"text": text}], metadata={"usage": {"by": 1}}))
    assert tapped.tokens == TOKENS


def test_the_last_usage_that_can_be_read_counts() -> None:
    good = json.dumps({"usage": USAGE})
    data = f'{{"response":{good},"metadata":{{"usage": {{broken}}}}}}'
    (tapped,) = Tap().feed(f"event: response.completed\ndata: {data}\n\n".encode())
    assert tapped.tokens == TOKENS


@pytest.mark.parametrize(
    "usage",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param({}, id="empty"),
        pytest.param({"total_tokens": 5}, id="no counts of ours"),
    ],
)
def test_usage_that_says_nothing_is_none(usage: object) -> None:
    stream = event("response.completed", {"response": {"usage": usage}})
    assert Tap().feed(stream) == []


@pytest.mark.parametrize("count", [-1, True, "7", None, float("inf"), float("nan"), 2**60], ids=str)
def test_a_count_that_is_none_is_zero(count: object) -> None:
    stream = event("response.completed", {"response": {"usage": {"input_tokens": count}}})
    (tapped,) = Tap().feed(stream)
    assert tapped.tokens == Tokens(input=0, cached_input=0, output=0, reasoning_output=0)


def test_an_endless_event_is_not_kept() -> None:
    parser = EventParser()
    for _ in range(LARGEST_EVENT // (1024 * 1024) + 2):
        assert parser.feed(b"data: " + b"x" * 1024 * 1024 + b"\n") == []
    assert parser.feed(b"\n") == []
    assert parser.feed(b"data: 1\n\n") == [Event(type="", data=b"1")]


def test_an_endless_line_is_not_kept() -> None:
    parser = EventParser()
    for _ in range(LARGEST_EVENT // (1024 * 1024) + 2):
        parser.feed(b"x" * 1024 * 1024)
    assert parser.feed(b"\ndata: 1\n\n") == [Event(type="", data=b"1")]


def test_rubbish_data_names_no_type() -> None:
    assert type_of(Event(type="", data=b"[1]")) == ""
    assert tapped_from(Event(type="", data=b"{")) is None
    assert tapped_from(Event(type="response.output_text.delta", data=b"{}")) is None


_LINES = st.lists(
    st.sampled_from(
        [b"event: a.b", b"event:c", b"event: A", b"data: 1", b"data:", b": c", b"id: 1", b"", b"x"]
    ),
    max_size=8,
)


@given(_LINES, st.sampled_from([b"\n", b"\r\n"]))
def test_a_first_event_that_is_plain_is_what_the_parser_makes_of_it(
    lines: list[bytes], end: bytes
) -> None:
    stream = b"".join(line + end for line in lines)
    first = type_of_first(stream, 0)
    if first is not None:
        kind, length = first
        assert [e.type for e in EventParser().feed(stream[:length])] == [kind]
        assert EventParser().feed(stream)[0].type == kind


@given(_LINES)
def test_the_tap_tells_the_same_of_plain_blocks_as_of_any(lines: list[bytes]) -> None:
    told = b"event: response.completed\ndata: " + json.dumps({"usage": USAGE}).encode() + b"\n\n"
    stream = b"".join(line + b"\n" for line in lines).strip(b"\n") + b"\n\n" + told
    pieces = Tap()
    one_by_one = [t for at in range(len(stream)) for t in pieces.feed(stream[at : at + 1])]
    assert Tap().feed(stream) == one_by_one
