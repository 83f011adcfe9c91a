"""What Codex prints when nobody serves: what happened, and the verb that helps."""

from datetime import UTC, datetime

import pytest

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, Refuse, RefuseReason, Verdict
from core.domain.rules import RuleNumber
from core.words.answers import Fault, fault_sentences, refusal_sentences

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE, TWO = AccountId("acc_1"), AccountId("acc_2")


def verdict(
    account: AccountId, state: AccountState, because: Because = Because.DISABLED_BY_USER
) -> Verdict:
    return Verdict(account=account, eligible=False, state=state, because=because)


def said(reason: RefuseReason, *verdicts: Verdict, until: datetime | None = None) -> str:
    refusal = Refuse(reason=reason, until=until, account=ONE, verdicts=verdicts)
    sentences = refusal_sentences(refusal, label=lambda _: "Work", at=lambda at: f"{at:%H:%M}")
    return f"{sentences.message} {sentences.hint}"


@pytest.mark.parametrize("reason", list(RefuseReason))
def test_each_refusal_says_what_happened_and_what_helps(reason: RefuseReason) -> None:
    text = said(reason, verdict(ONE, AccountState.PAUSED))

    assert text.endswith(".")
    assert "{" not in text
    assert "!" not in text


@pytest.mark.parametrize(
    ("because", "verb"),
    [
        pytest.param(Because.NOT_THE_PINNED_ONE, "`turntable thread free`", id="a chat is kept"),
        pytest.param(Because.NOT_THE_STAYED_ONE, "`turntable auto`", id="one is stayed on"),
    ],
)
def test_what_leaves_the_rules_to_those_that_may(because: Because, verb: str) -> None:
    text = said(
        RefuseReason.RULE_ACCOUNTS,
        verdict(ONE, AccountState.READY, Because.EXCLUDED_BY_RULE),
        verdict(TWO, AccountState.READY, because),
    )
    assert text.startswith("Your rules do not let “Work” serve here")
    assert verb in text


@pytest.mark.parametrize("reason", list(RefuseReason))
def test_a_refusal_under_a_rule_does_not_speak_of_everybody(reason: RefuseReason) -> None:
    refusal = Refuse(
        reason=reason, until=None, account=None, verdicts=(), rule=RuleNumber(2), subject="this"
    )
    sentences = refusal_sentences(refusal, label=str, at=str)
    assert "{" not in sentences.message + sentences.hint
    assert not sentences.message.startswith("All accounts")


def test_a_time_is_a_sentence_of_its_own() -> None:
    text = said(RefuseReason.ALL_WAITING, until=NOON)

    assert text.startswith("All accounts have reached their limits. Try again at 12:00. ")


@pytest.mark.parametrize(
    ("verdicts", "verb"),
    [
        pytest.param((verdict(ONE, AccountState.PAUSED),), "account resume", id="paused"),
        pytest.param((verdict(ONE, AccountState.DISABLED),), "account enable", id="disabled"),
        pytest.param((verdict(ONE, AccountState.DRAINING),), "account undrain", id="draining"),
        pytest.param(
            (verdict(ONE, AccountState.DRAINING), verdict(TWO, AccountState.DISABLED)),
            "`turntable accounts` shows which",
            id="one of each: the list says which verb helps which",
        ),
        pytest.param(
            (
                verdict(ONE, AccountState.NEEDS_SIGN_IN, Because.SIGN_IN_ENDED),
                verdict(TWO, AccountState.READY, Because.NOT_THE_STAYED_ONE),
            ),
            "rotation resume",
            id="rotation is paused, and another would serve",
        ),
    ],
)
def test_what_stands_still_by_hand_is_started_by_the_verb_that_fits(
    verdicts: tuple[Verdict, ...], verb: str
) -> None:
    assert verb in said(RefuseReason.PAUSED, *verdicts)


def test_who_is_kept_to_is_named_where_others_could_serve() -> None:
    others = verdict(TWO, AccountState.READY, Because.NOT_THE_STAYED_ONE)
    text = said(RefuseReason.ALL_WAITING, verdict(ONE, AccountState.WAITING), others, until=NOON)

    assert text.startswith("“Work” has reached its limit, and you keep to it. Try again at 12:00.")
    assert "`turntable auto`" in text


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_is_said_in_whole_sentences(fault: Fault) -> None:
    sentences = fault_sentences(fault)

    assert sentences.message.endswith(".")
    assert not sentences.hint or sentences.hint.endswith(".")
