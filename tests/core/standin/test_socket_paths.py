"""How an answer looks as messages, and the answer to a key."""

import json

import pytest

from core.standin import replies, socket_paths, turns
from core.standin.acts import Streamed, Upgraded


def test_the_key_of_the_standard_is_answered_as_it_says() -> None:
    # RFC 6455 §1.3.
    accepted = socket_paths.accept("dGhlIHNhbXBsZSBub25jZQ==")
    assert accepted == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_an_error_has_one_status_and_its_headers() -> None:
    (message,) = socket_paths.messages(replies.rate_limit_exceeded(retry_after_s=3))
    assert message.count(b'"status"') == 1
    error = json.loads(message)
    assert (error["type"], error["status"]) == ("error", 429)
    assert error["headers"] == {"retry-after": "3"}
    assert error["error"]["code"] == "rate_limit_exceeded"


def test_a_page_becomes_the_message_of_an_error() -> None:
    (message,) = socket_paths.messages(replies.captive_portal())
    assert "<html>" in json.loads(message)["error"]["message"]


def test_the_turn_state_comes_after_the_limits() -> None:
    headers = ((b"x-codex-turn-state", b"ts.1.acct-A"), (b"x-codex-plan-type", b"plus"))
    events = [turns.sse({"type": "codex.rate_limits"}), turns.sse({"type": "response.created"})]
    said = [
        json.loads(one) for one in socket_paths.messages(Streamed(headers=headers, events=events))
    ]
    assert said == [
        {"type": "codex.rate_limits"},
        {"type": "response.metadata", "headers": {"x-codex-turn-state": "ts.1.acct-A"}},
        {"type": "response.created"},
    ]


def test_a_message_is_never_answered_with_a_handshake() -> None:
    with pytest.raises(TypeError):
        list(socket_paths.messages(Upgraded(headers=(), agreement=None)))
