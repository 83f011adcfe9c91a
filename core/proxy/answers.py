"""Our own answers on the bound path, in the words and codes that Codex understands (pure).

What the real client makes of each status was measured (INTERFACES §4): 429 `usage_limit_reached` is
one request and its own message; 400 is shown and ends the turn; 502 makes it try again. 401, 403,
404, 413, 503 and redirects are never answered here: each costs a dozen requests or more.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from core.domain.account import AccountId
from core.domain.decision import Refuse, RefuseReason
from core.domain.outcome import NoWay
from core.proxy.fields import Lines
from core.proxy.messages import OwnAnswer
from core.words.answers import (
    ENGLISH,
    Fault,
    Say,
    Sentences,
    fault_sentences,
    refusal_sentences,
)

SHOWN_BY_CODEX = "invalid_prompt"
"""The code with which Codex prints a 400's message alone (seen with 0.169.0); with any other, or
none, it prints the whole body as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How accounts and times are called in our answers, and in which language they are."""

    label: Callable[[AccountId], str]
    at: Callable[[datetime], str]
    say: Say = ENGLISH


def refusal_answer(refusal: Refuse, speech: Speech, *, now: datetime) -> OwnAnswer:
    """No account serves: 429 with the reset where waiting helps, else 400 with one sentence."""
    sentences = refusal_sentences(refusal, label=speech.label, at=speech.at, say=speech.say)
    if refusal.reason not in (RefuseReason.ALL_WAITING, RefuseReason.OWNER_WAITS):
        return _error(400, "turntable", refusal.reason.value, sentences)
    more: dict[str, object] = {}
    if refusal.until is not None:
        more["resets_at"] = int(refusal.until.timestamp())
        more["resets_in_seconds"] = max(0, int((refusal.until - now).total_seconds()))
    return _error(429, "usage_limit_reached", "pool_exhausted", sentences, more=more)


def fault_of(way: NoWay) -> Fault:
    """What we call it that nothing could be sent."""
    return _NO_WAY[way]


def named(own: OwnAnswer, request_id: str) -> OwnAnswer:
    """The answer with the id under which the request is written down."""
    return replace(own, fields=(*own.fields, (b"x-turntable-request", request_id.encode())))


def fault_answer(fault: Fault, say: Say = ENGLISH) -> OwnAnswer:
    """What we say about a request that we do not pass on, or about the way to the back end."""
    status, close = _STATUS.get(fault, (400, False))
    fields: Lines = ()
    if fault is Fault.NO_WEBSOCKET:
        fields = ((b"upgrade", b"HTTP/1.1"),)  # RFC 9110 §15.5.22 wants one named
    return _error(
        status, "turntable", fault.value, fault_sentences(fault, say), fields=fields, close=close
    )


def as_json(status: int, say: Say = ENGLISH) -> OwnAnswer:
    """In the place of a web page that the back end answered with `status`."""
    return _error(status, "turntable", Fault.NOT_JSON.value, fault_sentences(Fault.NOT_JSON, say))


def json_answer(status: int, document: object) -> OwnAnswer:
    """A JSON document of ours."""
    return OwnAnswer(
        status=status,
        reason=_PHRASES.get(status, b""),
        fields=((b"content-type", b"application/json"), (b"cache-control", b"no-store")),
        body=json.dumps(document, ensure_ascii=False).encode(),
    )


def _error(
    status: int,
    kind: str,
    reason: str,
    sentences: Sentences,
    *,
    more: dict[str, object] | None = None,
    fields: Lines = (),
    close: bool = False,
) -> OwnAnswer:
    error = {
        "type": kind,
        "code": SHOWN_BY_CODEX if status == 400 else reason,
        "reason": reason,
        "message": f"{sentences.message} {sentences.hint}".rstrip(),
    }
    plain = json_answer(status, {"error": {**error, **(more or {})}})
    return OwnAnswer(
        status=status,
        reason=plain.reason,
        fields=(*plain.fields, *fields),
        body=plain.body,
        close=close,
    )


_NO_WAY = {
    NoWay.NETWORK: Fault.UNREACHABLE,
    NoWay.CERTIFICATE: Fault.UNTRUSTED,
    NoWay.PROXY: Fault.EGRESS_PROXY,
    NoWay.PROXY_LOGIN: Fault.EGRESS_LOGIN,
}

_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}

_STATUS = {
    # Not one of Codex's own addresses: whoever calls is no Codex, or no friend.
    Fault.NOT_FOUND: (404, False),
    Fault.BROWSER: (403, True),
    Fault.NO_WEBSOCKET: (426, False),
    Fault.UNREACHABLE: (502, False),
    Fault.UNTRUSTED: (502, False),
    Fault.EGRESS_PROXY: (502, False),
    Fault.EGRESS_LOGIN: (502, False),
    Fault.NOT_HTTP: (400, True),
    Fault.HEAD_TOO_LARGE: (400, True),
    Fault.FOREIGN_HOST: (400, True),
    Fault.BAD_PATH: (400, True),
}
