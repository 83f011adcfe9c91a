"""Every row of PROTOCOL §5: what an answer means for the account."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.outcome import (
    Challenged,
    Failing,
    Gone,
    Limited,
    LimitReason,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
)
from core.proxy.classify import (
    is_event_stream,
    is_html,
    needs_body,
    of_answer,
    of_first_event,
    retry_after,
)
from core.proxy.fields import Fields
from core.proxy.messages import ResponseHead
from core.proxy.sse import Event

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RESET = int((NOW + timedelta(hours=2)).timestamp())
IN_TWO_HOURS = NOW + timedelta(hours=2)


def head(
    status: int, *fields: tuple[bytes, bytes], kind: bytes = b"application/json"
) -> ResponseHead:
    return ResponseHead(
        status=status, reason=b"", fields=Fields([(b"Content-Type", kind), *fields])
    )


def error(**words: object) -> bytes:
    return json.dumps({"error": words}).encode()


def limited(reason: LimitReason, until: datetime | None, model: str = "") -> Limited:
    return Limited(reason=reason, until=until, model=model)


USAGE, RATE = LimitReason.USAGE_LIMIT, LimitReason.RATE_LIMIT


@pytest.mark.parametrize(
    ("answered", "body", "outcome"),
    [
        pytest.param(head(200), b"{}", Served(status=200), id="200"),
        pytest.param(head(304), b"", Served(status=304), id="304: the catalogue has not changed"),
        pytest.param(
            head(429),
            error(type="usage_limit_reached", plan_type="plus", resets_at=RESET),
            limited(USAGE, IN_TWO_HOURS),
            id="429 usage_limit_reached with resets_at",
        ),
        pytest.param(
            head(429),
            error(type="usage_limit_reached", resets_in_seconds=7200),
            limited(USAGE, IN_TWO_HOURS),
            id="429 usage_limit_reached with resets_in_seconds only",
        ),
        pytest.param(
            head(429),
            error(type="usage_limit_reached", resets_at=float("nan"), resets_in_seconds=-5),
            limited(USAGE, None),
            id="429 with rubbish times: the end is unknown",
        ),
        pytest.param(
            head(429, (b"x-codex-active-limit", b"codex_bengalfox")),
            error(type="usage_limit_reached"),
            limited(USAGE, None, "m"),
            id="429 of an extra limit is about the model",
        ),
        pytest.param(
            head(429, (b"x-codex-active-limit", b"codex")),
            error(type="usage_limit_reached"),
            limited(USAGE, None),
            id="429 of the main limit is about everything",
        ),
        pytest.param(
            head(429),
            error(type="usage_not_included"),
            limited(LimitReason.NOT_INCLUDED, None),
            id="429 usage_not_included",
        ),
        pytest.param(
            head(429, (b"Retry-After", b"30")),
            error(code="rate_limit_exceeded"),
            limited(RATE, NOW + timedelta(seconds=30), "m"),
            id="429 rate_limit_exceeded with Retry-After",
        ),
        pytest.param(
            head(429, (b"Retry-After", b"Mon, 02 Mar 2026 09:00:30 GMT")),
            error(code="rate_limit_exceeded"),
            limited(RATE, NOW + timedelta(seconds=30), "m"),
            id="429 with Retry-After as a date",
        ),
        pytest.param(
            head(429),
            error(code="insufficient_quota"),
            limited(LimitReason.QUOTA, None),
            id="429 insufficient_quota",
        ),
        pytest.param(head(429), b"", limited(RATE, None, "m"), id="429 without a word"),
        pytest.param(
            head(404),
            error(type="usage_limit_reached", resets_at=RESET),
            limited(USAGE, IN_TWO_HOURS),
            id="404 usage_limit_reached",
        ),
        pytest.param(head(404), error(code="not_found"), Rejected(status=404), id="404 not_found"),
        pytest.param(
            head(402),
            b'{"detail":{"code":"deactivated_workspace"}}',
            Gone(status=402, code="deactivated_workspace"),
            id="402 deactivated_workspace",
        ),
        pytest.param(
            head(401), error(code="token_expired"), Unauthorized(code="token_expired"), id="401"
        ),
        pytest.param(head(401), b"", Unauthorized(code=""), id="401 without a word"),
        pytest.param(
            head(401, kind=b"text/html"), b"", Unauthorized(code=""), id="401 with a web page"
        ),
        pytest.param(
            head(403),
            error(code="workspace_not_found"),
            Gone(status=403, code="workspace_not_found"),
            id="403 with a workspace code",
        ),
        pytest.param(head(403), error(code="forbidden"), Rejected(status=403), id="403 otherwise"),
        pytest.param(
            head(403, kind=b"text/html; charset=UTF-8"), b"<html>", Challenged(), id="403 web page"
        ),
        pytest.param(
            head(429, kind=b"text/html"), b"<html>", Challenged(), id="429 web page: the CDN's own"
        ),
        pytest.param(
            head(200, kind=b"text/html"), b"<html>", Challenged(), id="200 web page: captive portal"
        ),
        pytest.param(head(302), b"", Challenged(), id="a redirect is never followed nor passed on"),
        pytest.param(head(300), b"", Challenged(), id="nor is a choice of addresses"),
        pytest.param(head(511), b"{}", Challenged(), id="511: a network wants a login of its own"),
        pytest.param(
            head(503, (b"Retry-After", b"2")),
            error(code="server_is_overloaded"),
            Failing(status=503, code="server_is_overloaded", retry_after_s=2),
            id="503 overloaded",
        ),
        pytest.param(head(500), b"<", Failing(status=500, code=""), id="500 that is no JSON"),
        pytest.param(
            head(502, kind=b"text/html"), b"<html>", Failing(status=502, code=""), id="502 web page"
        ),
        pytest.param(head(520), b"", Failing(status=520, code=""), id="520 of the CDN"),
        pytest.param(
            head(504), b"", Unanswered(status=504, timed_out=False), id="504: it may be accepted"
        ),
        pytest.param(
            head(524, kind=b"text/html"), b"", Unanswered(status=524, timed_out=False), id="524"
        ),
        pytest.param(
            head(400),
            b'{"detail":"The model is not supported with a ChatGPT account."}',
            Rejected(status=400),
            id="400 model is not supported",
        ),
        pytest.param(head(413), b"", Rejected(status=413), id="413"),
        pytest.param(head(422), b"[]", Rejected(status=422), id="422 with a list"),
    ],
)
def test_an_answer_means(answered: ResponseHead, body: bytes, outcome: Outcome) -> None:
    assert of_answer(answered, body, model="m", now=NOW) == outcome


def failed(**words: object) -> Event:
    document = {"type": "response.failed", "response": {"status": "failed", "error": words}}
    return Event(type="response.failed", data=json.dumps(document).encode())


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        pytest.param(Event(type="response.created", data=b"{}"), None, id="created says nothing"),
        pytest.param(
            Event(type="response.in_progress", data=b"{}"), None, id="in_progress neither"
        ),
        pytest.param(Event(type="codex.rate_limits", data=b"{}"), None, id="nor the limits"),
        pytest.param(
            Event(type="", data=b'{"type":"response.created"}'), None, id="named in its data only"
        ),
        pytest.param(
            Event(type="response.output_item.added", data=b"{}"), Served(status=200), id="output"
        ),
        pytest.param(Event(type="never.heard", data=b"x"), Served(status=200), id="unknown event"),
        pytest.param(
            failed(code="server_is_overloaded"),
            Failing(status=200, code="server_is_overloaded"),
            id="overloaded",
        ),
        pytest.param(
            failed(code="rate_limit_exceeded", message="slow"), limited(RATE, None, "m"), id="rate"
        ),
        pytest.param(
            failed(code="usage_limit_reached", resets_in_seconds=7200),
            limited(USAGE, IN_TWO_HOURS),
            id="usage limit",
        ),
        pytest.param(
            failed(code="insufficient_quota"), limited(LimitReason.QUOTA, None), id="quota"
        ),
        pytest.param(
            failed(code="context_length_exceeded"), Served(status=200), id="the client's own matter"
        ),
        pytest.param(
            Event(type="error", data=b'{"type":"error","code":"server_is_overloaded"}'),
            Failing(status=200, code="server_is_overloaded"),
            id="an error event, flat",
        ),
        pytest.param(Event(type="response.failed", data=b"{"), Served(status=200), id="cut JSON"),
    ],
)
def test_a_first_event_means(event: Event, outcome: Outcome | None) -> None:
    assert of_first_event(event, model="m", now=NOW) == outcome


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param(b"12", 12, id="seconds"),
        pytest.param(b"0.5", 0.5, id="a fraction"),
        pytest.param(b"-1", None, id="negative"),
        pytest.param(b"nan", None, id="not a number"),
        pytest.param(b"inf", None, id="for ever"),
        pytest.param(b"99999999999", None, id="longer than a year"),
        pytest.param(b"Mon, 02 Mar 2026 09:01:00 GMT", 60, id="a date"),
        pytest.param(b"Mon, 02 Mar 2026 09:01:00 -0000", 60, id="a date without a zone"),
        pytest.param(b"Mon, 02 Mar 2020 09:01:00 GMT", None, id="a date that has passed"),
        pytest.param(b"soon", None, id="a word"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_retry_after_is_a_wait_or_nothing(text: bytes, seconds: float | None) -> None:
    assert retry_after(head(503, (b"retry-after", text)), NOW) == seconds


def test_bodies_are_read_only_where_they_decide() -> None:
    assert needs_body(head(429))
    assert not needs_body(head(200))
    assert not needs_body(head(403, kind=b"text/html"))


def test_a_compressed_stream_is_not_read() -> None:
    plain = head(200, kind=b"text/event-stream; charset=utf-8")
    packed = head(200, (b"content-encoding", b"gzip"), kind=b"text/event-stream")
    assert is_event_stream(plain)
    assert not is_event_stream(packed)
    assert not is_event_stream(head(200))
    assert is_html(head(200, kind=b"TEXT/HTML"))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "type", "code", "resets_at", "resets_in_seconds", "detail", "response"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), json_values)
def test_no_body_upsets_the_reader(status: int, document: object) -> None:
    body = json.dumps(document).encode()
    of_answer(head(status), body, model="m", now=NOW)
    of_first_event(Event(type="response.failed", data=body), model="m", now=NOW)


@given(st.integers(400, 599), st.binary(max_size=60))
def test_no_bytes_upset_the_reader(status: int, body: bytes) -> None:
    of_answer(head(status), body, model="m", now=NOW)
