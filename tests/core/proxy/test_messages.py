"""What is passed on of a head, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.proxy.fields import Fields
from core.proxy.messages import (
    Authority,
    Request,
    RequestHead,
    ResponseHead,
    request_bytes,
    request_fields,
    response_fields,
)

OURS = Authority(
    host=b"back.end", authorization=b"Bearer fake-new", workspace=b"ws-new", fedramp=False
)


def request(*fields: tuple[bytes, bytes], body: bytes = b"") -> Request:
    head = RequestHead(method=b"POST", target=b"/c/fake/x", fields=Fields(fields))
    return Request(head=head, body=body)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        pytest.param(
            [(b"Host", b"127.0.0.1:1"), (b"X-A", b"1")],
            [(b"Host", b"back.end"), (b"X-A", b"1")],
            id="host is replaced where it stands, spelled as the client spells it",
        ),
        pytest.param(
            [(b"authorization", b"Bearer fake-old"), (b"ChatGPT-Account-Id", b"ws-old")],
            [(b"authorization", b"Bearer fake-new"), (b"ChatGPT-Account-Id", b"ws-new")],
            id="the login is replaced where it stands",
        ),
        pytest.param(
            [(b"authorization", b"Bearer fake-old"), (b"Authorization", b"Bearer fake-other")],
            [(b"authorization", b"Bearer fake-new")],
            id="a second login does not slip through",
        ),
        pytest.param(
            [(b"x-b", b"2"), (b"X-A", b"1"), (b"x-b", b"3"), (b"x-B", b"")],
            [(b"x-b", b"2"), (b"X-A", b"1"), (b"x-b", b"3"), (b"x-B", b"")],
            id="order, spelling, duplicates and empty values stay",
        ),
        pytest.param(
            [(b"Connection", b"keep-alive, X-Hop"), (b"x-hop", b"1"), (b"keep-alive", b"5")],
            [],
            id="hop-by-hop fields and those that Connection names are dropped",
        ),
        pytest.param(
            [(b"TE", b"trailers"), (b"Upgrade", b"h2c"), (b"Proxy-Connection", b"close")],
            [],
            id="te, upgrade and proxy-connection are dropped",
        ),
        pytest.param(
            [(b"Cookie", b"fake=1"), (b"Expect", b"100-continue")],
            [],
            id="cookies of the local login stay here, and so does what we answered ourselves",
        ),
        pytest.param(
            [(b"x-openai-fedramp", b"true"), (b"X-OpenAI-Account-Routing-Override", b"us")],
            [],
            id="the local login's routing is not the account's",
        ),
    ],
)
def test_a_head_goes_on_as_it_came_but_for_what_is_ours(
    sent: list[tuple[bytes, bytes]], arrives: list[tuple[bytes, bytes]]
) -> None:
    out = request_fields(request(*sent), OURS)
    own = [(b"host", b"back.end"), (b"authorization", b"Bearer fake-new")]
    own.append((b"chatgpt-account-id", b"ws-new"))
    added = [pair for pair in own if pair[0] not in {name.lower() for name, _ in arrives}]
    assert list(out) == arrives + added


@pytest.mark.parametrize(
    ("sent", "body", "framing"),
    [
        pytest.param([(b"Content-Length", b"3")], b"abc", [(b"Content-Length", b"3")], id="length"),
        pytest.param(
            [(b"Transfer-Encoding", b"chunked")],
            b"abc",
            [(b"content-length", b"3")],
            id="chunks that are gathered here go on with a length",
        ),
        pytest.param([], b"", [], id="no body, no length"),
        pytest.param(
            [(b"content-length", b"0")],
            b"",
            [(b"content-length", b"0")],
            id="an empty body that was announced stays announced",
        ),
    ],
)
def test_the_length_is_the_bodys(
    sent: list[tuple[bytes, bytes]], body: bytes, framing: list[tuple[bytes, bytes]]
) -> None:
    out = request_fields(request(*sent, body=body), OURS)
    assert [pair for pair in out if pair[0].lower() == b"content-length"] == framing


def test_turn_state_stays_behind_when_the_thread_moves() -> None:
    sent = request((b"X-Codex-Turn-State", b"of-a"), (b"x-a", b"1"))
    kept = request_fields(sent, OURS)
    moved = request_fields(sent, OURS, keep_turn_state=False)
    assert Fields(kept).value(b"x-codex-turn-state") == b"of-a"
    assert Fields(moved).value(b"x-codex-turn-state") == b""
    assert Fields(moved).value(b"x-a") == b"1"


def test_a_fedramp_account_says_so() -> None:
    authority = Authority(host=b"h", authorization=b"a", workspace=b"w", fedramp=True)
    assert request_fields(request(), authority)[-1] == (b"x-openai-fedramp", b"true")


def test_a_responses_fields_pass_without_those_of_its_connection() -> None:
    head = ResponseHead(
        status=200,
        reason=b"OK",
        fields=Fields(
            (
                (b"Connection", b"close, X-Hop"),
                (b"X-Hop", b"1"),
                (b"Transfer-Encoding", b"chunked"),
                (b"Set-Cookie", b"a=1"),
                (b"Set-Cookie", b"b=2"),
                (b"x-codex-turn-state", b"ts"),
            )
        ),
    )
    assert response_fields(head, request_id="req_1") == (
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"x-codex-turn-state", b"ts"),
        (b"x-turntable-request", b"req_1"),
    )


def test_a_heads_repr_shows_no_secret() -> None:
    sent = request((b"authorization", b"Bearer fake-secret"), body=b"fake-prompt")
    shown = repr(sent) + repr(OURS)
    assert "fake" not in shown


names = st.from_regex(rb"x-[a-z]{1,8}", fullmatch=True)
contents = st.binary(max_size=20).map(lambda raw: raw.translate(None, b"\r\n\0").strip(b" \t"))


@given(st.lists(st.tuples(names, contents), max_size=12))
def test_fields_that_are_nobodys_business_arrive_equal(fields: list[tuple[bytes, bytes]]) -> None:
    out = request_fields(request(*fields), OURS)
    assert list(out[: len(fields)]) == fields
    assert len(out) == len(fields) + 3


@given(st.lists(st.tuples(names, contents), max_size=12))
def test_a_head_on_the_wire_has_one_line_for_each_field(fields: list[tuple[bytes, bytes]]) -> None:
    written = request_bytes(b"GET", b"/x", tuple(fields))
    lines = written.split(b"\r\n")
    assert lines[0] == b"GET /x HTTP/1.1"
    assert [tuple(line.split(b": ", 1)) for line in lines[1:-2]] == fields


def test_connection_options_are_told_apart_by_commas_and_over_lines() -> None:
    fields = Fields([(b"Connection", b" a ,B"), (b"connection", b"c,,")])
    assert fields.connection_options() == {b"a", b"b", b"c"}


def test_heads_of_the_same_names_are_told_apart_by_their_values() -> None:
    first, second = (Fields([(b"X-A", value), (b"x-b", b"same")]) for value in (b"1", b"2"))
    assert (first.value(b"x-a"), second.value(b"x-a")) == (b"1", b"2")


def test_however_many_lines_a_head_has_each_goes_its_way() -> None:
    many = [(b"X-%d" % (n // 2), b"%d" % n) for n in range(200)]
    out = request_fields(request(*many, (b"TE", b"a"), (b"X-Z", b"1"), (b"te", b"b")), OURS)
    assert list(out[:-3]) == [*many, (b"X-Z", b"1")]
    assert Fields(many).values(b"x-7") == [b"14", b"15"]


def test_fields_are_found_by_any_spelling_and_shown_without_values() -> None:
    fields = Fields([(b"X-A", b" fake-1 "), (b"x-a", b"fake-2")])
    assert (fields.value(b"x-a"), fields.values(b"x-a")) == (b"fake-1", [b"fake-1", b"fake-2"])
    assert (fields.value(b"x-b"), fields.values(b"x-b")) == (b"", [])
    assert b"x-a" in fields
    assert len(fields) == 2
    assert "fake" not in repr(fields)
    assert len({fields, Fields(fields.lines), Fields()}) == 2
