"""What we say for ourselves, in the words that Codex understands."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.account import AccountId
from core.domain.decision import Refuse, RefuseReason
from core.proxy.answers import SHOWN_BY_CODEX, Speech, as_json, fault_answer, refusal_answer
from core.words.answers import Fault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPEECH = Speech(label=lambda _: "Work", at=lambda moment: f"{moment:%H:%M}")


def refuse(reason: RefuseReason, until: datetime | None = None) -> Refuse:
    return Refuse(reason=reason, until=until, account=AccountId("acc_a"), verdicts=())


def test_when_all_wait_codex_prints_its_own_message_with_our_time() -> None:
    until = NOW + timedelta(minutes=90)
    answer = refusal_answer(refuse(RefuseReason.ALL_WAITING, until), SPEECH, now=NOW)
    error = json.loads(answer.body)["error"]
    assert answer.status == 429
    assert error["type"] == "usage_limit_reached"
    assert (error["resets_at"], error["resets_in_seconds"]) == (until.timestamp(), 5400)
    assert "10:30" in error["message"]
    assert "plan_type" not in error


def test_a_wait_of_unknown_length_names_no_time() -> None:
    answer = refusal_answer(refuse(RefuseReason.ALL_WAITING), SPEECH, now=NOW)
    assert not {"resets_at", "resets_in_seconds"} & set(json.loads(answer.body)["error"])


WAITS = (RefuseReason.ALL_WAITING, RefuseReason.OWNER_WAITS)


@pytest.mark.parametrize("reason", [reason for reason in RefuseReason if reason not in WAITS])
def test_every_other_refusal_ends_the_turn_with_a_sentence(reason: RefuseReason) -> None:
    answer = refusal_answer(refuse(reason), SPEECH, now=NOW)
    error = json.loads(answer.body)["error"]
    assert answer.status == 400
    assert error["reason"] == reason.value
    assert error["code"] == SHOWN_BY_CODEX
    assert error["message"].endswith(".")


def test_the_forced_account_goes_by_its_label() -> None:
    until = NOW + timedelta(hours=1)
    answer = refusal_answer(refuse(RefuseReason.FORCED_ACCOUNT_UNAVAILABLE, until), SPEECH, now=NOW)
    message = json.loads(answer.body)["error"]["message"]
    assert "“Work”" in message
    assert "10:00" in message


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_one_that_codex_bears(fault: Fault) -> None:
    answer = fault_answer(fault)
    error = json.loads(answer.body)["error"]
    beside_the_bound_path = {Fault.NOT_FOUND: 404}
    allowed = {400, 426, 502, beside_the_bound_path.get(fault, 400)}
    allowed |= {403} if fault is Fault.BROWSER else set()
    assert answer.status in allowed
    assert error["message"].endswith(".")
    assert (b"content-type", b"application/json") in answer.fields


def test_a_status_without_a_name_keeps_its_number() -> None:
    assert (as_json(520).status, as_json(520).reason) == (520, b"")
