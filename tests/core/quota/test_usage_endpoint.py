"""What each answer of the usage endpoint means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quota.back_end import Reply
from core.quota.usage_endpoint import (
    Answer,
    NoAnswer,
    NotTaken,
    OutOfService,
    Told,
    TurnedAway,
    meaning,
)
from tests.core.routing.pool import NOW

JSON, HTML = "application/json", "text/html; charset=UTF-8"
USAGE = json.dumps(
    {
        "plan_type": "plus",
        "rate_limit": {
            "allowed": True,
            "primary_window": {"used_percent": 38, "limit_window_seconds": 18000},
        },
        "rate_limit_reset_credits": {"available_count": 2},
    }
).encode()


def reply(status: int, kind: str, body: bytes, retry_after: str) -> Reply:
    return Reply(status=status, kind=kind, retry_after=retry_after, body=body)


ROWS = [
    pytest.param(401, JSON, b"{}", "", NotTaken(), id="401: the token is not taken"),
    pytest.param(
        402,
        JSON,
        b'{"detail":{"code":"deactivated_workspace"}}',
        "",
        OutOfService(status=402, code="deactivated_workspace"),
        id="402: gone",
    ),
    pytest.param(
        403,
        JSON,
        b'{"error":{"code":"workspace_not_found"}}',
        "",
        OutOfService(status=403, code="workspace_not_found"),
        id="403 that names it: gone",
    ),
    pytest.param(
        403,
        HTML,
        b"<html>",
        "",
        TurnedAway(retry_after_s=None, challenged=True),
        id="403 with a page: the network, not the account",
    ),
    pytest.param(
        403, JSON, b'{"detail":"no"}', "", NoAnswer(detail="status 403"), id="another 403"
    ),
    pytest.param(
        429,
        JSON,
        b"",
        "30",
        TurnedAway(retry_after_s=30, challenged=False),
        id="429: the endpoint is asked too often",
    ),
    pytest.param(
        429,
        JSON,
        b"",
        "Wed, 21 Oct 2026",
        TurnedAway(retry_after_s=None, challenged=False),
        id="429 with a date",
    ),
    pytest.param(500, JSON, b"", "", NoAnswer(detail="status 500"), id="500"),
    pytest.param(200, HTML, b"<html>", "", NoAnswer(detail="status 200"), id="a captive portal"),
    pytest.param(200, JSON, b"[]", "", NoAnswer(detail="status 200"), id="no object"),
]


@pytest.mark.parametrize(("status", "kind", "body", "retry_after", "answer"), ROWS)
def test_an_answer_means(
    status: int, kind: str, body: bytes, retry_after: str, answer: Answer
) -> None:
    assert meaning(reply(status, kind, body, retry_after), now=NOW) == answer


def test_numbers_are_told() -> None:
    answer = meaning(reply(200, JSON, USAGE, ""), now=NOW)
    assert isinstance(answer, Told)
    (window,) = answer.quota.main_windows()
    assert (window.remaining, window.minutes) == (62.0, 300)
    assert (answer.quota.plan, answer.quota.reset_credits, answer.quota.reached) == (
        "plus",
        2,
        False,
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
parts = st.sampled_from(
    [
        "rate_limit", "primary_window", "secondary_window", "used_percent", "reset_at", "allowed",
        "limit_window_seconds", "reset_after_seconds", "additional_rate_limits", "limit_name",
        "credits", "has_credits", "balance", "spend_control", "individual_limit", "reached",
        "rate_limit_reset_credits", "available_count", "plan_type", "detail", "error", "code",
    ]
)  # fmt: skip
documents = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(parts, inner, max_size=6),
    max_leaves=20,
)


@given(st.sampled_from([200, 401, 402, 403, 429, 503]), documents, st.text(max_size=5))
def test_no_document_breaks_it(status: int, document: object, retry_after: str) -> None:
    answer = meaning(reply(status, JSON, json.dumps(document).encode(), retry_after), now=NOW)
    if isinstance(answer, Told):
        for window in answer.quota.windows.values():
            assert window.remaining is None or 0 <= window.remaining <= 100
            assert window.resets_at is None or window.resets_at > NOW
