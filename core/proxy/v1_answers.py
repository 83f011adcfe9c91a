"""Our own answers on `/v1`: JSON errors with the status codes that every tool knows (pure).

`{"error": {type, code, message, hint, …}}` (INTERFACES §4). Other tools than Codex act on 401, 404
or 503 as the standard says, so here each fault has the status that fits it.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

from core.domain.decision import BY_RULE, Refuse, RefuseReason
from core.domain.sentence import Sentence
from core.proxy import answers
from core.proxy.answers import Speech, json_answer
from core.proxy.fields import Lines
from core.proxy.messages import OwnAnswer
from core.proxy.voice import Tongue
from core.words.answers import (
    ENGLISH,
    Fault,
    Say,
    Sentences,
    fault_sentences,
    refusal_sentences,
)

_RETRY_S = 60
"""What `Retry-After` says where a limit's end is not known."""


def refusal(refused: Refuse, speech: Speech, now: datetime) -> OwnAnswer:
    """No account serves."""
    sentences = refusal_sentences(refused, label=speech.label, at=speech.at, say=speech.say)
    status, code = _REFUSED[refused.reason]
    if refused.reason is RefuseReason.FORCED_ACCOUNT_UNAVAILABLE and refused.until is not None:
        status = 429
    more: dict[str, object] = {}
    fields: Lines = ()
    if status == 429:
        seconds = _RETRY_S
        if refused.until is not None:
            seconds = max(1, int((refused.until - now).total_seconds()))
            more["resets_at"] = refused.until.astimezone(UTC).isoformat(timespec="seconds")
        fields = ((b"retry-after", b"%d" % seconds),)
    return error(status, code, sentences, more=more, fields=fields)


def fault(found: Fault, say: Say = ENGLISH) -> OwnAnswer:
    """The request is not passed on, or the way to the back end fails."""
    status, code = _FAULTS.get(found, (400, "bad_request"))
    fields: Lines = ()
    if found is Fault.NO_WEBSOCKET:
        fields = ((b"upgrade", b"HTTP/1.1"),)
    elif found is Fault.UNAUTHORIZED:
        fields = ((b"www-authenticate", b"Bearer"),)
    elif found is Fault.TOO_MUCH_AT_ONCE:
        fields = ((b"retry-after", b"1"),)
    return error(status, code, fault_sentences(found, say), fields=fields)


def unsupported(field: str, why: Sentence, say: Say = ENGLISH) -> OwnAnswer:
    """A field of the request that cannot be honoured; dropping it would change the meaning."""
    sentences = Sentences(message=say("“{field}” {why}", field=field, why=why), hint="")
    return error(400, "bad_request", sentences, more={"param": field})


def not_json(status: int, say: Say = ENGLISH) -> OwnAnswer:
    """In the place of a web page that the back end answered with `status`."""
    sentences = fault_sentences(Fault.NOT_JSON, say)
    return error(502 if status < 400 else status, "upstream_not_json", sentences)


def named(own: OwnAnswer, request_id: str) -> OwnAnswer:
    """The answer with the id under which the request is written down; an error's body has it too.

    Tools show bodies to people and hide fields from them.
    """
    if own.status >= 400:
        document = json.loads(own.body)
        document["error"]["request_id"] = request_id
        own = replace(own, body=json.dumps(document, ensure_ascii=False).encode())
    return answers.named(own, request_id)


def error(
    status: int,
    code: str,
    sentences: Sentences,
    *,
    more: dict[str, object] | None = None,
    fields: Lines = (),
) -> OwnAnswer:
    """An error of ours as every tool reads it."""
    said = {
        "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "code": code,
        "message": sentences.message,
        "hint": sentences.hint,
        "request_id": None,  # nothing is written down of what the gate turns away
        **(more or {}),
    }
    plain = json_answer(status, {"error": said})
    return OwnAnswer(
        status=status, reason=plain.reason, fields=(*plain.fields, *fields), body=plain.body
    )


OPEN = Tongue(refusal=refusal, fault=fault, not_json=not_json, named=named)

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}

_REFUSED = {
    RefuseReason.NO_ACCOUNT: (503, "no_account"),
    RefuseReason.ALL_WAITING: (429, "pool_exhausted"),
    RefuseReason.OWNER_WAITS: (429, "pool_exhausted"),
    RefuseReason.PINNED: (503, "forced_account_unavailable"),
    RefuseReason.ALL_SIGNED_OUT: (503, "no_account"),
    RefuseReason.ALL_OUT_OF_SERVICE: (503, "no_account"),
    RefuseReason.FORCED_ACCOUNT_UNAVAILABLE: (503, "forced_account_unavailable"),
    RefuseReason.PAUSED: (503, "no_account"),
    RefuseReason.ALL_RESERVED: (429, "pool_exhausted"),
    RefuseReason.BUDGET: (429, "budget_reached"),
    RefuseReason.ALL_FAILING: (502, "upstream_failing"),
    RefuseReason.LOCKED: (503, "vault_locked"),
    RefuseReason.TIME_BUDGET: (504, "upstream_failing"),
    **dict.fromkeys(BY_RULE, (403, "rule_refused")),
}

_FAULTS = {
    Fault.HEAD_TOO_LARGE: (431, "too_large"),
    Fault.BODY_TOO_LARGE: (413, "too_large"),
    Fault.TOO_MUCH_AT_ONCE: (503, "too_much_at_once"),
    Fault.TOO_SLOW: (408, "too_slow"),
    Fault.BROWSER: (403, "origin_refused"),
    Fault.UNAUTHORIZED: (401, "unauthorized"),
    Fault.NOT_FOUND: (404, "not_found"),
    Fault.BAD_METHOD: (405, "bad_method"),
    Fault.NO_WEBSOCKET: (426, "no_websocket"),
    Fault.SILENT: (504, "upstream_silent"),
    Fault.CHALLENGED: (502, "upstream_challenge"),
    Fault.UNREACHABLE: (502, "upstream_unreachable"),
    Fault.UNTRUSTED: (502, "upstream_unreachable"),
    Fault.EGRESS_PROXY: (502, "upstream_unreachable"),
    Fault.EGRESS_LOGIN: (502, "upstream_unreachable"),
    Fault.CUT: (502, "upstream_cut"),
    Fault.INTERNAL: (500, "internal"),
}
