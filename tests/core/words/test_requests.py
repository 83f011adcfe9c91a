"""A request in a list: a few words for every end and every reason there is."""

import pytest

from core.domain.decision import RefuseReason, UseReason, WaitReason
from core.domain.usage import Result
from core.words.requests import reason_words, result_word
from core.words.speech import english

SPEECH = english()
COLUMN = 17
"""Letters that the command line has for a reason."""


@pytest.mark.parametrize("because", [*UseReason, *RefuseReason, *WaitReason])
def test_each_reason_fits_its_column_and_is_no_code(because: str) -> None:
    said = reason_words(because, "balanced", SPEECH)

    assert 0 < len(said) <= COLUMN
    assert "_" not in said


def test_a_strategy_is_named() -> None:
    assert reason_words(UseReason.STRATEGY, "least-used", SPEECH) == "least-used"
    assert reason_words(UseReason.STRATEGY, "", SPEECH) == "strategy"


def test_words_of_a_newer_engine_are_kept() -> None:
    assert reason_words("much_later", "", SPEECH) == "much later"
    assert result_word("postponed", SPEECH) == "postponed"


@pytest.mark.parametrize("result", list(Result))
def test_each_end_has_a_word(result: Result) -> None:
    assert result_word(result, SPEECH).isalpha()
