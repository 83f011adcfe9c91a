"""How an account stands, in the same few words wherever it is shown."""

from datetime import timedelta

import pytest

from core.domain.decision import AccountState
from core.words.speech import english
from core.words.state import state_words
from tests.core.routing.pool import NOW

SPEECH = english()


@pytest.mark.parametrize("state", list(AccountState))
def test_each_state_has_its_own_words(state: AccountState) -> None:
    said = state_words(state, None, NOW, SPEECH)

    assert said
    assert "_" not in said
    assert [state_words(other, None, NOW, SPEECH) for other in AccountState].count(said) == 1


def test_a_wait_says_when_it_ends() -> None:
    until = NOW + timedelta(hours=2)

    assert state_words("waiting", until, NOW, SPEECH) == "waiting until 14:00"
    assert state_words("waiting", None, NOW, SPEECH) == "waiting for its reset"


def test_a_budget_of_ones_own_is_no_reset() -> None:
    until = NOW + timedelta(hours=2)
    said = state_words("waiting", until, NOW, SPEECH, reason="budget_used_up")

    assert said == "budget used up until 14:00"


def test_a_state_of_a_newer_engine_is_said_as_it_is() -> None:
    assert state_words("resting", None, NOW, SPEECH) == "resting"
