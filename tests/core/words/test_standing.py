"""Why an account stands as it does: a sentence for every reason there is."""

from datetime import timedelta

import pytest

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, Verdict
from core.words import standing
from core.words.speech import english
from tests.core.routing.pool import NOW

SPEECH = english()


def verdict(because: Because) -> Verdict:
    return Verdict(
        account=AccountId("A"), eligible=False, state=AccountState.WAITING, because=because
    )


@pytest.mark.parametrize("because", list(Because))
def test_each_reason_is_one_sentence(because: Because) -> None:
    said = standing.because(verdict(because), SPEECH)

    assert said.endswith(".")
    assert said[0].isupper()
    assert "{" not in said
    assert "_" not in said


def test_no_two_reasons_sound_the_same() -> None:
    said = [standing.because(verdict(because), SPEECH) for because in Because]

    assert len(set(said)) == len(said)


def test_a_pool_without_accounts() -> None:
    assert standing.pool_without_accounts(SPEECH) == "No account yet."


def test_an_empty_pool_says_when_somebody_serves_again() -> None:
    until = NOW + timedelta(hours=2)

    assert standing.pool_empty("Work", until, NOW, SPEECH) == "Nothing left until 14:00 (Work)."


@pytest.mark.parametrize(
    ("label", "until"),
    [
        pytest.param(None, None, id="nobody is known to come back"),
        pytest.param("Work", None, id="not by the clock alone"),
    ],
)
def test_an_empty_pool_promises_nothing_it_does_not_know(label: str | None, until: None) -> None:
    assert standing.pool_empty(label, until, NOW, SPEECH) == "No account can serve."


def test_what_is_left_is_said_in_whole_per_cents() -> None:
    assert standing.pool_tight("Work", 19.4, SPEECH) == "Tight: Work has 19 % left."
    assert standing.pool_enough("Work", 62.0, SPEECH) == "Enough: Work has 62 % left."
    assert standing.pool_collecting(SPEECH) == "Collecting."
