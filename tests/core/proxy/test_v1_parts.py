"""The parts of `/v1` on their own: normalised requests, gathered answers, errors."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.client import Client, ClientId
from core.domain.decision import Refuse, RefuseReason
from core.proxy.answers import Speech
from core.proxy.classify import error_in
from core.proxy.clients import recognise_client, token_hash, token_in
from core.proxy.fields import Fields
from core.proxy.messages import ResponseHead
from core.proxy.sse import Event
from core.proxy.v1_answers import OPEN, error
from core.proxy.v1_events import Gathering, for_everybody, listed, text_of_error
from core.proxy.v1_replies import as_it_is, refused
from core.proxy.v1_requests import DROPPED, Unsupported, Wanted, responses_wanted
from core.proxy.voice import CODEX
from core.words.answers import ENGLISH, Fault, Sentences

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPEECH = Speech(label=str, at=lambda moment: f"{moment:%H:%M}")


def wanted(**document: Any) -> Wanted | Unsupported:
    return responses_wanted(json.dumps({"model": "m", "input": "hi", **document}).encode())


def test_what_the_back_end_refuses_is_dropped_and_what_it_asks_for_is_there() -> None:
    dropped = {**dict.fromkeys(DROPPED, 1), "background": False}
    found = wanted(**dropped, service_tier="flex", include=["x"], stream=True)
    assert isinstance(found, Wanted)
    body = json.loads(found.body)
    assert not dropped.keys() & body.keys()
    assert body["include"] == ["x", "reasoning.encrypted_content"]
    assert (body["instructions"], body["service_tier"]) == ("", "flex")
    assert found.streams


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"messages": []}, "messages"),
        ({"n": 2}, "n"),
        ({"instructions": 5}, "instructions"),
        ({"include": "x"}, "include"),
        ({"input": 5}, "input"),
        ({"input": ["hi"]}, "input[0]"),
        ({"conversation": "c"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
    ],
)
def test_what_does_not_fit_is_named(document: dict[str, Any], field: str) -> None:
    found = wanted(**document)
    assert isinstance(found, Unsupported)
    assert found.field == field


def test_items_that_stand_only_in_their_events_are_gathered_in_their_order() -> None:
    gathering = Gathering()
    for index in (1, 0):
        document = {
            "type": "response.output_item.done",
            "output_index": index,
            "item": {"n": index},
        }
        gathering.add(Event(type="", data=json.dumps(document).encode()))
    end = {"type": "response.completed", "response": {"id": "r", "output": []}}
    gathering.add(Event(type="", data=json.dumps(end).encode()))
    assert gathering.response["output"] == [{"n": 0}, {"n": 1}]
    assert gathering.error == {}


def test_an_error_event_is_an_error() -> None:
    gathering = Gathering()
    gathering.add(Event(type="error", data=b'{"type":"error","code":"x","message":"Odd."}'))
    assert text_of_error(gathering.error) == ("x", "Odd.")
    assert text_of_error({}) == ("upstream_error", "The back end says upstream_error.")


def test_events_are_named_by_their_type_where_they_were_not() -> None:
    assert for_everybody(Event(type="", data=b'{"type":"a"}')) == (
        b'event: a\ndata: {"type":"a"}\n\n'
    )


@pytest.mark.parametrize("body", [b"", b"{}", b'{"models":[{}]}', b'{"models":5}'])
def test_a_catalogue_that_cannot_be_read_is_none(body: bytes) -> None:
    assert listed(body) is None


def test_errors_are_found_wherever_they_stand() -> None:
    assert error_in(b'{"detail":{"code":"x"}}') == {"code": "x"}
    assert error_in(b'{"detail":"odd"}') == {"detail": "odd"}
    assert error_in(b"[]") == {}
    assert error_in(b"<html>") == {}


def test_a_refusal_keeps_when_to_try_again() -> None:
    head = ResponseHead(status=429, reason=b"", fields=Fields([(b"Retry-After", b"7")]))
    own = refused(head, b'{"error":{"code":"rate_limit_exceeded","message":"Slow down."}}')
    assert (b"retry-after", b"7") in own.fields
    assert json.loads(own.body)["error"]["message"] == "Slow down."


def test_only_json_is_passed_as_it_is() -> None:
    assert as_it_is(b'{"a": 1}') == b'{"a": 1}'
    assert as_it_is(b"<html>") is None


@pytest.mark.parametrize("reason", list(RefuseReason))
def test_every_refusal_has_a_status_code_and_sentence(reason: RefuseReason) -> None:
    until = NOW + timedelta(minutes=5)
    own = OPEN.refusal(Refuse(reason=reason, until=until, account=None, verdicts=()), SPEECH, NOW)
    said = json.loads(own.body)["error"]
    assert own.status in (403, 429, 502, 503, 504)
    assert said["code"]
    assert said["message"]
    assert ((b"retry-after", b"300") in own.fields) is (own.status == 429)


def test_a_limit_whose_end_nobody_knows_has_a_retry_after_all_the_same() -> None:
    refusal = Refuse(reason=RefuseReason.ALL_WAITING, until=None, account=None, verdicts=())
    own = OPEN.refusal(refusal, SPEECH, NOW)
    assert (b"retry-after", b"60") in own.fields
    assert "resets_at" not in json.loads(own.body)["error"]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_an_error_to_tools_and_never_401_to_codex(fault: Fault) -> None:
    assert 400 <= OPEN.fault(fault, ENGLISH).status < 600
    assert json.loads(OPEN.fault(fault, ENGLISH).body)["error"]["type"]
    assert CODEX.fault(fault, ENGLISH).status in (400, 403, 404, 426, 502)


def test_a_web_page_is_never_a_success() -> None:
    assert OPEN.not_json(200, ENGLISH).status == 502
    assert OPEN.not_json(503, ENGLISH).status == 503
    assert error(403, "x", Sentences(message="m", hint="h")).status == 403


def test_a_token_is_found_in_either_field_and_kept_as_a_hash() -> None:
    client = Client(
        id=ClientId("cl_1"), label="x", token_sha256=token_hash("tt_fake"), created_at=NOW
    )
    fields = Fields([(b"X-Api-Key", b" tt_fake ")])
    assert recognise_client(token_in(fields), [client]) == client
    assert recognise_client("", [client]) is None
    assert "tt_fake" not in repr(client)
    assert client.token_sha256 not in repr(client)
    plain = Client(id=ClientId("c"), label="x", token_sha256=token_hash("odd"), created_at=NOW)
    assert recognise_client("odd", [plain]) is None, "no token of ours begins like that"
